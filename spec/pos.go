package spec

import "strconv"

// Pos is a place in a document.
type Pos struct {
	File   string // name of the Source
	Line   int    // from 1; 0 in a Pos that is unknown
	Col    int    // from 1, in runes
	Offset int    // from 0, in bytes
}

// IsValid reports whether the position is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String is `file:line:col`, without the parts that are unknown.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	at := strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
	if p.File == "" {
		return at
	}
	return p.File + ":" + at
}

// from says where p is to somebody who looks at other: on which line, at which column of the same, or in which file.
func (p Pos) from(other Pos) string {
	switch {
	case p.File != other.File:
		return "at " + p.String()
	case p.Line == other.Line:
		return "at column " + strconv.Itoa(p.Col)
	}
	return "on line " + strconv.Itoa(p.Line)
}

// Range is the part of a document from Start up to, not including, End.
type Range struct{ Start, End Pos }

// Contains reports whether p lies in the range, in the same file.
func (r Range) Contains(p Pos) bool {
	return r.Start.IsValid() && p.File == r.Start.File && p.Offset >= r.Start.Offset && p.Offset < r.End.Offset
}
