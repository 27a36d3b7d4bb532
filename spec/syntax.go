package spec

import "strings"

// tell reports an error of the parser that no mend was found for.
func (c *recovery) tell(doc parsed) {
	line, message := errorLine(doc.err)
	now := NewSource(c.src.Name, c.text)
	at := c.lastRead(doc.at)
	e := explainSyntax(message)
	if e.whole { // the parser stumbled over what begins the line
		at = now.lines[c.strayLine(now, now.Pos(at).Line)-1]
		for isBlank(c.text, at) {
			at++
		}
	}
	if e.opening && line > 0 && line <= now.LineCount() {
		at = now.lines[line-1]
		for isBlank(c.text, at) {
			at++
		}
	}
	hint := e.hint
	if e.whole {
		hint = c.indentHint(now, now.Pos(at).Line, hint)
	}
	c.add(Diagnostic{Code: CodeSyntax, Range: c.original(now, now.Range(at, min(at+1, len(c.text)))), Summary: e.summary, Hint: hint})
}

// strayLine is the line to blame where a line that should begin with a key does not: the one above, if that has none.
func (c *recovery) strayLine(now *Source, n int) int {
	for above := n - 1; above >= 1; above-- {
		if line := strings.TrimSpace(now.Line(above)); line == "" || line[0] == '#' {
			continue
		}
		if s := shapeOf(now.Line(above)); s.keyless && !strings.Contains(s.lead, "-") && strings.IndexByte("[]{}'\"", s.value[0]) < 0 {
			return above
		}
		break
	}
	return n
}

// indentHint names the indentations that the lines above leave open if a line has none of them.
func (c *recovery) indentHint(now *Source, n int, other string) string {
	indent := func(n int) int {
		line := now.Line(n)
		return len(line) - len(strings.TrimLeft(line, " "))
	}
	mine := indent(n)
	for above := n - 1; above >= 1; above-- {
		line := strings.TrimSpace(now.Line(above))
		if line == "" || line[0] == '#' {
			continue
		}
		if at := indent(above); at == mine {
			return other
		} else if at < mine || above == 1 {
			return "no line above is indented as far as this one; indent it as what it belongs to"
		}
	}
	return other
}

// syntaxError is what an error of yaml.v3 means to the author of a spec.
type syntaxError struct {
	summary, hint string
	whole         bool // the place is the beginning of the line where the parser stopped
	opening       bool // the place is the line that the error names: where what is not closed begins
}

// tooDeep reports whether the parser gave up as its own limit of depth, which is beyond ours, was met.
func tooDeep(err error) bool { return strings.Contains(err.Error(), "exceeded max depth") }

func explainSyntax(message string) syntaxError {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return syntaxError{summary: "YAML takes this colon as the end of a key, where none can be", hint: "quote the value, or check the indentation"}
	case strings.Contains(message, "did not find expected key"):
		return syntaxError{summary: "YAML expects a key here", hint: "check the indentation, and quote the value on the line above if it goes on behind a quote or bracket", whole: true}
	case strings.Contains(message, "did not find expected '-' indicator"):
		return syntaxError{summary: "YAML expects the dash of a list's next item here", hint: "check the indentation, and whether the line above is complete", whole: true}
	case strings.Contains(message, "could not find expected ':'"):
		return syntaxError{summary: "YAML expects a colon behind a key", hint: "write key: value, with a space behind the colon", whole: true}
	case strings.Contains(message, "did not find expected ',' or ']'"):
		return syntaxError{summary: "YAML expects a comma or ] here", hint: "close the list, and quote values with brackets, braces or commas in it"}
	case strings.Contains(message, "did not find expected ',' or '}'"):
		return syntaxError{summary: "YAML expects a comma or } here", hint: "close the mapping, and quote values with brackets, braces or commas in it"}
	case strings.Contains(message, "found unexpected end of stream"):
		return syntaxError{summary: "a quote is opened here and never closed", opening: true}
	case strings.Contains(message, "unknown anchor"):
		name := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(message, "unknown anchor "), " referenced"), "'")
		return syntaxError{
			summary: "the alias *" + name + " has no anchor &" + name + " before it",
			hint:    "quote the value if the * is part of an expression or a text",
		}
	case strings.Contains(message, "unknown escape character"):
		return syntaxError{summary: "a text in double quotes has an escape that YAML does not know", hint: "write \\\\ for a backslash, or use single quotes, where a backslash is one"}
	case strings.Contains(message, "hexdecimal number"), strings.Contains(message, "invalid Unicode character escape"):
		return syntaxError{summary: "the number of a \\x, \\u or \\U escape is wrong", hint: "these take 2, 4 and 8 hexadecimal digits"}
	case strings.Contains(message, "tab character"):
		return syntaxError{summary: "YAML does not allow a tab in indentation", hint: "indent by spaces"}
	case strings.Contains(message, "cannot start any token"):
		return syntaxError{summary: "YAML allows no value that begins with this character", hint: "quote the value"}
	case strings.Contains(message, "block sequence entries are not allowed"):
		return syntaxError{summary: "a list cannot begin here", hint: "begin it on a line of its own, or quote the value"}
	case strings.Contains(message, "document start"), strings.Contains(message, "document indicator"):
		return syntaxError{summary: "the document ends before this, and something follows", hint: "check the indentation", whole: true}
	case strings.Contains(message, "indentation indicator"), strings.Contains(message, "expected comment or line break"):
		return syntaxError{summary: "behind | or > nothing but + or - and a digit can stand", hint: "begin the text on the next line, or quote the value"}
	}
	return syntaxError{summary: "this is not YAML: " + message}
}
