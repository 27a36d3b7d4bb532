package planner

import (
	"path"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// constants are the variables that whoever wrote the spec, or started mprun, has chosen: a script may have them in it.
var constants = [...]string{"args", "env", "self", "vars"}

// dataName is the first name that an expression reads of the run's data, "" if it reads none.
func (t *typer) dataName(expr string, in env) string {
	e, err := stages.CompileExpr(expr, t.scope(in))
	if err != nil {
		return "" // reported as such
	}
	for _, name := range e.Names() {
		if !isConstant(name) || (name == "args" && in.args != nil) { // what a chain is given may be data
			return name
		}
	}
	return ""
}

func isConstant(name string) bool {
	for _, c := range constants {
		if c == name {
			return true
		}
	}
	return false
}

// refuseData reports data of the run in a script: the shell would read it as script.
func (t *typer) refuseData(s *stages.Source, in env) {
	o, ok := t.origins[s]
	if !ok || !t.report {
		return
	}
	for i, p := range s.Parts {
		if !p.Expr {
			continue
		}
		if name := t.dataName(p.Text, in); name != "" {
			t.errorIn(o.node.RangeAt(o.offset(i), o.offset(i)+len(p.Text)), o.node, CodeInjection, mendedScript(p.Text),
				"a script must not have %s in its text: the shell would take the run's data for script", name)
		}
	}
}

// mendedScript says how a script gets the value of an expression.
func mendedScript(expr string) string {
	switch strings.TrimSpace(expr) {
	case "item":
		return `write "$ITEM", with the quotes`
	case "out":
		return `write "$OUT", with the quotes`
	case "delivery.id":
		return `write "$ITEM_ID", with the quotes`
	case "delivery.attempt":
		return `write "$ATTEMPT", with the quotes`
	}
	return `write "$X", with the quotes, and beside the script env: {X: '${{ ` + strings.ReplaceAll(strings.TrimSpace(expr), "'", "''") + ` }}'}`
}

// interpreters are programs that read one of their words as a program, and the options behind which it stands. An option of one letter
// may stand behind others, as in -ec.
var interpreters = [...]struct {
	name    string
	options string // "" : any word is part of it
}{
	{"ash", "-c"},
	{"bash", "-c"},
	{"dash", "-c"},
	{"fish", "-c"},
	{"ksh", "-c"},
	{"lua", "-e"},
	{"node", "-e -p --eval --print"},
	{"perl", "-e -E"},
	{"php", "-r"},
	{"python", "-c"},
	{"ruby", "-e"},
	{"sh", "-c"},
	{"ssh", ""},
	{"su", "-c"},
	{"zsh", "-c"},
}

// warnOfScripts warns of data of the run within a word that an interpreter reads as a program. The words behind it are its arguments.
func (t *typer) warnOfScripts(words []stages.Source, in env) {
	if !t.report {
		return
	}
	for i := range words {
		name := literalText(&words[i])
		options, known := interpreterOptions(name)
		if !known {
			continue
		}
		for j := i + 1; j < len(words); j++ {
			if options == "" {
				t.warnOfData(&words[j], name, in)
			} else if takesScript(literalText(&words[j]), options) && j+1 < len(words) {
				t.warnOfData(&words[j+1], name, in)
				break
			}
		}
		return
	}
}

// warnOfData warns of data of the run in a word that is read as a program.
func (t *typer) warnOfData(word *stages.Source, interpreter string, in env) {
	o, ok := t.origins[word]
	if !ok {
		return
	}
	for i, p := range word.Parts {
		if !p.Expr {
			continue
		}
		name := t.dataName(p.Text, in)
		if name == "" {
			continue
		}
		hint := `hand it over as an argument behind the program, or use shell:, which has the item in "$ITEM"`
		if interpreter == "ssh" {
			hint = "a shell at the other end splits and reads the words: hand it over by input"
		}
		at := o.node.RangeAt(o.offset(i), o.offset(i)+len(p.Text))
		t.at(spec.Warning, at, o.node.Path(), CodeScriptData, hint, path.Base(interpreter)+" takes what "+name+" holds for a part of its program")
	}
}

// literalText is a word that has no expression in it, "" if it has.
func literalText(s *stages.Source) string {
	text := ""
	for _, p := range s.Parts {
		if p.Expr {
			return ""
		}
		text += p.Text
	}
	return text
}

// interpreterOptions finds a program in the table, whatever its folder and version: /usr/bin/python3.12 is python.
func interpreterOptions(program string) (options string, known bool) {
	name := strings.TrimRight(path.Base(program), "0123456789.")
	for _, i := range interpreters {
		if i.name == name && program != "" {
			return i.options, true
		}
	}
	return "", false
}

// takesScript says whether a word is one of the options, or several options of one letter that end in one.
func takesScript(word, options string) bool {
	for _, option := range strings.Fields(options) {
		together := len(option) == 2 && len(word) > 2 && word[0] == '-' && word[1] != '-' && strings.HasSuffix(word, option[1:])
		if word == option || together {
			return true
		}
	}
	return false
}
