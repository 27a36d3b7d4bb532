package stages

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// writePiece is how many bytes one call of the Outlet takes, about.
const writePiece = 256 << 10

// writeNode is `write`: items in files. Consecutive items for the same file are handed over together. Compressing, headers and
// putting files in place are the Outlet's, so that they do not depend on where commits fall.
//
// Its state is what the first item of each CSV file has settled: the Outlet has all the rest.
type writeNode struct {
	path    *RowExpr
	appends *RowExpr
	always  *target // for every row, where that is known
	dir     string
	pos     Pos
	format  format
	header  csvHeader
	raw     bool // no name tells a compression

	tables  map[string]*csvTable // formatCSV: by path
	changed []string             // of tables, those to be written down
	piece   []byte
}

// csvTable is a CSV file that is being written.
type csvTable struct {
	csvWriter
	settled bool   // names and width are known
	line    string // the header; "": none
}

// RawOption is an option of `write` and `read` that no spec has: what is written and read is the bytes of the file, whatever its name says
// of compression. A command that has a file as its standard input or output does not know of mprun.
const RawOption = "raw"

func buildWrite(b *Builder, stage *Stage) (Node, error) {
	n := &writeNode{dir: b.Dir(), pos: stage.Pos, tables: map[string]*csvTable{}}
	var err error
	if n.path, err = b.Expr(stage.Operand.Source); err != nil {
		return nil, err
	}
	if n.appends, err = b.Option("append"); err != nil {
		return nil, err
	}
	n.format, n.header, err = formatOptions(b, stage, formatLines)
	_, n.raw = stage.Options[RawOption]
	n.fix()
	return n, err
}

// fix computes where all items go, if that is the same for all. What is wrong with it is the matter of the first row.
func (n *writeNode) fix() {
	path, ok := n.path.Const()
	appends, okToo := n.appends.Const()
	if !ok || !okToo {
		return
	}
	if to, err := n.targetOf(TextOf(path)); err == nil {
		to.appends, _ = appends.(bool)
		n.always = &to
	}
}

func (n *writeNode) Step(r *Run, in, out *Batch) error {
	to, err := n.target(in, 0)
	if err != nil {
		return err
	}
	rows, err := n.encode(to, in, max(1, min(in.Len(), r.Limit)))
	if rows == 0 {
		return err
	}
	sep, _ := n.format.separator()
	file := File{Path: to.path, Appends: to.appends, Lines: sep == '\n', Raw: n.raw, Pos: n.pos}
	if table := n.tables[to.path]; table != nil {
		file.Header = table.line
	}
	room, err := r.Outlet().Write(file, n.piece)
	if err != nil {
		return err
	}
	if !room {
		return r.Await(r.Outlet())
	}
	out.EmitRows(in, 0, rows)
	in.Drop(rows)
	return nil
}

// target is where an item is written.
type target struct {
	path    string // "-": standard output
	appends bool
}

// target computes where row i of in goes.
func (n *writeNode) target(in *Batch, i int) (target, error) {
	if n.always != nil {
		return *n.always, nil
	}
	path, err := n.path.Text(in, i)
	if err != nil {
		return target{}, err
	}
	to, err := n.targetOf(path)
	if err != nil {
		return to, err
	}
	to.appends, err = n.appends.Bool(in, i)
	return to, err
}

// targetOf is the target of a path that is not appended to.
func (n *writeNode) targetOf(path string) (target, error) {
	if path == "" || strings.IndexByte(path, 0) >= 0 {
		return target{}, Failf("expression", "a path is needed, not %s", ShortJSON(path))
	}
	if _, err := PackingOf(path); err != nil && !n.raw {
		return target{}, Failf("io", "%s: %s", path, err)
	}
	if path != "-" {
		path = resolve(n.dir, path)
	}
	return target{path: path}, nil
}

// encode writes the first rows of in for to into n.piece, up to limit of them, and gives how many. An error is about the first.
func (n *writeNode) encode(to target, in *Batch, limit int) (rows int, err error) {
	n.piece = n.piece[:0]
	if cap(n.piece) > 4*writePiece {
		n.piece = nil
	}
	if n.always != nil && n.format != formatCSV {
		return n.encodeColumn(in, limit), nil
	}
	for rows < limit && len(n.piece) < writePiece {
		if rows > 0 && n.always == nil {
			if next, err := n.target(in, rows); err != nil || next != to {
				break // it comes again as the first
			}
		}
		if err = n.encodeItem(to, in.Item(rows)); err != nil {
			break
		}
		rows++
	}
	return rows, err
}

// encodeColumn is encode for items that all go to one place in a format that fits any item.
func (n *writeNode) encodeColumn(in *Batch, limit int) int {
	piece, rows, from := n.piece, 0, in.head
	end, ends := n.format.separator()
	switch {
	case in.item.Kind == Strings && n.format != formatJSONL && ends:
		for ; rows < limit && len(piece) < writePiece; rows++ {
			piece = append(append(piece, in.item.Strings[from+rows]...), end)
		}
	case in.item.Kind == Ints && ends:
		for ; rows < limit && len(piece) < writePiece; rows++ {
			piece = append(strconv.AppendInt(piece, int64(in.item.Ints[from+rows]), 10), end)
		}
	default:
		for ; rows < limit && len(piece) < writePiece; rows++ {
			piece = appendRecord(piece, n.format, in.Item(rows))
		}
	}
	n.piece = piece
	return rows
}

func (n *writeNode) encodeItem(to target, item any) (err error) {
	if n.format != formatCSV {
		n.piece = appendRecord(n.piece, n.format, item)
		return nil
	}
	table := n.tables[to.path]
	if table == nil {
		table = &csvTable{csvWriter: csvWriter{names: n.header.names, width: len(n.header.names)}}
		n.tables[to.path] = table
	}
	if n.piece, err = table.appendItem(n.piece, item); err == nil && !table.settled {
		n.settle(table)
		n.changed = append(n.changed, to.path)
	}
	return err
}

// settle notes what the first item of a table has settled.
func (n *writeNode) settle(table *csvTable) {
	table.settled = table.width > 0
	if table.settled && !n.header.none {
		table.line = table.header()
	}
}

// Reset keeps the tables: a stream that follows goes on with them.
func (n *writeNode) Reset() {}

func (n *writeNode) Save(w *StateWriter, full bool) {
	paths := n.changed
	if full {
		paths = slices.Sorted(maps.Keys(n.tables))
	}
	n.changed = nil
	w.Uint(uint64(len(paths)))
	for _, path := range paths {
		table := n.tables[path]
		w.Text(path)
		w.Int(table.width)
		w.Uint(uint64(len(table.names)))
		for _, name := range table.names {
			w.Text(name)
		}
	}
}

func (n *writeNode) Load(r *StateReader, full bool) error {
	if full {
		n.tables = map[string]*csvTable{}
	}
	for range r.Uint() {
		path, table := r.Text(), &csvTable{csvWriter: csvWriter{width: r.Int()}}
		for range r.Uint() {
			if r.Err() != nil {
				break
			}
			table.names = append(table.names, r.Text())
		}
		if r.Err() != nil {
			return r.Err()
		}
		n.settle(table)
		n.tables[path] = table
	}
	return r.Err()
}
