package spec

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// span says that textLen bytes of a decoded text, from byte text on, were written as srcLen bytes of the source, from byte src on.
// Where both lengths are equal the bytes are too.
type span struct{ text, textLen, src, srcLen int }

// scalarText is a scalar decoded a second time, from the bytes of the source, to learn where each byte of its text was written.
// yaml.v3 tells only where a scalar begins.
type scalarText struct {
	text  []byte
	spans []span
	end   int // offset behind the scalar, closing quote included
}

// copyFrom appends the source bytes [from, to) as they are.
func (t *scalarText) copyFrom(src []byte, from, to int) {
	if from == to {
		return
	}
	t.spans = append(t.spans, span{len(t.text), to - from, from, to - from})
	t.text = append(t.text, src[from:to]...)
}

// put appends text that stands in the source as other bytes: an escape, a folded line break.
func (t *scalarText) put(text string, from, to int) {
	if text == "" {
		return
	}
	t.spans = append(t.spans, span{len(t.text), len(text), from, to - from})
	t.text = append(t.text, text...)
}

// offset maps a byte of the text to the source.
func (t *scalarText) offset(at int) int {
	lo, hi := 0, len(t.spans)
	for lo < hi {
		mid := (lo + hi) / 2
		if t.spans[mid].text <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return -1
	}
	s := t.spans[lo-1]
	switch {
	case at >= s.text+s.textLen:
		return s.src + s.srcLen
	case s.textLen == s.srcLen:
		return s.src + at - s.text
	default:
		return s.src
	}
}

// decodeScalar decodes the scalar that begins at offset start and whose text is known to be value.
func decodeScalar(src []byte, start int, style Style, value string) (*scalarText, bool) {
	var t *scalarText
	switch style {
	case Plain:
		t = decodePlain(src, start, value)
	case SingleQuoted:
		t = decodeSingle(src, start)
	case DoubleQuoted:
		t = decodeDouble(src, start)
	default:
		return decodeBlock(src, start, style == Folded, value)
	}
	return t, t != nil && string(t.text) == value
}

// lineBreak is the length of the line break at p: 0, 1 or 2. (U+0085, U+2028, U+2029 and a lone carriage return, which YAML 1.1
// breaks lines at and 1.2 does not, are refused before anything is parsed.)
func lineBreak(src []byte, p int) int {
	switch {
	case p < len(src) && src[p] == '\n':
		return 1
	case p+1 < len(src) && src[p] == '\r' && src[p+1] == '\n':
		return 2
	}
	return 0
}

func isBlank(src []byte, p int) bool { return p < len(src) && (src[p] == ' ' || src[p] == '\t') }

// white is a run of blanks and line breaks inside a flow scalar.
type white struct{ end, breaks int }

// scanWhite reads blanks and line breaks from p on.
func scanWhite(src []byte, p int) white {
	w := white{end: p}
	for {
		if n := lineBreak(src, w.end); n > 0 {
			w.breaks++
			w.end += n
		} else if isBlank(src, w.end) {
			w.end++
		} else {
			return w
		}
	}
}

// fold is what the white space stands for in the text if it has a line break: a space, or one line feed less than it has.
func (w white) fold() string {
	if w.breaks == 1 {
		return " "
	}
	return strings.Repeat("\n", w.breaks-1)
}

// decodePlain follows value through the source, as where a plain scalar ends depends on what it stands in.
func decodePlain(src []byte, start int, value string) *scalarText {
	t := &scalarText{end: start}
	for p := start; len(t.text) < len(value); {
		from := p
		for p < len(src) && p-from < len(value)-len(t.text) && src[p] != '\n' && src[p] != '\r' {
			p++
		}
		line := bytes.TrimRight(src[from:p], " \t")
		if p-from == len(value)-len(t.text) {
			line = src[from:p]
		}
		t.copyFrom(src, from, from+len(line))
		t.end = from + len(line)
		if len(t.text) >= len(value) {
			break
		}
		w := scanWhite(src, t.end)
		if w.breaks == 0 {
			return nil
		}
		t.put(w.fold(), t.end, w.end)
		p = w.end
	}
	return t
}

func decodeSingle(src []byte, start int) *scalarText {
	t := &scalarText{}
	for p := start + 1; p < len(src); {
		from := p
		for p < len(src) && src[p] != '\'' && !isBlank(src, p) && lineBreak(src, p) == 0 {
			p++
		}
		t.copyFrom(src, from, p)
		switch {
		case p+1 < len(src) && src[p] == '\'' && src[p+1] == '\'':
			t.put("'", p, p+2)
			p += 2
		case p < len(src) && src[p] == '\'':
			t.end = p + 1
			return t
		default:
			p = t.foldWhite(src, p)
		}
	}
	return nil
}

// foldWhite takes the white space at p inside a quoted scalar.
func (t *scalarText) foldWhite(src []byte, p int) int {
	w := scanWhite(src, p)
	if w.breaks > 0 {
		t.put(w.fold(), p, w.end)
	} else {
		t.copyFrom(src, p, w.end)
	}
	return w.end
}

func decodeDouble(src []byte, start int) *scalarText {
	t := &scalarText{}
	for p := start + 1; p < len(src); {
		from := p
		for p < len(src) && src[p] != '"' && src[p] != '\\' && !isBlank(src, p) && lineBreak(src, p) == 0 {
			p++
		}
		t.copyFrom(src, from, p)
		switch {
		case p < len(src) && src[p] == '"':
			t.end = p + 1
			return t
		case p < len(src) && src[p] == '\\':
			n := lineBreak(src, p+1)
			if n > 0 { // the line goes on without a space; empty lines that follow still count
				w := scanWhite(src, p+1+n)
				t.put(strings.Repeat("\n", w.breaks), p, w.end)
				p = w.end
				continue
			}
			text, n := decodeEscape(src[p:])
			if n == 0 {
				return nil
			}
			t.put(text, p, p+n)
			p += n
		default:
			p = t.foldWhite(src, p)
		}
	}
	return nil
}

// decodeEscape reads the escape at the start of src and gives its text and length, 0 if it is none.
// The escapes are those of YAML 1.2, section 5.7, but `\/`, which yaml.v3 lacks, and with its `\'`.
func decodeEscape(src []byte) (string, int) {
	if len(src) < 2 {
		return "", 0
	}
	const from = "0abt\tnvfre \"'\\"
	const to = "\x00\a\b\t\t\n\v\f\r\x1b \"'\\"
	if i := strings.IndexByte(from, src[1]); i >= 0 {
		return to[i : i+1], 2
	}
	digits := 0
	switch src[1] {
	case 'N':
		return "\u0085", 2
	case '_':
		return "\u00a0", 2
	case 'L':
		return "\u2028", 2
	case 'P':
		return "\u2029", 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits == 0 || len(src) < 2+digits {
		return "", 0
	}
	var r rune
	for _, c := range src[2 : 2+digits] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 {
			return "", 0
		}
		r = r<<4 | rune(d)
	}
	if !utf8.ValidRune(r) {
		return "", 0
	}
	return string(r), 2 + digits
}
