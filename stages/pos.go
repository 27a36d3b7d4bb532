package stages

import "strconv"

// Pos is a place in a spec file. Line and Col count from 1, Col in runes; the zero Pos means that the place is not known.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// short is the place within its file.
func (p Pos) short() string { return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col) }

// String is file:line:col, as findings and errors print it.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}
