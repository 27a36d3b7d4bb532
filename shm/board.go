//go:build linux

package shm

import "sync/atomic"

// A Board is words each of which one process writes and all may read: what the supervisor knows and workers want to look at without asking,
// and the other way round.
//
//	word 0 | word 1 | ... | word n-1        8 bytes each, zero at first
//
// What a word means is its writer's business. Each is loaded and stored at once, so that what belongs together stands in one word;
// words are not told apart in time. No death leaves a board in disorder: nobody but its writer stores, and recovery leaves it alone.
// Methods may be called concurrently. An index outside panics: it comes from the plan, never from shared memory.
//
// Who waits for a word to change (WaitForChange) looks again whenever any has: words change rarely.
type Board struct {
	words   []atomic.Uint64
	changed *waitWord
}

// Board is the arena's, of Config.Board words.
func (a *Arena) Board() Board {
	return Board{sliceAt[atomic.Uint64](a.mem, a.layout.board, int64(a.layout.config.Board)), &a.head.changed}
}

// Len is the number of words.
func (b Board) Len() int { return len(b.words) }

// Load is word i. It is atomic, since other processes store.
func (b Board) Load(i int) uint64 { return b.words[i].Load() }

// Note changes word i for whoever looks at it by himself: nobody is woken. It costs as much as any store.
func (b Board) Note(i int, v uint64) { b.words[i].Store(v) }

// Store changes word i, and wakes who waits for that. Only one process may store.
func (b Board) Store(i int, v uint64) {
	b.words[i].Store(v)
	if b.changed.bump() {
		b.changed.wake()
	}
}
