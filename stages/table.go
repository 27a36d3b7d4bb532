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
