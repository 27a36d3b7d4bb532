package planner

import (
	"bytes"
	"strings"
)

// variable is a line of an environment file.
type variable struct{ name, value string }

// lineError is what is wrong at a byte of an environment file. It does not quote the file, whose values are nobody's business.
type lineError struct {
	offset int
	text   string
}

// parseEnvFile reads NAME=value lines as docker compose does (https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax),
// but replaces no $NAME. A line may begin with `export `; the value may stand in '…', where \' is a quote, or "…", where \n \r \t \" \\ \$
// are what they are in a shell, both over several lines; without quotes it ends before ` #`, where a comment begins. NAME alone leaves
// what mprun's environment has. Of a name that is there twice both are given. Wrong lines are left out.
func parseEnvFile(text []byte) ([]variable, []lineError) {
	r := &envReader{text: text}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		r.at = 3
	}
	for r.at < len(r.text) {
		r.line()
	}
	return r.vars, r.errs
}

// envReader reads an environment file line by line.
type envReader struct {
	text []byte
	at   int
	vars []variable
	errs []lineError
}

func (r *envReader) fail(offset int, text string) {
	r.errs = append(r.errs, lineError{offset, text})
	r.at = r.lineEnd()
}

// lineEnd is the offset behind the line break that ends the line at r.at.
func (r *envReader) lineEnd() int {
	if i := bytes.IndexByte(r.text[r.at:], '\n'); i >= 0 {
		return r.at + i + 1
	}
	return len(r.text)
}

func (r *envReader) skipBlanks() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r", r.text[r.at]) >= 0 {
		r.at++
	}
}

// line reads one line, or as many as a quoted value has.
func (r *envReader) line() {
	r.skipBlanks()
	if r.endOfLine() {
		r.at = r.lineEnd()
		return
	}
	start := r.at
	name := r.name()
	if name == "export" && r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t') {
		r.skipBlanks()
		if next := r.name(); next != "" {
			name = next
		}
	}
	r.skipBlanks()
	switch {
	case name == "":
		r.fail(start, "expected NAME=value; a name consists of letters, digits and _ and does not begin with a digit")
	case r.endOfLine():
		r.at = r.lineEnd()
	case r.text[r.at] != '=' && r.text[r.at] != ':':
		r.fail(r.at, "expected = behind the name")
	default:
		r.at++
		r.value(name)
	}
}

// endOfLine says whether nothing but a comment is left of the line.
func (r *envReader) endOfLine() bool {
	return r.at >= len(r.text) || r.text[r.at] == '\n' || r.text[r.at] == '#'
}

func (r *envReader) name() string {
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		isLetter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !isLetter && (r.at == start || (c < '0' || c > '9') && c != '.' && c != '-') {
			break
		}
		r.at++
	}
	return string(r.text[start:r.at])
}

func (r *envReader) value(name string) {
	blank := r.at
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t') {
		r.at++
	}
	if r.at < len(r.text) && (r.text[r.at] == '"' || r.text[r.at] == '\'') {
		r.quoted(name)
		return
	}
	line := r.text[r.at:r.lineEnd()]
	if r.at > blank && len(line) > 0 && line[0] == '#' {
		line = nil
	}
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
		}
	}
	if i := bytes.IndexByte(line, 0); i >= 0 {
		r.fail(r.at+i, "a value cannot have a NUL byte")
		return
	}
	r.vars = append(r.vars, variable{name, string(bytes.TrimRight(line, " \t\r\n"))})
	r.at = r.lineEnd()
}

// quoted reads a value in quotes.
func (r *envReader) quoted(name string) {
	start, quote := r.at, r.text[r.at]
	var value []byte
	for i := start + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == 0:
			r.fail(i, "a value cannot have a NUL byte")
			return
		case c == quote:
			r.at = i + 1
			r.behind(name, string(value))
			return
		case c == '\\' && i+1 < len(r.text) && unescaped(quote, r.text[i+1]) != 0:
			i++
			value = append(value, unescaped(quote, r.text[i]))
		default:
			value = append(value, c)
		}
	}
	r.fail(start, "the quote is not closed")
}

// unescaped is what a backslash and c stand for between quotes, 0 if for themselves.
func unescaped(quote, c byte) byte {
	if quote == '\'' {
		if c == '\'' {
			return c
		}
		return 0
	}
	if i := strings.IndexByte(`abfnrtv"\$`, c); i >= 0 {
		return "\a\b\f\n\r\t\v\"\\$"[i]
	}
	return 0
}

// behind sees to it that a comment is all that follows a quoted value.
func (r *envReader) behind(name, value string) {
	r.skipBlanks()
	if !r.endOfLine() {
		r.fail(r.at, "nothing but a comment can stand behind the closing quote")
		return
	}
	r.vars = append(r.vars, variable{name, value})
	r.at = r.lineEnd()
}
