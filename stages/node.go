package stages

import "errors"

// Node is a stage as it runs in one worker. It is a state machine: all that it knows between two calls stands in its input, its
// output and its own fields, so that the chain can be committed in the middle and go on in another process.
//
// A Node is used by one goroutine.
type Node interface {
	// Step takes at least one row from the front of in, or adds at least one row to out; at most r.Limit rows, about, at a time, and of
	// large results, which it has made itself, no more than come to stepBytes.
	// An operator that makes many results of a row emits some and drops the row with the last of them.
	//
	// An error says that the first row of in failed, and that this call has taken and emitted nothing: a Step that comes to a row
	// which fails ends before it, so that what came before is worked off first; the next Step gives the error.
	// EndOfStream says that the stage wants nothing more; what this call emitted is passed on. Before Step calls r.Wait or r.Commit, in, out and the node's fields must say exactly where it stands.
	Step(r *Run, in, out *Batch) error
}

// Flusher is a Node with results at the end of its stream.
type Flusher interface {
	// Flush emits up to about r.Limit rows and reports whether these were the last. It is called after the last row.
	Flush(r *Run, out *Batch) (done bool, err error)
}

// Stateful is a Node with state that a replacement of its worker must know.
type Stateful interface {
	// Save appends what has changed since the last Save; everything if full. It says itself how far what it appends reaches: where
	// nothing changed, that is at least a byte which says so.
	Save(w *StateWriter, full bool)
	// Load applies what one Save appended, in the same order; full says that it was everything.
	Load(r *StateReader, full bool) error
	// Reset forgets everything: another stream begins.
	Reset()
}

// Closer is a Node that holds something open, which it lets go of when the stream has been ended behind it.
type Closer interface {
	Close()
}

// EndOfStream is returned by Step when the stage ends the stream: what it emitted is passed on, its input is dropped.
//
//lint:ignore ST1012 a signal like io.EOF
var EndOfStream = errors.New("end of stream")
