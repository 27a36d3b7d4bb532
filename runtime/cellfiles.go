package runtime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
	"github.com/mprun/mprun/stages/npy"
)

// Values and arrays are filled before any worker has the arena, and saved when all have ended: there is nobody to be safe from. A file is
// written whole under a temporary name, which the guardian knows, and renamed into place; a run that did not succeed writes none, as `write`
// does.

// withoutInit is the cells as workers need to know them.
func withoutInit(cells []planner.Cell) []planner.Cell {
	cells = slices.Clone(cells)
	for i := range cells {
		cells[i].Init = nil
	}
	return cells
}

// fillCells has values and arrays start with what the spec says; a file that cannot be used is a failure of the run.
func (s *supervisor) fillCells() {
	for i := range s.plan.Cells {
		def := &s.plan.Cells[i]
		if err := s.fillCell(def); err != nil {
			f := Failure{Pos: def.Pos, Text: fmt.Sprintf("%s %s: %s", def.Kind, def.Name, err)}
			s.fail(f)
			s.end(StatusFailed)
		}
	}
}

func (s *supervisor) fillCell(def *planner.Cell) error {
	if def.File != "" {
		return s.fillFromFile(def)
	}
	if def.Init == nil {
		return nil
	}
	bytes, err := initialBytes(def)
	if err != nil {
		return err
	}
	for m := range def.Members() {
		if err := fillAll(s.cellArray(def, m), bytes); err != nil {
			return err
		}
	}
	return nil
}

// initialBytes is what each member starts with, or what each of its elements does.
func initialBytes(def *planner.Cell) ([]byte, error) {
	bytes, misfit := def.EncodeCell(def.Init.Value)
	if misfit == nil {
		return bytes, nil
	}
	one := stages.CellType{Type: def.Type}
	if bytes, each := one.EncodeCell(def.Init.Value); each == nil {
		return bytes, nil
	}
	return nil, errors.New(misfit.String())
}

// fillPiece is how many bytes an array is filled with at a time.
const fillPiece = 1 << 20

// fillAll fills an array with bytes, again and again.
func fillAll(a shm.Array, bytes []byte) error {
	if !slices.ContainsFunc(bytes, func(b byte) bool { return b != 0 }) {
		return nil // as it is
	}
	piece := bytes
	if size := int64(len(bytes)); size < a.Len() {
		piece = slices.Repeat(bytes, int(min(a.Len()/size, fillPiece/size+1)))
	}
	for off := int64(0); off < a.Len(); off += int64(len(piece)) {
		if err := a.Fill(piece[:min(int64(len(piece)), a.Len()-off)], off); err != nil {
			return err
		}
	}
	return nil
}

// fillFromFile fills the members of a cell from a file: each with what it has, or with its part if the file has one more dimension.
func (s *supervisor) fillFromFile(def *planner.Cell) error {
	path := s.specPath(def.File)
	for m := range def.Members() {
		if err := fillMember(s.cellArray(def, m), def, m, path); err != nil {
			return fmt.Errorf("reading %s: %w", def.File, reason(err))
		}
	}
	return nil
}

func fillMember(a shm.Array, def *planner.Cell, member int, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, fillPiece)
	header, err := npy.ReadHeader(r)
	if err != nil {
		return err
	}
	elements, err := header.Reader(r, def.Type.Layout())
	if err != nil {
		return err
	}
	skip := int64(0)
	switch {
	case slices.Equal(header.Shape, def.Shape):
	case def.Count > 0 && slices.Equal(header.Shape, append([]int{def.Count}, def.Shape...)):
		skip = int64(member) * a.Len()
	default:
		return fmt.Errorf("it has the shape %v, not %v", header.Shape, append([]int{}, def.Shape...))
	}
	if _, err := io.CopyN(io.Discard, elements, skip); err != nil {
		return errCutOff
	}
	buf := make([]byte, min(fillPiece, a.Len()))
	for off := int64(0); off < a.Len(); off += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), a.Len()-off)]
		if _, err := io.ReadFull(elements, buf); err != nil {
			return errCutOff
		}
		if err := a.Fill(buf, off); err != nil {
			return err
		}
	}
	return nil
}

var errCutOff = errors.New("it ends before its last element")

// saveCells writes the values and arrays that the spec has saved, if the run has succeeded.
func (s *supervisor) saveCells() {
	if s.status != StatusOK {
		return
	}
	for i := range s.plan.Cells {
		def := &s.plan.Cells[i]
		if def.Save == "" {
			continue
		}
		if err := s.arena.Faults(func() error { return s.saveCell(def, i) }); err != nil {
			s.fail(Failure{Pos: def.Pos, Text: fmt.Sprintf("%s %s: saving %s: %s", def.Kind, def.Name, def.Save, reason(err))})
		}
	}
}

func (s *supervisor) saveCell(def *planner.Cell, number int) (err error) {
	path := s.specPath(def.Save)
	if err := s.folders.make(filepath.Dir(path)); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%.100s.mprun-%s-cell%d", filepath.Base(path), s.id, number))
	s.guardian.file(temp)
	defer s.guardian.fileGone(temp)
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	if err := errors.Join(s.writeCell(file, def), file.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// writeCell writes all members of a cell, those of a family as one array with one more dimension.
func (s *supervisor) writeCell(file io.Writer, def *planner.Cell) error {
	w := bufio.NewWriterSize(file, fillPiece)
	shape := def.Shape
	if def.Count > 0 {
		shape = append([]int{def.Count}, shape...)
	}
	if err := npy.WriteHeader(w, def.Type.Layout(), shape); err != nil {
		return err
	}
	for m := range def.Members() {
		a := s.cellArray(def, m)
		buf := make([]byte, min(fillPiece, a.Len()))
		for off := int64(0); off < a.Len(); off += int64(len(buf)) {
			buf = buf[:min(int64(len(buf)), a.Len()-off)]
			if err := a.Read(buf, off); err != nil {
				return err
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// cellArray is a member of a cell in the arena.
func (s *supervisor) cellArray(def *planner.Cell, member int) shm.Array {
	entry := numberPrimitives(s.plan.Primitives, s.plan.Cells).entries[def.Name]
	return s.arena.Array(entry.number(member))
}

// specPath is a path of the spec, which counts from its folder.
func (s *supervisor) specPath(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.plan.Dir, path)
}
