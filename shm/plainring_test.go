//go:build linux

package shm

import "sync/atomic"

// plainRing is the ring of a queue without what makes it safe: the same lock, wait words, spinning and order of steps, and blocks that are filled
// outside of the lock; but no owners, no states of blocks, no redo record, no numbers, no limits but the places of the ring. It is for one
// writer and one reader, and a death anywhere leaves it broken. What the queue costs beside it is what crash safety costs.
type plainRing struct {
	head  *plainHead
	bytes []byte
	block int
}

type plainHead struct {
	lock    lockWord
	_       [60]byte
	written atomic.Uint32 // blocks that were put
	read    atomic.Uint32 // blocks that were taken
	length  [plainPlaces]atomic.Uint32
	_       [24]byte
	readers waitWord
	_       [60]byte
	writers waitWord
	_       [60]byte
}

const (
	plainPlaces    = 8
	plainHeadBytes = 4 * 64
)

// newPlainRing is the ring in memory of plainBytes.
func newPlainRing(mem []byte, block int) *plainRing {
	return &plainRing{at[plainHead](mem, 0), mem[plainHeadBytes:], block}
}

func plainBytes(block int) int64 { return roundUp(plainHeadBytes+plainPlaces*int64(block), pageBytes) }

func (r *plainRing) take(me tag) {
	if !r.head.lock.tryLock(me) {
		r.head.lock.lockSlow(me, lockSpin)
	}
}

func (r *plainRing) place(i uint32) []byte {
	from := int(i%plainPlaces) * r.block
	return r.bytes[from : from+r.block : from+r.block]
}

// wait returns with the lock, once the condition holds.
func (r *plainRing) wait(me tag, w *waitWord, holds func() bool) {
	for {
		for i := 0; i < mostSpin && !holds(); i++ {
			pause(1)
		}
		r.take(me)
		if holds() {
			return
		}
		value := w.arm()
		r.head.lock.unlock()
		if !holds() {
			futexWait(&w.word, value, waitBound)
		}
	}
}

func (r *plainRing) done(w *waitWord) {
	bumped := w.bump()
	r.head.lock.unlock()
	if bumped {
		w.wake()
	}
}

// put waits for a place and fills it.
func (r *plainRing) put(me tag, p []byte) {
	h := r.head
	r.wait(me, &h.writers, func() bool { return h.written.Load()-h.read.Load() < plainPlaces })
	i := h.written.Load()
	h.lock.unlock()
	copy(r.place(i), p)
	r.take(me)
	h.length[i%plainPlaces].Store(uint32(len(p)))
	h.written.Store(i + 1)
	r.done(&h.readers)
}

// get waits for a block, shows it to use, and gives its place back.
func (r *plainRing) get(me tag, use func(p []byte)) {
	h := r.head
	r.wait(me, &h.readers, func() bool { return h.written.Load() != h.read.Load() })
	i := h.read.Load()
	n := min(h.length[i%plainPlaces].Load(), uint32(r.block))
	h.lock.unlock()
	use(r.place(i)[:n])
	r.take(me)
	h.read.Store(i + 1)
	r.done(&h.writers)
}
