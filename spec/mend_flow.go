package spec

import "strings"

// plainSafe reports whether a text can stand in YAML without quotes.
func plainSafe(text string, inFlow bool) bool {
	if text == "" || text != strings.TrimSpace(text) || strings.Contains(text, "\n") {
		return false
	}
	if strings.Contains(text, ": ") || strings.Contains(text, " #") || strings.HasSuffix(text, ":") {
		return false
	}
	if strings.IndexByte(",[]{}#&*!|>'\"%@`", text[0]) >= 0 {
		return false
	}
	if strings.IndexByte("-?:", text[0]) >= 0 && (len(text) == 1 || text[1] == ' ' || inFlow) {
		return false
	}
	return !inFlow || !strings.ContainsAny(text, ",[]{}?")
}

// mendFlow writes a flow collection anew with quotes around the values that YAML would split, as an author of expressions meant
// it: brackets protect commas, and so does `${{ }}`. It fails for what it cannot make sense of.
func mendFlow(text string) (string, bool) {
	if len(text) > longestMended {
		return "", false
	}
	m := flowMender{text: text}
	m.collection()
	m.blanks()
	if m.failed || m.at != len(m.text) {
		return "", false
	}
	return m.out.String(), true
}

type flowMender struct {
	text   string
	at     int
	out    strings.Builder
	failed bool
}

func (m *flowMender) peek() byte {
	if m.at < len(m.text) {
		return m.text[m.at]
	}
	return 0
}

// blanks copies blanks.
func (m *flowMender) blanks() {
	for m.peek() == ' ' || m.peek() == '\t' {
		m.out.WriteByte(m.peek())
		m.at++
	}
}

// collection copies a list or mapping, from its opening to its closing bracket.
func (m *flowMender) collection() {
	open := m.peek()
	closing := byte(']')
	if open == '{' {
		closing = '}'
	}
	if open != '[' && open != '{' {
		m.failed = true
		return
	}
	m.out.WriteByte(open)
	m.at++
	for !m.failed {
		m.blanks()
		switch m.peek() {
		case closing:
			m.out.WriteByte(closing)
			m.at++
			return
		case 0, ']', '}':
			m.failed = true
		case ',':
			m.out.WriteByte(',')
			m.at++
		default:
			if open == '{' {
				m.key()
			}
			m.value()
		}
	}
}

// key copies a key with its colon.
func (m *flowMender) key() {
	end := strings.IndexByte(m.text[m.at:], ':')
	if end < 0 {
		m.failed = true
		return
	}
	key := strings.Trim(strings.TrimSpace(m.text[m.at:m.at+end]), `'"`)
	next := m.at + end + 1
	if !IsName(strings.ReplaceAll(key, "-", "_")) || next < len(m.text) && m.text[next] != ' ' {
		m.failed = true
		return
	}
	m.out.WriteString(m.text[m.at:next])
	m.at = next
	m.blanks()
}

// value copies a value, quoted if need be. A list or mapping is mended inside, unless something follows it: then it is an expression.
func (m *flowMender) value() {
	end := bareEnd(m.text, m.at)
	raw := strings.TrimRight(m.text[m.at:max(end, m.at)], " \t")
	if raw == "" { // a key without a value; the collection goes on with what stands here
		return
	}
	switch {
	case raw[0] == '[' || raw[0] == '{':
		if mended, ok := mendFlow(raw); ok {
			m.out.WriteString(mended)
		} else {
			m.out.WriteString(quoteYAML(raw))
		}
	case plainSafe(raw, true), isQuoted(raw):
		m.out.WriteString(raw)
	default:
		m.out.WriteString(quoteYAML(raw))
	}
	m.at += len(raw)
}

// isQuoted reports whether a text is one quoted scalar.
func isQuoted(raw string) bool {
	return (raw[0] == '\'' || raw[0] == '"') && quotedLen(raw) == len(raw)
}

// quotedLen is the length of the quoted YAML scalar that text begins with, -1 if it is not closed.
func quotedLen(text string) int {
	t := &scalarText{}
	if text[0] == '"' {
		t = decodeDouble([]byte(text), 0)
	} else {
		t = decodeSingle([]byte(text), 0)
	}
	if t == nil {
		return -1
	}
	return t.end
}

// bareEnd is where a value that begins at i ends: at a comma or a closing bracket that belongs to what is around it.
func bareEnd(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')':
			depth--
		case ']', '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		case '\'', '"', '`':
			n := stringLen(text[i:])
			if n < 0 {
				return len(text)
			}
			i += n - 1
		}
	}
	return len(text)
}
