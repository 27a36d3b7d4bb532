package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const (
	maxMends = 20 // lines that are mended in one document
	// maxReparsed bounds the bytes that are parsed again to try mends.
	maxReparsed = 32 << 20
)

// recovery reads on in a document that is not YAML: it mends the lines that an author of expressions is likely to get wrong, each
// proven by the parser coming further with it, and tells of them.
type recovery struct {
	*reader
	src    *Source      // the document as it is
	text   []byte       // the document, mended so far
	mended map[int]bool // lines that are; true if more than their indentation changed
	budget int
}

// recover analyses a document that the parser gave up on.
func (r *reader) recover(src *Source, doc parsed) *document {
	c := &recovery{reader: r, src: src, text: src.Bytes[bomLen(src.Bytes):], mended: map[int]bool{}, budget: maxReparsed}
	if tooDeep(doc.err) {
		c.add(Diagnostic{Code: CodeTooDeep, Range: c.src.Range(0, 0), Summary: fmt.Sprintf("lists and mappings are nested more than %d deep", c.opts.Limits.Depth)})
		return &document{source: src}
	}
	for range maxMends {
		next, ok := c.step(doc)
		if !ok {
			if !c.misaligned(doc) {
				c.tell(doc)
			}
			return &document{source: src}
		}
		if doc = next; doc.err == nil {
			return c.readMended(doc)
		}
	}
	return &document{source: src}
}

// step mends one line, or all tabs.
func (c *recovery) step(doc parsed) (parsed, bool) {
	now := NewSource(c.src.Name, c.text)
	if next, ok := c.mendTabs(now, doc); ok {
		return next, true
	}
	for _, n := range c.suspects(now, doc) {
		for _, m := range mendLine(now.Line(n)) {
			text := replaceLine(now, n, m.line)
			if c.budget -= 2 * len(text); c.budget < 0 {
				return doc, false
			}
			next := parseYAML(text)
			grown := len(text) - len(c.text)
			if next.err != nil && next.at-grown <= doc.at {
				continue
			}
			start := c.src.lines[n-1]
			c.add(Diagnostic{
				Code: m.code, Range: c.src.Range(start+m.from, start+m.to), Summary: m.summary, Hint: m.hint(),
			})
			c.text, c.mended[n] = text, true
			return next, true
		}
	}
	return doc, false
}

// suspects are the lines that may be to blame: that where the parser stopped and some before it, and those that its error names.
func (c *recovery) suspects(now *Source, doc parsed) []int {
	const before = 4
	var lines []int
	try := func(n int) {
		if n >= 1 && n <= now.LineCount() && !c.mended[n] && !slices.Contains(lines, n) && strings.TrimSpace(now.Line(n)) != "" {
			lines = append(lines, n)
		}
	}
	stopped := now.Pos(c.lastRead(doc.at)).Line
	for n := stopped; n > stopped-before; n-- {
		try(n)
	}
	named, _ := errorLine(doc.err)
	try(named)
	try(named + 1)
	return lines
}

// lastRead is the offset of the last character that is no white space before at.
func (c *recovery) lastRead(at int) int {
	at = min(at, len(c.text))
	for at > 0 && strings.IndexByte(" \t\r\n", c.text[at-1]) >= 0 {
		at--
	}
	return max(at-1, 0)
}

func replaceLine(src *Source, n int, line string) []byte {
	return slices.Concat(src.Bytes[:src.lines[n-1]], []byte(line), src.Bytes[src.lineEnd(n):])
}

// mendTabs replaces all tabs in indentation if one is to blame.
func (c *recovery) mendTabs(now *Source, doc parsed) (parsed, bool) {
	stopped := now.Pos(min(doc.at, len(c.text))).Line
	for n := stopped; n >= max(stopped-1, 1); n-- {
		if indentTab(now.Line(n)) < 0 {
			continue
		}
		for n > 1 && indentTab(now.Line(n-1)) >= 0 {
			n--
		}
		var text []byte
		for l := 1; l <= now.LineCount(); l++ {
			line := now.Line(l)
			if indentTab(line) >= 0 {
				if !c.mended[l] {
					c.mended[l] = false
				}
				indent := len(line) - len(strings.TrimLeft(line, " \t"))
				line = strings.ReplaceAll(line[:indent], "\t", "  ") + line[indent:]
			}
			text = append(append(text, line...), '\n')
		}
		at := c.src.lines[n-1] + indentTab(now.Line(n))
		c.add(Diagnostic{
			Code: CodeTab, Range: c.src.Range(at, at+1), Summary: "YAML does not allow a tab in indentation", Hint: "indent by spaces",
		})
		c.text = bytes.TrimSuffix(text, []byte("\n"))
		return parseYAML(c.text), true // no tab is left, so this happens once
	}
	return doc, false
}

// misaligned reports whether the parser gave up at a line in which tabs were replaced: how far it should be indented is a guess, and
// the tab has a finding.
func (c *recovery) misaligned(doc parsed) bool {
	now := NewSource(c.src.Name, c.text)
	named, _ := errorLine(doc.err)
	for _, line := range []int{now.Pos(c.lastRead(doc.at)).Line, named, named + 1} {
		if line >= 1 && line <= c.src.LineCount() && indentTab(c.src.Line(line)) >= 0 {
			return true
		}
	}
	return false
}

// indentTab is the index of the first tab in a line's indentation, -1 without one.
func indentTab(line string) int {
	return strings.IndexByte(line[:len(line)-len(strings.TrimLeft(line, " \t"))], '\t')
}

// readMended reads the document as mended, for the findings that have nothing to do with YAML.
func (c *recovery) readMended(parsed parsed) *document {
	r := &reader{opts: c.opts, values: c.values}
	now := NewSource(c.src.Name, c.text)
	now.Dir = c.src.Dir
	doc := r.tree(now, parsed)
	c.values = r.values
	doc.source = c.src
	doc.original = func(r Range) Range { return c.original(now, r) }
	doc.unmend = func(found Diagnostics) Diagnostics { return c.unmend(now, found) }
	c.addAll(c.unmend(now, r.found))
	return doc
}

// unmend moves findings about the mended document to their places in the document. Those on a line that was mended are left out;
// those about other files stay as they are.
func (c *recovery) unmend(now *Source, found Diagnostics) Diagnostics {
	var kept Diagnostics
	for _, d := range found {
		if d.Range.Start.File == now.Name {
			if c.mended[d.Range.Start.Line] {
				continue // it may come of the mend
			}
			d.Range = c.original(now, d.Range)
		}
		d.Related = slices.Clone(d.Related)
		for i, related := range d.Related {
			if related.Range.Start.File == now.Name {
				d.Related[i].Range = c.original(now, related.Range)
			}
		}
		kept = append(kept, d)
	}
	return kept
}

// original is where a range of the mended document is in the document. Lines are the same in both; of a line whose indentation
// was mended the end is, of one whose value was the whole line stands for all of it.
func (c *recovery) original(now *Source, r Range) Range {
	place := func(p Pos, end bool) int {
		line := min(max(p.Line, 1), c.src.LineCount())
		start, stop := c.src.lines[line-1], c.src.lineEnd(line)
		text := c.src.Line(line)
		indented := start + len(text) - len(strings.TrimLeft(text, " \t"))
		switch {
		case c.mended[line] && end:
			return stop
		case c.mended[line]:
			return indented
		}
		return max(start, min(stop-(now.lineEnd(line)-p.Offset), stop))
	}
	return c.src.Range(place(r.Start, false), place(r.End, true))
}
