package planner

import (
	"strings"

	"github.com/mprun/mprun/stages"
)

// warnOfSecret warns of a value of an environment file in a word of a program that a stage runs, or in a script, which is a word of the
// shell's.
func (t *typer) warnOfSecret(word *stages.Source) {
	if o, ok := t.origins[word]; ok && t.report && t.hasSecret(word) {
		t.warnSecretAt(o.node)
	}
}

// hasSecret says whether a text has a value of an environment file in it: one that is known already, or one that an expression reads by
// its name. That of a variable which the process sets itself is none.
func (t *typer) hasSecret(s *stages.Source) bool {
	if text, known := t.constant(s); known && t.secrets.Mask(text) != text {
		return true
	}
	for _, p := range s.Parts {
		if !p.Expr {
			continue
		}
		for name := range t.process.plan.FileEnv {
			if _, own := t.process.plan.Env[name]; !own && readsField(p.Text, "env", name) {
				return true
			}
		}
	}
	return false
}

// readsField says whether an expression reads a field of a variable by its name.
func readsField(expr, of, name string) bool {
	for _, way := range [...]string{of + "." + name, of + "?." + name, of + `["` + name + `"]`, of + "['" + name + "']"} {
		for rest, before := expr, byte(0); ; {
			i := strings.Index(rest, way)
			if i < 0 {
				break
			}
			if i > 0 {
				before = rest[i-1]
			}
			rest = rest[i+len(way):]
			if !isWordByte(before) && before != '.' && (rest == "" || !isWordByte(rest[0]) || strings.HasSuffix(way, "]")) {
				return true
			}
			before = way[len(way)-1]
		}
	}
	return false
}

// isWordByte says whether a byte may be part of a name.
func isWordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
