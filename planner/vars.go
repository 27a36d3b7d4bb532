package planner

import (
	"fmt"
	"math"
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// readVars works out the vars: what the test sets, if one is compiled, or the command line, else what the spec says, where ${{ }} may read the vars above it. The
// spec's env_file is read before the first var that may read the environment, so that its path can depend on the vars above that.
func (c *compiler) readVars() {
	c.vars = map[string]any{}
	c.planEnv.Vars = c.vars
	names := make([]string, 0, len(c.doc.Vars))
	var fields []stages.FieldType
	for _, e := range c.doc.Vars {
		names = append(names, e.Name)
		value, known := c.opts.Vars[e.Name]
		def := e.Value
		set, ofTest := c.testVar(e.Name)
		if ofTest {
			def, known = set, false
		}
		if !known && def.IsSet() && mentionsEnv(def.Node) {
			c.readTopEnvFile()
		}
		switch {
		case known || !def.IsSet():
		case ofTest:
			value, known = c.withScratch(def)
		default:
			value, known = c.data(def.Node)
		}
		if !isFinite(value) {
			c.infinite(e.Key)
			value, known = nil, false
		}
		if !known {
			c.badVars = append(c.badVars, e.Name)
		}
		typ := stages.AnyType // of what cannot be worked out
		if known {
			typ = stages.TypeOf(value)
		}
		c.vars[e.Name] = value
		fields = append(fields, stages.FieldType{Name: e.Name, Type: typ})
		c.planScope.Vars["vars"] = stages.RecordOf(fields...)
	}
	c.readTopEnvFile()
	c.checkOverrides(names)
}

// infinite reports a var whose value has no finite number, at the spec or at the command line, whichever set it.
func (c *compiler) infinite(key *spec.Node) {
	if value, isOverride := c.opts.Vars[key.Text]; isOverride {
		c.add(spec.Diagnostic{
			Severity: spec.Error, Code: CodePlanValue, File: c.doc.Source.Name,
			Summary: fmt.Sprintf("the command line sets the var %s to %s: a var cannot hold an infinite number or none (.inf, .nan)", key.Text, stages.TextOf(value)),
		})
		return
	}
	c.errorAt(key, CodePlanValue, "", "a var cannot hold an infinite number or none (.inf, .nan)")
}

// isFinite says whether a value has only numbers that JSON has words for: vars travel as JSON.
func isFinite(value any) bool {
	switch v := value.(type) {
	case float64:
		return !math.IsInf(v, 0) && !math.IsNaN(v)
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !isFinite(e) })
	case map[string]any:
		for _, e := range v {
			if !isFinite(e) {
				return false
			}
		}
	}
	return true
}

// checkOverrides reports vars of the command line that the spec does not have.
func (c *compiler) checkOverrides(names []string) {
	if c.partial {
		return
	}
	unknown := make([]string, 0, len(c.opts.Vars))
	for name := range c.opts.Vars {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		hint := didYouMean(name, names)
		if hint == "" && len(names) > 0 {
			hint = "it has " + andList(names)
		}
		c.add(spec.Diagnostic{
			Severity: spec.Error, Code: CodeUnknownVar, File: c.doc.Source.Name, Hint: hint,
			Summary: fmt.Sprintf("the spec has no var %q to be set on the command line", name),
		})
	}
}
