//go:build linux

package shm

import "sync/atomic"

// An atomic store costs some 20 cycles, and takes the line away from whoever reads it, also where it stores what is there already. The words of a
// commit's record are mostly what they were one or two commits ago. What follows is for words that only the caller changes, or that are hints.

func store32(w *atomic.Uint32, v uint32) {
	if w.Load() != v {
		w.Store(v)
	}
}

func store64(w *atomic.Uint64, v uint64) {
	if w.Load() != v {
		w.Store(v)
	}
}

func storeInt64(w *atomic.Int64, v int64) {
	if w.Load() != v {
		w.Store(v)
	}
}
