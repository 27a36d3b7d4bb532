package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// stageNote is what the passes know of a stage beside what the plan holds.
type stageNote struct {
	op      *stages.Operator // nil: unknown
	key     *spec.Node       // the operator as it was written
	node    *spec.Node       // the whole stage
	unknown bool             // something of it could not be decoded: nothing is known of its results
	uses    []use            // of its places, where they are queues
}

// decodeChain decodes a list of stages. It may be empty: then items pass.
func (c *compiler) decodeChain(n *spec.Node) ([]stages.Stage, bool) {
	chain, ok := accept(c, n, spec.ReadChain)
	if !ok && !chain.IsSet() {
		return nil, false
	}
	list, good := c.decodeStages(chain.Stages)
	return list, ok && good
}

// decodeStages decodes stages; one that cannot be decoded stands there with its position all the same.
func (c *compiler) decodeStages(chain []spec.Stage) ([]stages.Stage, bool) {
	list := make([]stages.Stage, len(chain)) // never grows: notes are kept by address
	ok := true
	for i := range chain {
		ok = c.decodeStage(chain[i].Node, &list[i]) && ok
	}
	return list, ok
}

func (c *compiler) decodeStage(n *spec.Node, st *stages.Stage) bool {
	st.Pos = posOf(n)
	note := &stageNote{node: n, key: n, unknown: true}
	c.notes[st] = note
	operator, ok := c.findOperator(n)
	if !ok {
		return false
	}
	op := stages.Lookup(operator.Key.Text)
	st.Op, st.Pos = op.Name, posOf(operator.Key)
	note.op, note.key = op, operator.Key
	if op.Later != "" {
		c.notAvailable(operator, op.Name)
		return false
	}
	ok = c.decodeOperand(operator, op, st)
	if ok && op.Name == useOperator {
		ok = c.decodeUse(n, operator, st)
	}
	for _, e := range n.Keys {
		if e != operator && !strings.HasPrefix(e.Key.Text, "x-") {
			ok = c.decodeKey(e, op, st) && ok
		}
	}
	ok = c.decodeMeeting(n, st) && ok
	ok = ok && c.checkAction(n, st)
	if st.OnTimeout != nil && st.Timeout == nil && n.Get("timeout") == nil {
		c.errorIn(n.Get("on_timeout").Key.At(), n, spec.CodeMissingKey, "add timeout: 10s, say", "on_timeout without timeout never happens")
		ok = false
	}
	if op.Name == "pool" {
		ok = c.checkPool(n, operator) && ok
	}
	if op.Name == "lock" {
		ok = c.checkLock(n, operator, st) && ok
	}
	ok = c.checkOne(operator, st) && ok
	c.warnWithoutInit(operator, n)
	ok = c.checkCreates(n, st) && ok
	ok = c.checkMeaning(n, st) && ok
	ok = ok && c.checkChanging(n, op, st)
	ok = c.checkReading(n, st) && ok
	note.unknown = !ok
	return ok
}

// findOperator finds the one key of a stage that is an operator. A key that is an option of another operator there is none.
func (c *compiler) findOperator(n *spec.Node) (*spec.Entry, bool) {
	var operators []*spec.Entry
	for _, e := range n.Keys {
		if stages.Lookup(e.Key.Text) != nil && !isOptionOf(e.Key.Text, n) {
			operators = append(operators, e)
		}
	}
	switch len(operators) {
	case 1:
		return operators[0], true
	case 0:
		c.unknownOperator(n)
	default:
		first, second := operators[0], operators[1]
		c.at(spec.Error, second.Key.At(), n.Path(), CodeTwoOperators, "make two stages of it, each with a dash of its own",
			"a stage has one operator, this one has "+andList(keyTexts(operators)),
			spec.Related{Range: first.Key.At(), Message: "the first is here"})
	}
	return nil, false
}

func keyTexts(entries []*spec.Entry) []string {
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.Key.Text
	}
	return texts
}

// isOptionOf says whether another key of the stage is an operator with an option of that name.
func isOptionOf(name string, n *spec.Node) bool {
	for _, e := range n.Keys {
		if op := stages.Lookup(e.Key.Text); op != nil && e.Key.Text != name && op.Option(name) != nil {
			return true
		}
	}
	return false
}

// unknownOperator reports a stage without operator, at the key that was probably meant to be one.
func (c *compiler) unknownOperator(n *spec.Node) {
	names := operatorNames()
	for _, e := range n.Keys {
		name := e.Key.Text
		if isGeneralKey(name) || strings.HasPrefix(name, "x-") || (len(n.Keys) > 1 && isSomeOption(name) && spec.Nearest(name, names) == "") {
			continue
		}
		c.errorIn(e.Key.At(), e.Value, CodeUnknownOperator, cmp.Or(foreignOperator(name), didYouMean(name, names)), "unknown operator %q", name)
		return
	}
	at := n.At()
	if len(n.Keys) > 0 {
		at = n.Keys[0].Key.At()
	}
	hint := "begin it with one, as in: map: item + 1"
	if len(n.Keys) > 0 && !strings.HasSuffix(n.Path(), "[0]") {
		hint = "begin it with one, as in: map: item + 1; what belongs to the stage above stands below its operator, without a dash"
	}
	c.errorIn(at, n, CodeNoOperator, hint, "the stage has no operator")
}

func operatorNames() []string {
	table := stages.Operators()
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].Name
	}
	return names
}

// isSomeOption says whether any operator has an option of that name.
func isSomeOption(name string) bool {
	table := stages.Operators()
	for i := range table {
		if table[i].Option(name) != nil {
			return true
		}
	}
	return false
}

func (c *compiler) decodeOperand(e *spec.Entry, op *stages.Operator, st *stages.Stage) bool {
	switch {
	case e.Value.IsUnknown():
		return false
	case op.Operand.Kind == stages.NoField:
		if !e.Value.IsEmpty() {
			c.errorAt(e.Value, spec.CodeWrongKind, "", "%s takes no value, found %s", op.Name, e.Value.Kind)
			return false
		}
		return true
	case e.Value.IsEmpty():
		if op.Operand.Optional {
			return true
		}
		c.errorIn(e.Key.At(), e.Value, CodeMissingOperand, "as in: "+oneLine(op.Example), "%s needs a value", op.Name)
		return false
	}
	f, ok := c.decodeField(e, &op.Operand)
	st.Operand = f
	return ok
}

// oneLine is an example of several lines on one.
func oneLine(example string) string {
	return strings.TrimPrefix(strings.Join(strings.Fields(example), " "), "- ")
}

// generalKeys are the keys that stages take whatever their operator.
func generalKeys() []string { return stages.GeneralKeys(true) }

func isGeneralKey(name string) bool {
	return slices.Contains(generalKeys(), name)
}

// decodeKey decodes an option or one of the keys that every stage takes.
func (c *compiler) decodeKey(e *spec.Entry, op *stages.Operator, st *stages.Stage) bool {
	name := e.Key.Text
	if def := op.Option(name); def != nil {
		f, ok := c.decodeField(e, def)
		if ok {
			if st.Options == nil {
				st.Options = map[string]stages.Field{}
			}
			st.Options[name] = f
		}
		return ok
	}
	if !isGeneralKey(name) {
		if !e.IsSplitOff() { // else it is told of the value before
			c.unknownOption(e, op)
		}
		return false
	}
	return c.decodeGeneral(e, op, st)
}

func (c *compiler) unknownOption(e *spec.Entry, op *stages.Operator) {
	name := e.Key.Text
	own := make([]string, len(op.Options))
	for i := range op.Options {
		own[i] = op.Options[i].Name
	}
	general := stages.GeneralKeys(op.Waits)
	hint := cmp.Or(foreignOption(op, name), didYouMean(name, slices.Concat(own, general)))
	if hint == "" {
		hint = "it takes " + andList(slices.Concat(own, general))
	}
	c.errorIn(e.Key.At(), e.Value, CodeUnknownOption, hint, "%s has no option %q", op.Name, name)
}

func (c *compiler) decodeGeneral(e *spec.Entry, op *stages.Operator, st *stages.Stage) bool {
	var ok bool
	switch e.Key.Text {
	case "when":
		st.When, ok = c.decodeSource(e.Value, stages.ExpressionField)
	case "as":
		st.As, ok = c.decodeAs(e.Value)
	case "retry":
		st.Retry, ok = c.decodeRetry(e.Value)
	case "on_error":
		st.OnError, ok = c.decodeHandler(e.Value)
	case "timeout":
		if ok = c.waits(e, op); ok {
			st.Timeout, ok = c.decodeSource(e.Value, stages.DurationField)
		}
	case "on_timeout":
		if ok = c.waits(e, op); ok {
			st.OnTimeout, ok = c.decodeHandler(e.Value)
		}
	}
	return ok
}

func (c *compiler) waits(e *spec.Entry, op *stages.Operator) bool {
	if op.Waits {
		return true
	}
	var waiting []string
	for _, o := range stages.Operators() {
		if o.Waits && o.Later == "" {
			waiting = append(waiting, o.Name)
		}
	}
	c.errorIn(e.Key.At(), e.Value, CodeNotWaiting, "those that wait are "+andList(waiting), "%s waits for nothing, so it takes no %s", op.Name, e.Key.Text)
	return false
}

func (c *compiler) decodeAs(n *spec.Node) (string, bool) {
	name, ok := accept(c, n, spec.ReadName)
	if !ok {
		return "", false
	}
	if spec.IsReserved(name.Value) {
		c.errorAt(n, spec.CodeReservedName, "", "the name %q has a meaning of its own in expressions", name.Value)
		return "", false
	}
	if s, taken := c.symbols[name.Value]; taken {
		c.at(spec.Error, n.At(), n.Path(), spec.CodeDuplicateName, "", "the name "+name.Value+" is that of "+withArticle(s.kind)+" already",
			spec.Related{Range: s.key.At(), Message: name.Value + " is defined here"})
		return "", false
	}
	return name.Value, true
}

func (c *compiler) decodeRetry(n *spec.Node) (*stages.Retry, bool) {
	if n.Kind != spec.Map {
		times, ok := c.decodeSource(n, stages.CountField)
		return &stages.Retry{Times: times}, ok
	}
	r := &stages.Retry{}
	ok := true
	for _, e := range n.Keys {
		var good bool
		switch e.Key.Text {
		case "times":
			r.Times, good = c.decodeSource(e.Value, stages.CountField)
		case "backoff":
			r.Backoff, good = c.decodeSource(e.Value, stages.DurationField)
		case "max_backoff":
			r.MaxBackoff, good = c.decodeSource(e.Value, stages.DurationField)
		default:
			hint := didYouMean(e.Key.Text, []string{"times", "backoff", "max_backoff"})
			c.errorIn(e.Key.At(), e.Value, spec.CodeUnknownKey, hint, "retry has no key %q", e.Key.Text)
		}
		ok = ok && good
	}
	if n.Get("times") == nil {
		c.errorAt(n, spec.CodeMissingKey, "", "retry needs times")
		return nil, false
	}
	return r, ok
}
