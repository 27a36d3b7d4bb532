//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// Rewrite makes the bytes from up to, but without, to anew: rewrite is called with parts of them, whole elements in order if from is where one
// begins, reads what was there from old
// and writes all of what will be there to new. Nobody sees it before the slot's next commit, which must change nothing else; the locks of
// the stripes are held until then, so that the slot must not wait meanwhile, nor use other primitives. Before one commit arrays are rewritten in
// the order of their numbers and each from its beginning to its end, no stripe twice: ErrRewritten says that this is not so, for two slots
// could wait for each other. An error of rewrite is returned; then, and by DropRewritten, everything that was rewritten since the last commit
// stays as it was. A commit that fails keeps it.
func (a Array) Rewrite(s *Slot, from, to int64, rewrite func(new, old []byte, off int64) error) error {
	if err := a.inside(from, to-from); err != nil || from == to {
		return err
	}
	if n := len(s.rewritten); n > 0 && !s.rewritten[n-1].before(unit{a.primitive, a.stripe(from)}) {
		return fmt.Errorf("rewrite array %s from byte %d: %w", a.c.Name, from, ErrRewritten)
	}
	size := a.stripeSize
	for stripe := a.stripe(from); stripe <= a.stripe(to-1); stripe++ {
		u := unit{a.primitive, stripe}
		u.p.touch(s)
		if l := u.lock(); !l.tryLock(s.me) {
			l.lockSlow(s.me, s.spin(lockSpin))
		}
		crashpoint(pointEffectLocked)
		s.rewritten = append(s.rewritten, u)
		begin, end := int64(stripe)*size, min(int64(stripe+1)*size, a.c.Value)
		side := a.side(stripe).Load()
		if err := a.rewriteStripe(side, begin, end, max(begin, from), min(end, to), rewrite); err != nil {
			s.DropRewritten()
			return err
		}
	}
	crashpoint(pointRewritten)
	return nil
}

// rewritePart is how many bytes are made at a time: they stay in the cache for all that is done with them.
const rewritePart = int64(32 << 10)

func (a Array) rewriteStripe(side uint64, begin, end, from, to int64, rewrite func(new, old []byte, off int64) error) error {
	old, fresh := a.memory(side), a.memory(side+1)
	copy(fresh[begin:from], old[begin:from])
	copy(fresh[to:end], old[to:end])
	part := rewritePart
	if unit := a.c.Unit; unit > 1 {
		part = max(part/unit, 1) * unit
	}
	for at := from; at < to; at += part {
		n := min(at+part, to)
		if err := rewrite(fresh[at:n:n], old[at:n:n], at); err != nil {
			return err
		}
	}
	return nil
}

// Float64s is bytes that Rewrite gives of an array of float64 as these numbers, which share their memory. Bytes that do not lie as such
// numbers do are nil.
func Float64s(p []byte) []float64 {
	if len(p) == 0 || len(p)%8 != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(p)))%8 != 0 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(p))), len(p)/8)
}

// DropRewritten gives up what Array.Rewrite has made since the last commit: the arrays stay as they were.
func (s *Slot) DropRewritten() {
	for _, u := range s.rewritten {
		u.lock().unlock()
	}
	s.rewritten = s.rewritten[:0]
}

// imageRewritten writes down that the stripes are turned over. Their locks are freed with the commit.
func (s *Slot) imageRewritten() {
	for _, u := range s.rewritten {
		a := Array{u.p}
		next := a.side(u.stripe).Load() + 1
		if a.segment != nil {
			next = 0 // what counts is copied over, see storeEffect
		}
		binary.LittleEndian.PutUint64(s.entry(a.index, uint64(-1-int64(u.stripe)), 8), next)
	}
}
