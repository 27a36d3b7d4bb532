package stages

import (
	"slices"
	"sync"
)

// operators is the table, made when it is first asked for: its rows refer to functions that look operators up in it.
var operators struct {
	once sync.Once
	rows []Operator
}

// Operators is the operator table in the order of the documentation, group by group. It must not be changed.
func Operators() []Operator {
	operators.once.Do(func() {
		operators.rows = slices.Concat(tableSources(), tableTransforms(), tablePrograms(), tableSync(), tableSinks())
	})
	return operators.rows
}

// Lookup is the row of an operator, or nil. It must not be changed.
func Lookup(name string) *Operator {
	all := Operators()
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	if name == taskOperatorName {
		return taskOperator()
	}
	return nil
}

// GeneralKeys are the keys that any stage may have beside its operator and the operator's options: `when`, `as`, `retry` and
// `on_error`. Stages of operators that wait have `timeout` and `on_timeout` too.
func GeneralKeys(waits bool) []string {
	keys := []string{"when", "as", "retry", "on_error"}
	if waits {
		keys = append(keys, "timeout", "on_timeout")
	}
	return keys
}

// GeneralDoc is a sentence about one of GeneralKeys; "" for any other word.
func GeneralDoc(key string) string {
	switch key {
	case "when":
		return "False: the item passes unchanged."
	case "as":
		return "Binds the result to a name for the rest of the chain; the item stays."
	case "retry":
		return "How often a failure is tried again: 3, or {times, backoff, max_backoff}."
	case "on_error":
		return "What becomes of an item that fails: fail, skip, end, {put: queue} or {do: stages, then: fail, skip, end or pass}."
	case "timeout":
		return "How long the stage may wait; 0s: not at all."
	case "on_timeout":
		return "What becomes of an item whose stage has waited too long: as for on_error."
	}
	return ""
}
