package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
)

// checkAllowed warns of codes in x-mprun-allow that silence nothing: misspelt ones, and those of errors.
func (c *compiler) checkAllowed() {
	if c.doc.Root == nil || len(c.doc.Allow) == 0 {
		return
	}
	var warnings, errors []string
	for _, def := range slices.Concat(spec.Codes(), Codes()) {
		if def.Severity == spec.Warning {
			warnings = append(warnings, def.Code)
		} else {
			errors = append(errors, def.Code)
		}
	}
	c.checkAllowedIn(c.doc.Root, warnings, errors)
}

func (c *compiler) checkAllowedIn(n *spec.Node, warnings, errors []string) {
	for _, item := range n.Items {
		c.checkAllowedIn(item, warnings, errors)
	}
	for _, e := range n.Keys {
		if e.Key.Text != "x-mprun-allow" {
			c.checkAllowedIn(e.Value, warnings, errors)
			continue
		}
		for _, code := range e.Value.Items {
			switch {
			case slices.Contains(warnings, code.Text):
			case slices.Contains(errors, code.Text):
				c.warnAt(code, CodeUnknownCode, "", "%s is an error, which cannot be allowed", code.Text)
			default:
				c.warnAt(code, CodeUnknownCode, didYouMean(code.Text, warnings), "there is no warning %q", code.Text)
			}
		}
	}
}
