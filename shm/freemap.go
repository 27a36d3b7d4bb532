//go:build linux

package shm

import (
	"math/bits"
	"sync/atomic"
)

// A freeMap finds the free block with the lowest number: one bit a block, and above it levels in which a bit says that the word below has
// one set. It is a hint: a bit may be set for a block that is not free (the taker finds out by its compare-and-swap), a bit of an upper
// level may be set over an empty word (the next search clears it), and bits that a dying or stopped process has not set come back with the
// next rebuild. Bits are set by anybody, and cleared by the holder of the queue's lock.
type freeMap struct {
	levels [][]atomic.Uint64
	blocks int64
}

func newFreeMap(mem []byte, l *queueLayout) freeMap {
	f := freeMap{blocks: l.entries}
	words := roundUp(l.entries, 64) / 64
	for _, off := range l.free {
		f.levels = append(f.levels, sliceAt[atomic.Uint64](mem, off, words))
		words = roundUp(words, 64) / 64
	}
	return f
}

// set marks a block free. A word that was not empty has been announced above by whoever filled it.
func (f freeMap) set(index uint32) {
	for _, level := range f.levels {
		if level[index/64].Or(1<<(index%64)) != 0 {
			return
		}
		index /= 64
	}
}

// restore marks a block free on every level, also where set would rely on somebody who may have died.
func (f freeMap) restore(index uint32) {
	for _, level := range f.levels {
		level[index/64].Or(1 << (index % 64))
		index /= 64
	}
}

// clear unmarks a block, on the lowest level only.
func (f freeMap) clear(index uint32) { f.levels[0][index/64].And(^(uint64(1) << (index % 64))) }

// marked says whether the block's own bit is set.
func (f freeMap) marked(index uint32) bool { return f.levels[0][index/64].Load()&(1<<(index%64)) != 0 }

// lowest is the marked block with the lowest number, false if none is.
func (f freeMap) lowest() (uint32, bool) {
	top := len(f.levels) - 1
search:
	for {
		var i uint32
		for n := top; n >= 0; n-- {
			w := f.levels[n][i].Load()
			if w == 0 && n == top {
				return 0, false
			}
			if w == 0 {
				f.withdraw(n, i)
				continue search
			}
			i = i*64 + uint32(bits.TrailingZeros64(w))
			// A bit behind the last word or block can only be corruption; nothing is free there.
			if n > 0 && int(i) >= len(f.levels[n-1]) || int64(i) >= f.blocks {
				return 0, false
			}
		}
		return i, true
	}
}

// withdraw clears the bit over the empty word i of level n, and looks again: a block that was marked in between found the bit still there.
func (f freeMap) withdraw(n int, i uint32) {
	f.levels[n+1][i/64].And(^(uint64(1) << (i % 64)))
	if f.levels[n][i].Load() == 0 {
		return
	}
	for _, level := range f.levels[n+1:] {
		level[i/64].Or(1 << (i % 64))
		i /= 64
	}
}
