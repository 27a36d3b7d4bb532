package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
)

// checkAllowed warns of codes in x-mprun-allow that silence nothing: misspelt ones, and those of errors.
func (c *compiler) checkAllowed() {
	if len(c.doc.Allow) == 0 {
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
	for _, a := range c.doc.Allow {
		for _, code := range a.Codes {
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
