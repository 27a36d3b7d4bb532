package spec

import (
	"bytes"
	"strings"
)

// blockHeader is the first line of a block scalar: `|2-  # comment`.
type blockHeader struct {
	explicit bool // it has an indentation indicator
	chomp    byte // '-', '+' or 0
	body     int  // offset of the line behind it
	end      int  // offset behind its indicators
}

func scanBlockHeader(src []byte, start int) blockHeader {
	var h blockHeader
	p := start + 1
	for ; p < len(src); p++ {
		if c := src[p]; c == '-' || c == '+' {
			h.chomp = c
		} else if c >= '1' && c <= '9' {
			h.explicit = true
		} else {
			break
		}
	}
	h.end = p
	if i := bytes.IndexByte(src[p:], '\n'); i >= 0 {
		h.body = p + i + 1
	} else {
		h.body = len(src)
	}
	return h
}

// decodeBlock decodes a literal or folded block scalar. The indentation depends on what the scalar stands in, so the one is taken
// that gives value.
func decodeBlock(src []byte, start int, folded bool, value string) (*scalarText, bool) {
	if start >= len(src) || src[start] != '|' && src[start] != '>' {
		return nil, false
	}
	h := scanBlockHeader(src, start)
	detected := detectIndent(src, h.body)
	if t := decodeBlockAt(src, h, folded, detected); !h.explicit && string(t.text) == value {
		return t, true
	}
	if t := decodeBlockAt(src, h, folded, explicitIndent(src, h.body, value)); string(t.text) == value {
		return t, true
	}
	for indent := 1; indent <= detected+1; indent++ {
		if t := decodeBlockAt(src, h, folded, indent); string(t.text) == value {
			return t, true
		}
	}
	return nil, false
}

// detectIndent is the indentation of the first line that is not blank, or the longest blank line before it.
func detectIndent(src []byte, p int) int {
	longest := 1
	for p < len(src) {
		spaces := countSpaces(src, p)
		longest = max(longest, spaces)
		p += spaces
		n := lineBreak(src, p)
		if n == 0 {
			break
		}
		p += n
	}
	return longest
}

// explicitIndent is how far the first line that is not blank is indented beyond the spaces that its text begins with.
func explicitIndent(src []byte, p int, value string) int {
	text := strings.TrimLeft(value, "\n")
	inText := len(text) - len(strings.TrimLeft(text, " "))
	for p < len(src) {
		spaces := countSpaces(src, p)
		n := lineBreak(src, p+spaces)
		if n == 0 {
			return max(spaces-inText, 1)
		}
		p += spaces + n
	}
	return 1
}

func countSpaces(src []byte, p int) int {
	n := 0
	for p+n < len(src) && src[p+n] == ' ' {
		n++
	}
	return n
}

// blockBreaks are the line breaks between two lines of a block scalar.
type blockBreaks struct {
	next  int // offset behind them and the indentation of the line that follows
	found int // spaces of that indentation
	ends  []span
}

// scanBreaks skips up to indent spaces a line and the line breaks behind them.
func scanBreaks(src []byte, p, indent int) blockBreaks {
	b := blockBreaks{}
	for {
		from := p
		for p < len(src) && p-from < indent && src[p] == ' ' {
			p++
		}
		n := lineBreak(src, p)
		if n == 0 {
			b.next, b.found = p, p-from
			return b
		}
		b.ends = append(b.ends, span{src: p, srcLen: n})
		p += n
	}
}

// decodeBlockAt decodes with a given indentation, in the steps of yaml_parser_scan_block_scalar of yaml.v3.
func decodeBlockAt(src []byte, h blockHeader, folded bool, indent int) *scalarText {
	t := &scalarText{end: h.end}
	var lead span // the break behind the last line, not yet in the text
	afterBlank := false
	gap := scanBreaks(src, h.body, indent)
	for gap.found == indent && gap.next < len(src) {
		p := gap.next
		blank := isBlank(src, p)
		fold := folded && !afterBlank && !blank && lead.srcLen > 0
		switch {
		case !fold:
			t.putBreak(lead)
		case len(gap.ends) == 0:
			t.put(" ", lead.src, p)
		}
		for _, b := range gap.ends {
			t.putBreak(b)
		}
		afterBlank = blank
		from := p
		for p < len(src) && lineBreak(src, p) == 0 {
			p++
		}
		t.copyFrom(src, from, p)
		t.end = p
		lead = span{src: p, srcLen: lineBreak(src, p)}
		gap = scanBreaks(src, p+lead.srcLen, indent)
	}
	if h.chomp != '-' {
		t.putBreak(lead)
	}
	if h.chomp == '+' {
		for _, b := range gap.ends {
			t.putBreak(b)
		}
	}
	return t
}

// putBreak appends the line feed that a line break of the source stands for.
func (t *scalarText) putBreak(b span) {
	if b.srcLen > 0 {
		t.put("\n", b.src, b.src+b.srcLen)
	}
}
