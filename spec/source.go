package spec

import (
	"bytes"
	"sort"
)

// runeBlock is the distance in bytes between two entries of Source.runes.
const runeBlock = 256

// Source is the text of a document, with an index that finds lines and columns. It is immutable, and may be read concurrently.
type Source struct {
	Name  string // as it appears in findings
	Bytes []byte
	// Dir is the folder that paths in the document count from, as seen from that of the spec: "" for the spec itself and what is laid
	// over it, the file's own folder for what is included.
	Dir string

	lines []int // offset of the first byte of each line
	runes []int // runes before every runeBlock-th byte; nil if all is ASCII
}

// NewSource indexes the text of a document. It keeps text without copying it.
func NewSource(name string, text []byte) *Source {
	s := &Source{Name: name, Bytes: text, lines: []int{bomLen(text)}}
	ascii := true
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
		ascii = ascii && c < 0x80
	}
	if !ascii {
		s.indexRunes()
	}
	return s
}

// bomLen is the length of the byte order mark at the start of text.
func bomLen(text []byte) int {
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		return 3
	}
	return 0
}

func (s *Source) indexRunes() {
	s.runes = make([]int, 0, len(s.Bytes)/runeBlock+1)
	n := 0
	for i, c := range s.Bytes {
		if i%runeBlock == 0 {
			s.runes = append(s.runes, n)
		}
		if startsRune(c) {
			n++
		}
	}
}

func startsRune(c byte) bool { return c&0xC0 != 0x80 }

// runesBefore counts the runes that start before offset.
func (s *Source) runesBefore(offset int) int {
	block := min(offset/runeBlock, len(s.runes)-1)
	n := s.runes[block]
	for _, c := range s.Bytes[block*runeBlock : offset] {
		if startsRune(c) {
			n++
		}
	}
	return n
}

// LineCount is the number of lines; a line break at the very end starts another, empty one.
func (s *Source) LineCount() int { return len(s.lines) }

// Line is line n, from 1, without its line break; "" where there is no such line.
func (s *Source) Line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return string(s.Bytes[s.lines[n-1]:s.lineEnd(n)])
}

// lineEnd is the offset behind the last byte of line n, its line break not counted.
func (s *Source) lineEnd(n int) int {
	end := len(s.Bytes)
	if n < len(s.lines) {
		end = s.lines[n] - 1
		if end > s.lines[n-1] && s.Bytes[end-1] == '\r' {
			end--
		}
	}
	return end
}

// Pos is the position of a byte. An offset outside the text is moved to its nearer end.
func (s *Source) Pos(offset int) Pos {
	offset = max(s.lines[0], min(offset, len(s.Bytes)))
	line := sort.SearchInts(s.lines, offset+1) // the first line that starts behind offset, from 0: ours, from 1
	start := s.lines[line-1]
	col := offset - start
	if s.runes != nil {
		col = s.runesBefore(offset) - s.runesBefore(start)
	}
	return Pos{File: s.Name, Line: line, Col: col + 1, Offset: offset}
}

// Range is the range between two offsets.
func (s *Source) Range(start, end int) Range {
	return Range{Start: s.Pos(start), End: s.Pos(max(start, end))}
}

// Offset is the inverse of Pos: the offset of a column, counted in runes from 1, of a line from 1. What lies outside the text is
// moved to its nearer end.
func (s *Source) Offset(line, col int) int {
	if line < 1 {
		return s.lines[0]
	}
	if line > len(s.lines) {
		return len(s.Bytes)
	}
	start := s.lines[line-1]
	if s.runes == nil {
		return min(start+max(col-1, 0), len(s.Bytes))
	}
	return s.skipRunes(start, max(col-1, 0))
}

// skipRunes is the offset of the rune that stands n runes behind the one at start.
func (s *Source) skipRunes(start, n int) int {
	want := s.runesBefore(start) + n
	block := sort.SearchInts(s.runes, want+1) - 1
	at, seen := start, want-n
	if block*runeBlock > start {
		at, seen = block*runeBlock, s.runes[block]
	}
	for ; at < len(s.Bytes); at++ {
		if !startsRune(s.Bytes[at]) {
			continue
		}
		if seen == want {
			return at
		}
		seen++
	}
	return len(s.Bytes)
}

// Text is the text that a range of this source covers.
func (s *Source) Text(r Range) string {
	return string(s.Bytes[r.Start.Offset:r.End.Offset])
}
