package each

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// shells are programs to which -c hands a script.
var shells = []string{"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh", "fish"}

// itemIsScript says whether a shell among the words is handed an item, as it is, as its script: who writes `sh -c {}` means that. Anything else of
// an item in a script is found by the checks of the spec.
func itemIsScript(words []string, replace string) bool {
	for i, word := range words {
		if !slices.Contains(shells, path.Base(word)) {
			continue
		}
		for k := i + 1; k+1 < len(words); k++ {
			if strings.HasPrefix(words[k], "-") && strings.HasSuffix(words[k], "c") {
				parts := parse(words[k+1], replace)
				return len(parts) == 1 && parts[0].kind == kindArgument
			}
		}
	}
	return false
}

// scriptWords is the command of a script with placeholders: these become positional parameters, quoted as it takes where they stand. Several
// arguments are joined by blanks.
func scriptWords(script, replace string) []string {
	var text strings.Builder
	var words []string
	parameters := map[part]int{}
	var state quoting
	for _, p := range parse(script, replace) {
		switch p.kind {
		case kindLiteral:
			state.read(p.literal)
			text.WriteString(p.literal)
			continue
		case kindOut:
			text.WriteString(state.parameter("OUT"))
			continue
		}
		n, known := parameters[p]
		if !known {
			n = len(words) + 1
			parameters[p] = n
			words = append(words, p.source(replace))
		}
		text.WriteString(state.parameter(fmt.Sprint(n)))
	}
	return append([]string{"/bin/sh", "-c", text.String(), "sh"}, words...)
}

// source is the placeholder as it is written, with something around it that changes nothing, so that its value is one word.
func (p part) source(replace string) string {
	switch p.kind {
	case kindNumber:
		return "{#}"
	case kindSlot:
		return "{%}"
	}
	if p.number == 0 && p.form == "" && replace != "" {
		return replace
	}
	number := ""
	if p.number > 0 {
		number = fmt.Sprint(p.number)
	}
	return "{" + number + p.form + "}"
}

// quoting is where in the quotes of a script a text ends. What stands in $( ) or in backquotes is a script of its own.
type quoting struct {
	single, escaped bool
	levels          []level // the script, and those inside of it that have not ended; none: the script has not begun
}

// level is one of these.
type level struct {
	double bool // inside of double quotes
	end    byte // what ends it
	open   int  // parentheses that were opened inside
}

// read goes over a piece of the script.
func (q *quoting) read(text string) {
	if len(q.levels) == 0 {
		q.levels = []level{{}}
	}
	for i, c := range []byte(text) {
		at := &q.levels[len(q.levels)-1]
		switch {
		case q.escaped:
			q.escaped = false
		case q.single:
			q.single = c != '\''
		case c == '\\':
			q.escaped = true
		case c == '\'' && !at.double:
			q.single = true
		case c == '"':
			at.double = !at.double
		case c == at.end && !at.double && at.open == 0 && c != 0:
			q.levels = q.levels[:len(q.levels)-1]
		case c == '`':
			q.levels = append(q.levels, level{end: '`'})
		case c == '(' && i > 0 && text[i-1] == '$':
			q.levels = append(q.levels, level{end: ')'})
		case c == '(' && !at.double:
			at.open++
		case c == ')' && !at.double && at.open > 0:
			at.open--
		}
	}
}

// inDouble says whether the text has ended inside of double quotes.
func (q *quoting) inDouble() bool { return len(q.levels) > 0 && q.levels[len(q.levels)-1].double }

// parameter is a parameter of the script so that its value is one piece where it stands.
func (q *quoting) parameter(name string) string {
	switch {
	case q.single:
		return `'"${` + name + `}"'`
	case q.inDouble():
		return "${" + name + "}"
	}
	return `"${` + name + `}"`
}

// shellWord is a word as a shell reads it.
func shellWord(word string) string {
	plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-") == ""
	if plain && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
