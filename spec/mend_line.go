package spec

import (
	"slices"
	"strings"
)

// mend is a guess at what a line was meant to be.
type mend struct {
	line     string
	code     string
	summary  string
	from, to int // bytes of the line that are to blame
	advice   string
}

func (m mend) hint() string {
	if m.advice != "" {
		return m.advice
	}
	return showMended(m.line)
}

// lineShape is a line taken apart: `  - key: value # comment`.
type lineShape struct {
	lead    string // indentation, dashes, key and colon
	value   string
	tail    string // white space and comment
	keyless bool
}

// shapeOf takes a line apart.
func shapeOf(line string) lineShape {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '-' && i+1 < len(line) && line[i+1] == ' ') {
		i++
	}
	s := lineShape{keyless: true}
	if n := keyLen(line[i:]); n > 0 {
		s.keyless = false
		for i += n; i < len(line) && (line[i] == ' ' || line[i] == '\t'); i++ {
		}
	}
	s.lead, s.value = line[:i], line[i:]
	if at := strings.Index(s.value, " #"); at >= 0 {
		s.value, s.tail = s.value[:at], s.value[at:]
	}
	trimmed := strings.TrimRight(s.value, " \t\r")
	s.tail = s.value[len(trimmed):] + s.tail
	s.value = trimmed
	return s
}

// keyLen is the length of the key with its colon that a text begins with, 0 without one.
func keyLen(text string) int {
	colon := strings.IndexByte(text, ':')
	if colon <= 0 || colon+1 < len(text) && text[colon+1] != ' ' && text[colon+1] != '\t' {
		return 0
	}
	if !IsName(strings.ReplaceAll(strings.Trim(text[:colon], `'"`), "-", "_")) {
		return 0
	}
	return colon + 1
}

// mendLine gives what a line was perhaps meant to be, the likelier first.
func mendLine(line string) []mend {
	s := shapeOf(line)
	if s.value == "" || len(line) > longestMended {
		return nil
	}
	var mends []mend
	add := func(value, code, summary string) {
		if value != s.value {
			from, to := 0, len(s.value)
			if code == CodeFlow && value[0] == s.value[0] {
				from, to = differing(s.value, value)
			}
			mends = append(mends, mend{
				line: s.lead + value + s.tail, code: code, summary: summary, from: len(s.lead) + from, to: len(s.lead) + to,
			})
		}
	}
	if key, value, ok := strings.Cut(s.value, ":"); ok && s.keyless && IsName(key) && value != "" && value[0] != ' ' {
		add(key+": "+value, CodeColon, "YAML wants a space behind the colon of a key")
	}
	if s.value[0] == '[' || s.value[0] == '{' {
		if mended, ok := mendFlow(s.value); ok {
			add(mended, CodeFlow, "inside [ ] and { } YAML splits a value at commas, brackets and braces")
		}
	}
	if s.value[0] == '[' || s.value[0] == '{' {
		if balanced, what := balance(s.value); what != "" {
			add(balanced, CodeFlow, what)
		}
	}
	quoted := s.value[0] == '\'' || s.value[0] == '"'
	if quoted && quotedLen(s.value) < 0 {
		add(s.value+s.value[:1], CodeQuote, "the quote is not closed")
		if s.tail != "" {
			whole := strings.TrimRight(s.value+s.tail, " \t\r")
			mends = append(mends, mend{
				line: s.lead + quoteYAML(whole), code: CodeQuote, summary: "the quote is not closed before the comment",
				from: len(s.lead), to: len(s.lead) + len(whole),
			})
		}
	}
	if inner, ok := badEscape(s.value); ok {
		add(quoteYAML(inner), CodeQuote, "in double quotes a backslash begins an escape, and YAML does not know this one")
	}
	code, summary := blame(s.value)
	add(quoteYAML(s.value), code, summary)
	if s.keyless && IsName(s.value) {
		add(s.value+":", CodeColon, "YAML expects a colon behind a key")
	}
	return mends
}

// differing is the part of a text, in bytes, in which its mended form differs; never empty.
func differing(text, mended string) (from, to int) {
	shorter := min(len(text), len(mended))
	for from < shorter && text[from] == mended[from] {
		from++
	}
	to = len(text)
	for behind := len(mended); to > from && behind > from && text[to-1] == mended[behind-1]; to-- {
		behind--
	}
	if from == to { // something is only put in
		return 0, len(text)
	}
	return from, to
}

// balance closes the brackets of a flow collection that are open at its end, or drops those that close too many.
func balance(value string) (balanced, what string) {
	var open []byte
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case '[':
			open = append(open, ']')
		case '{':
			open = append(open, '}')
		case ']', '}':
			if len(open) == 0 {
				return value[:i] + value[i+1:], "there is a " + string(c) + " too many"
			}
			open = open[:len(open)-1]
		case '\'', '"':
			n := stringLen(value[i:])
			if n < 0 {
				return value, ""
			}
			i += n - 1
		}
	}
	if len(open) == 0 {
		return value, ""
	}
	slices.Reverse(open)
	return value + string(open), "what " + value[:1] + " opens is not closed"
}

// badEscape is the content of a double-quoted text with an escape that is none.
func badEscape(value string) (string, bool) {
	if value[0] != '"' || len(value) < 2 || value[len(value)-1] != '"' || quotedLen(value) >= 0 {
		return "", false
	}
	inner := value[1 : len(value)-1]
	return inner, strings.Contains(inner, `\`) && !strings.Contains(inner, `"`)
}

// blame says what YAML stumbles over in a value that is not quoted as a whole.
func blame(value string) (code, summary string) {
	switch value[0] {
	case '\'', '"':
		return CodeQuote, "to YAML a value that begins with a quote ends at the next one, and nothing can stand behind it"
	case '[', '{':
		return CodeFlow, "to YAML a value that begins with " + value[:1] + " is a list or mapping, and nothing can stand behind it"
	case '!':
		return CodeTag, "to YAML a value that begins with ! begins with a tag"
	case '&':
		return CodeIndicator, "to YAML a value that begins with & begins with an anchor"
	case '*':
		return CodeIndicator, "to YAML a value that begins with * is an alias"
	case '|', '>':
		return CodeIndicator, "to YAML a value that begins with " + value[:1] + " is a text on the lines below"
	case '%', '@', '`':
		return CodeIndicator, "YAML allows no value that begins with " + value[:1]
	case '-', '?', ':':
		return CodeIndicator, "to YAML " + value[:1] + " begins a list or mapping"
	}
	if strings.Contains(value, " ? ") && strings.Contains(value, ": ") {
		return CodeColon, "YAML takes the : of ? : as the end of a key"
	}
	if strings.Contains(value, ": ") || strings.HasSuffix(value, ":") {
		return CodeColon, "YAML takes a colon with a space behind it as the end of a key"
	}
	return CodeSyntax, "YAML cannot read this value without quotes"
}
