package stages

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// writePiece is how many bytes one call of the Outlet takes, about.
const writePiece = 256 << 10

// writeNode is `write`: items in files. Consecutive items for the same file are handed over together; of a compressed file, each
// such piece is a gzip member of its own, so that what is committed can always be read.
//
// Its state is which CSV files have their header: the Outlet has all the rest.
type writeNode struct {
	path    *RowExpr
	appends *RowExpr
	dir     string
	format  format
	header  csvHeader

	files   map[string]*csvFile // formatCSV: by path
	changed []string            // of files, those to be written down
	piece   []byte
	packed  bytes.Buffer
	packer  *gzip.Writer
}

// csvFile is a CSV file that is being written.
type csvFile struct {
	csvWriter
	begun bool // it has its header, if it is to have one
}

func buildWrite(b *Builder, stage *Stage) (Node, error) {
	n := &writeNode{dir: b.Dir(), files: map[string]*csvFile{}}
	var err error
	if n.path, err = b.Expr(stage.Operand.Source); err != nil {
		return nil, err
	}
	if n.appends, err = b.Option("append"); err != nil {
		return nil, err
	}
	n.format, n.header, err = formatOptions(b, stage, formatLines)
	return n, err
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
	data, err := n.pack(to)
	if err != nil {
		return err
	}
	room := false
	if to.path == "-" {
		room, err = r.Outlet().Print(Stdout, data)
	} else {
		room, err = r.Outlet().Write(to.path, to.appends, data)
	}
	if err != nil {
		return err
	}
	if !room {
		return r.Await(r.Outlet())
	}
	n.written(to.path)
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
	path, err := n.path.Text(in, i)
	if err != nil {
		return target{}, err
	}
	if path == "" || strings.IndexByte(path, 0) >= 0 {
		return target{}, Failf("expression", "a path is needed, not %s", ShortJSON(path))
	}
	if path != "-" {
		path = resolve(n.dir, path)
	}
	appends, err := n.appends.Bool(in, i)
	return target{path: path, appends: appends}, err
}

// encode writes the first rows of in for to into n.piece, up to limit of them, and gives how many. An error is about the first.
func (n *writeNode) encode(to target, in *Batch, limit int) (rows int, err error) {
	n.piece = n.piece[:0]
	if cap(n.piece) > 4*writePiece {
		n.piece = nil
	}
	for rows < limit && len(n.piece) < writePiece {
		if rows > 0 {
			if next, err := n.target(in, rows); err != nil || next != to {
				break // it comes again as the first
			}
		}
		if err = n.encodeItem(to, in.Item(rows), rows == 0); err != nil {
			break
		}
		rows++
	}
	return rows, err
}

func (n *writeNode) encodeItem(to target, item any, first bool) (err error) {
	if n.format != formatCSV {
		n.piece = appendRecord(n.piece, n.format, item)
		return nil
	}
	file := n.files[to.path]
	if file == nil {
		file = &csvFile{csvWriter: csvWriter{names: n.header.names, bare: n.header.none}}
		if to.appends {
			info, err := os.Stat(to.path)
			file.begun = err == nil && info.Size() > 0
		}
		n.files[to.path] = file
		n.changed = append(n.changed, to.path)
	}
	n.piece, err = file.appendItem(n.piece, item, first && !file.begun)
	return err
}

// written notes that what was encoded has been handed over.
func (n *writeNode) written(path string) {
	if file := n.files[path]; file != nil && !file.begun {
		file.begun = true
		n.changed = append(n.changed, path)
	}
}

// pack compresses n.piece where the name says so.
func (n *writeNode) pack(to target) ([]byte, error) {
	switch squeezed := compressionOf(to.path); squeezed {
	case gzipped:
	case notCompressed:
		return n.piece, nil
	default:
		return nil, Failf("io", "%s: %s is only read, not written", to.path, squeezed)
	}
	n.packed.Reset()
	if n.packer == nil {
		n.packer = gzip.NewWriter(&n.packed)
	} else {
		n.packer.Reset(&n.packed)
	}
	if _, err := n.packer.Write(n.piece); err != nil {
		return nil, fmt.Errorf("compressing for %s: %w", to.path, err)
	}
	if err := n.packer.Close(); err != nil {
		return nil, fmt.Errorf("compressing for %s: %w", to.path, err)
	}
	return n.packed.Bytes(), nil
}

// Reset keeps the files: a stream that follows goes on with them.
func (n *writeNode) Reset() {}

func (n *writeNode) Save(w *StateWriter, full bool) {
	paths := n.changed
	if full {
		paths = slices.Sorted(maps.Keys(n.files))
	}
	n.changed = nil
	w.Uint(uint64(len(paths)))
	for _, path := range paths {
		file := n.files[path]
		w.Text(path)
		w.Bool(file.begun)
		w.Uint(uint64(len(file.names)))
		for _, name := range file.names {
			w.Text(name)
		}
	}
}

func (n *writeNode) Load(r *StateReader, full bool) error {
	if full {
		n.files = map[string]*csvFile{}
	}
	for range r.Uint() {
		path, file := r.Text(), &csvFile{csvWriter: csvWriter{bare: n.header.none}, begun: r.Bool()}
		for range r.Uint() {
			if r.Err() != nil {
				break
			}
			file.names = append(file.names, r.Text())
		}
		if r.Err() != nil {
			return r.Err()
		}
		n.files[path] = file
	}
	return r.Err()
}
