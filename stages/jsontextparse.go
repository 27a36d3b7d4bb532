package stages

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds how deep JSON nests.
const maxJSONDepth = 1000

// ParseJSON reads one JSON text (RFC 8259) as an item. A number without fraction and exponent is an int and must fit into 64
// bits; any other is a float. Of two members of the same name the later counts. NaN, Infinity and -Infinity, which AppendJSON
// writes, are read too. Errors say at which byte, counted from 1. Text that is not UTF-8 is refused.
func ParseJSON(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("JSON: the text is not UTF-8")
	}
	p := jsonParser{text: text}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.at < len(p.text) {
			err = errors.New("more text behind the value")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("JSON, byte %d: %w", p.at+1, err)
	}
	return v, nil
}

// cutJSONString reads the string of JSON that text begins with.
func cutJSONString(text string) (value, rest string, err error) {
	p := jsonParser{text: text}
	if value, err = p.string(); err != nil {
		return "", text, err
	}
	return value, text[p.at:], nil
}

type jsonParser struct {
	text string
	at   int
}

var (
	errJSONEnd   = errors.New("the text ends too early")
	errJSONDepth = errors.New("nested deeper than " + strconv.Itoa(maxJSONDepth))
)

func (p *jsonParser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (any, error) {
	p.space()
	if p.at == len(p.text) {
		return nil, errJSONEnd
	}
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	switch c := p.text[p.at]; {
	case c == '"':
		return p.string()
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	default:
		return p.word()
	}
}

// word reads what is written as a bare word.
func (p *jsonParser) word() (any, error) {
	for _, w := range [...]struct {
		word  string
		value any
	}{{"null", nil}, {"true", true}, {"false", false}, {"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)}} {
		if strings.HasPrefix(p.text[p.at:], w.word) {
			p.at += len(w.word)
			return w.value, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return nil, fmt.Errorf("unexpected %q", r)
}

// number follows the grammar of RFC 8259, section 6.
func (p *jsonParser) number() (any, error) {
	start := p.at
	if p.text[p.at] == '-' {
		p.at++
		if strings.HasPrefix(p.text[p.at:], "I") {
			p.at = start
			return p.word()
		}
	}
	whole := p.digits()
	if whole == 0 {
		return nil, errors.New("a number needs a digit")
	}
	if whole > 1 && p.text[p.at-whole] == '0' {
		p.at = start
		return nil, errors.New("a number must not begin with 0")
	}
	float := false
	if p.at < len(p.text) && p.text[p.at] == '.' {
		float = true
		p.at++
		if p.digits() == 0 {
			return nil, errors.New("a digit is missing behind the point")
		}
	}
	if p.at < len(p.text) && p.text[p.at]|0x20 == 'e' {
		float = true
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if p.digits() == 0 {
			return nil, errors.New("a digit is missing in the exponent")
		}
	}
	text := p.text[start:p.at]
	if !float {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return int(i), nil
		}
		p.at = start
		return nil, fmt.Errorf("the integer %s does not fit into 64 bits", text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		p.at = start
		return nil, fmt.Errorf("the number %s does not fit into a float", text)
	}
	return f, nil
}

func (p *jsonParser) digits() int {
	start := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

func (p *jsonParser) array(depth int) (any, error) {
	p.at++
	items := []any{}
	for {
		if p.space(); len(items) == 0 && p.take(']') {
			return items, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		if p.space(); p.take(']') {
			return items, nil
		}
		if err := p.comma(']'); err != nil {
			return nil, err
		}
	}
}

func (p *jsonParser) object(depth int) (any, error) {
	p.at++
	m := map[string]any{}
	for first := true; ; first = false {
		if p.space(); first && p.take('}') {
			return m, nil
		}
		if p.at < len(p.text) && p.text[p.at] != '"' {
			return nil, errors.New("expected a name in double quotes")
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.space(); !p.take(':') {
			return nil, errors.New("expected : behind the name")
		}
		if m[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if p.space(); p.take('}') {
			return m, nil
		}
		if err := p.comma('}'); err != nil {
			return nil, err
		}
	}
}

func (p *jsonParser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) comma(end byte) error {
	if p.take(',') {
		return nil
	}
	if p.at == len(p.text) {
		return errJSONEnd
	}
	return fmt.Errorf("expected , or %c", end)
}

// string reads a string. One without escapes is a part of the text, not a copy.
func (p *jsonParser) string() (string, error) {
	if !p.take('"') {
		return "", errJSONEnd
	}
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.text[start : p.at-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", errors.New("a control character in a string")
		}
		p.at++
	}
	return "", errJSONEnd
}

// escaped reads on at the first escape of a string that began at start.
func (p *jsonParser) escaped(start int) (string, error) {
	b := []byte(p.text[start:p.at])
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return string(b), nil
		case c < ' ':
			return "", errors.New("a control character in a string")
		case c != '\\':
			b = append(b, c)
			continue
		}
		if p.at == len(p.text) {
			break
		}
		c = p.text[p.at]
		p.at++
		switch c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, err := p.hex4()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, p.pair(r))
		default:
			p.at--
			return "", fmt.Errorf("unknown escape \\%c", c)
		}
	}
	return "", errJSONEnd
}

// pair joins the first half of a surrogate pair with the second, if that follows; a lone half becomes U+FFFD.
func (p *jsonParser) pair(r rune) rune {
	if !utf16.IsSurrogate(r) {
		return r
	}
	if strings.HasPrefix(p.text[p.at:], `\u`) {
		before := p.at
		p.at += 2
		if low, err := p.hex4(); err == nil {
			if joined := utf16.DecodeRune(r, low); joined != utf8.RuneError {
				return joined
			}
		}
		p.at = before
	}
	return utf8.RuneError
}

func (p *jsonParser) hex4() (rune, error) {
	if p.at+4 > len(p.text) {
		return 0, errJSONEnd
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 32)
	if err != nil {
		return 0, errors.New("\\u needs four hexadecimal digits")
	}
	p.at += 4
	return rune(n), nil
}
