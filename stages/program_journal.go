package stages

import "slices"

// journalPiece is how many bytes a piece of a journal has, but where a single record has more.
const journalPiece = 64 << 10

// journal is bytes that were written to a program, written down as they come: a Save writes what has come since the last. They are kept as
// the program has read them, which takes less memory than the items, and in pieces, so that no growth copies them all.
type journal struct {
	pieces [][]byte
	size   int
	saved  int  // how many bytes of it are written down
	fresh  bool // what is written down is no longer true
}

func (j *journal) add(record []byte) {
	last := len(j.pieces) - 1
	if last < 0 || len(j.pieces[last])+len(record) > cap(j.pieces[last]) {
		j.pieces = append(j.pieces, make([]byte, 0, max(len(record), j.room())))
		last++
	}
	j.pieces[last] = append(j.pieces[last], record...)
	j.size += len(record)
}

// room is for how many bytes the next piece has room: twice as many as there are, so that short streams take little.
func (j *journal) room() int { return min(journalPiece, max(256, 2*j.size)) }

func (j *journal) clear() { *j = journal{fresh: true} }

func (j *journal) save(w *StateWriter, full bool) {
	if from := w.held(j.saved, j.size, full || j.fresh); from <= j.size {
		w.Uint(uint64(j.size - from))
		w.buf = slices.Grow(w.buf, j.size-from)
		for _, piece := range j.pieces {
			skip := min(from, len(piece))
			w.buf = append(w.buf, piece[skip:]...)
			from -= skip
		}
	}
	j.saved, j.fresh = j.size, false
}

func (j *journal) load(r *StateReader) {
	switch r.Uint() {
	case heldSame:
		return
	case heldFresh:
		*j = journal{}
	}
	for more := r.next(int(min(r.Uint(), uint64(len(r.buf))))); len(more) > 0; {
		n := min(len(more), journalPiece)
		j.add(more[:n])
		more = more[n:]
	}
	j.saved, j.fresh = j.size, false
}
