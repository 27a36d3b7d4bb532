//go:build linux

package shm

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// An effect is a change of a primitive that is part of a commit. Before the store that decides, the primitive's inner lock (of an array,
// those of the stripes) is taken, in the order of the primitives' numbers, and what will be there afterwards is written to the slot's log of
// effects, in absolute numbers; after it, that is stored and the locks are freed. Recovery stores what belongs to a lock that still names the
// dead, and then frees it (models/commit.pml, IMAGE variants).
//
//	entry: primitive (4 bytes) | bytes behind (4) | argument (8) | image, padded to 8
//	array:     offset        | bytes          semaphore: acquired | released
//	           -1 - stripe   | its side       condition: slot     | the word of its wait
//	                                                     -1       | how the slot's own wait stands
//	                                          event, barrier: 0   | state
type effect struct {
	index  int // of the primitive
	stripe int // of an array
	order  int // as they were called for
	change Change
	event  bool
	n      int64 // semaphore, condition
	op     effectOp

	least, most int64 // of several adds in one: the sums on the way, of which each must fit
}

type effectOp uint8

const (
	effectChange effectOp = iota
	effectEvent
	effectRelease
	effectNotify
	effectAbort
	effectReset
	effectTrip
)

// effectHead is the bytes before an image.
const effectHead = 16

// Change changes an array. Changes of the same number are made in the order of the calls; others of one commit must not overlap. A number
// that does not fit is the error of Commit, ErrRange, which then does nothing.
func (t *Tx) Change(a Array, c Change) {
	if c.Add && t.join(a.index, &c) {
		return
	}
	if err := a.inside(c.Off, c.size()); err != nil {
		t.fail(err)
		return
	}
	if c.Kind == numberInvalid { // one entry for each stripe
		for len(c.Bytes) > 0 {
			stripe := a.stripe(c.Off)
			n := min(int64(len(c.Bytes)), int64(stripe+1)*a.stripeSize-c.Off)
			t.effect(effect{index: a.index, stripe: stripe, change: Change{Off: c.Off, Bytes: c.Bytes[:n]}})
			c.Off, c.Bytes = c.Off+n, c.Bytes[n:]
		}
		return
	}
	if c.Off&int64(c.Kind.Size()-1) != 0 {
		t.fail(fmt.Errorf("change array %s at %d: %w", a.c.Name, c.Off, ErrRange))
		return
	}
	t.effect(effect{index: a.index, stripe: a.stripe(c.Off), change: c, least: c.Number.Int(), most: c.Number.Int()})
	*t.latest(a.index, c.Off) = int32(len(t.effects))
}

// join makes an add to an integer part of the adds before it, where nothing else was done to the number since, and says whether it has: a block of
// items that counts on a few numbers is a few effects. Floats stay apart, since the order in which they are added shows.
func (t *Tx) join(index int, c *Change) bool {
	place := *t.latest(index, c.Off)
	if place == 0 {
		return false
	}
	e := &t.effects[place-1]
	before, n := e.change.Number.Int(), c.Number.Int()
	sum := before + n
	overflows := (sum > before) != (n > 0) && n != 0
	if e.index != index || e.change.Off != c.Off || e.change.Kind != c.Kind || !e.change.Add || c.Kind.IsFloat() || overflows {
		return false
	}
	e.change.Number, e.least, e.most = IntNumber(sum), min(e.least, sum), max(e.most, sum)
	return true
}

// latest is the place where the last effect on a number is remembered, from 1, until another number needs the place.
func (t *Tx) latest(index int, off int64) *int32 {
	return &t.numbers[(uint64(off)/8^uint64(off)^uint64(index)*7)%uint64(len(t.numbers))]
}

// SetEvent sets or clears an event.
func (t *Tx) SetEvent(e Event, on bool) { t.effect(effect{index: e.index, op: effectEvent, event: on}) }

// ReleaseSemaphore gives n back. ErrReleasedTooOften is the error of Commit.
func (t *Tx) ReleaseSemaphore(m Semaphore, n int64) {
	t.effect(effect{index: m.index, op: effectRelease, n: n})
}

// Notify makes the n that have waited longest go on, all with n < 0. ErrNotOwner says that the slot does not hold the condition's lock.
func (t *Tx) Notify(c Condition, n int64) {
	if t.slot.holds(c.Lock()) < 0 {
		t.fail(fmt.Errorf("notify condition %s: %w", c.c.Name, ErrNotOwner))
		return
	}
	t.effect(effect{index: c.index, op: effectNotify, n: n})
}

// AbortBarrier breaks a barrier until it is reset, ResetBarrier makes it whole; who waits gets ErrBroken either way.
func (t *Tx) AbortBarrier(b Barrier) { t.effect(effect{index: b.index, op: effectAbort}) }

// ResetBarrier is described at AbortBarrier.
func (t *Tx) ResetBarrier(b Barrier) { t.effect(effect{index: b.index, op: effectReset}) }

// TripBarrier opens a barrier for the ticket of who leads it, with everything else of the commit: its action has been run. It does nothing if
// the barrier has come to the ticket already, opened or broken.
func (t *Tx) TripBarrier(b Barrier, ticket uint32) {
	t.effect(effect{index: b.index, op: effectTrip, n: int64(ticket)})
}

// Unlock releases a lock once everything else of the commit has been done. Of a lock that was taken more than once it takes one off.
// ErrReleasedTooOften and ErrNotOwner are as of Lock.Release.
func (t *Tx) Unlock(l Lock) {
	if l.Holds(t.slot) <= t.unlocked(l) {
		t.fail(l.notHeld())
		return
	}
	t.unlocks = append(t.unlocks, l)
}

// unlocked is how often the transaction releases the lock.
func (t *Tx) unlocked(l Lock) int {
	n := 0
	for _, other := range t.unlocks {
		if other == l {
			n++
		}
	}
	return n
}

// releasesOf is how many of a semaphore the transaction gives back.
func (t *Tx) releasesOf(index int) int64 {
	n := int64(0)
	for i := range t.effects {
		if e := &t.effects[i]; e.op == effectRelease && e.index == index {
			n += e.n
		}
	}
	return n
}

func (t *Tx) effect(e effect) {
	e.order = len(t.effects)
	t.effects = append(t.effects, e)
}

// unit is what one inner lock guards: a primitive, or a stripe of an array.
type unit struct {
	p      *primitive
	stripe int
}

// before says whether the unit's lock is taken before another's.
func (u unit) before(v unit) bool {
	return u.p.index < v.p.index || u.p.index == v.p.index && u.stripe < v.stripe
}

func (u unit) lock() *lockWord {
	if u.p.c.Kind == KindArray {
		return Array{u.p}.stripeLock(u.stripe)
	}
	return &u.p.head.lock
}

// stage takes the locks of everything that the transaction changes and writes down what will be there. With an error it has freed them; those
// of rewritten stripes stay.
func (s *Slot) stage(t *Tx) error {
	s.images = s.images[:0]
	if len(t.effects) == 0 && len(s.semaphores) == 0 && len(s.entered) == 0 && len(s.rewritten) == 0 {
		return nil
	}
	if len(t.effects) > 0 && len(s.rewritten) > 0 { // whose locks could stand before those that are held
		return fmt.Errorf("change something in the commit of a rewritten array: %w", ErrTooMany)
	}
	slices.SortFunc(t.effects, func(a, b effect) int {
		switch {
		case a.index != b.index:
			return a.index - b.index
		case a.stripe != b.stripe:
			return a.stripe - b.stripe
		case a.change.Off != b.change.Off:
			return cmp.Compare(a.change.Off, b.change.Off)
		}
		return a.order - b.order
	})
	s.units = s.units[:0]
	for i := 0; i < len(t.effects); {
		n := t.alike(i)
		u := unit{&s.arena.primitives[t.effects[i].index], t.effects[i].stripe}
		if k := len(s.units); k == 0 || s.units[k-1] != u {
			s.lockUnit(u)
		}
		if err := s.image(u, t.effects[i:i+n]); err != nil {
			s.unlockUnits()
			return err
		}
		i += n
	}
	s.imageRewritten()
	s.imageAcquired()
	s.imageEntered()
	crashpoint(pointEffectsStaged)
	if err := s.writeImages(); err != nil {
		s.unlockUnits()
		return err
	}
	s.units = append(s.units, s.rewritten...)
	return nil
}

// lockUnit takes a unit's lock.
func (s *Slot) lockUnit(u unit) {
	if l := u.lock(); !l.tryLock(s.me) {
		l.lockSlow(s.me, s.spin(lockSpin))
	}
	crashpoint(pointEffectLocked)
	s.units = append(s.units, u)
}

func (s *Slot) unlockUnits() {
	for _, u := range s.units {
		u.lock().unlock()
		crashpoint(pointEffectUnlocked)
	}
	s.units = s.units[:0]
}

// entry appends an entry of n bytes of image and gives the image to fill.
func (s *Slot) entry(index int, arg uint64, n int) []byte {
	at := len(s.images)
	padded := int(roundUp(int64(n), 8))
	s.images = slices.Grow(s.images, effectHead+padded)[:at+effectHead+padded]
	head := s.images[at:]
	binary.LittleEndian.PutUint32(head, uint32(index))
	binary.LittleEndian.PutUint32(head[4:], uint32(n))
	binary.LittleEndian.PutUint64(head[8:], arg)
	return head[effectHead : effectHead+n]
}

func (s *Slot) word(index int, arg, word uint64) {
	binary.LittleEndian.PutUint64(s.entry(index, arg, 8), word)
}

// alike is how many effects from i on change the same number, or count on the same primitive.
func (t *Tx) alike(i int) int {
	first, n := &t.effects[i], 1
	if first.op == effectChange && first.change.Kind == numberInvalid {
		return 1
	}
	for i+n < len(t.effects) {
		next := &t.effects[i+n]
		if next.index != first.index || next.op != first.op || next.change.Off != first.change.Off || next.change.Kind != first.change.Kind {
			break
		}
		n++
	}
	return n
}

// count is the sum of what effects count; less than 0 for all.
func count(alike []effect) int64 {
	n := int64(0)
	for i := range alike {
		if alike[i].n < 0 {
			return -1
		}
		n += alike[i].n
	}
	return n
}

// image writes down effects that are alike.
func (s *Slot) image(u unit, alike []effect) error {
	switch e := &alike[len(alike)-1]; e.op {
	case effectChange:
		if e.change.Kind != numberInvalid {
			return s.imageNumber(Array{u.p}, alike)
		}
		copy(s.entry(e.index, uint64(e.change.Off), len(e.change.Bytes)), e.change.Bytes)
	case effectEvent:
		var v uint64
		if e.event {
			v = 1
		}
		s.word(e.index, 0, v)
	case effectRelease:
		m := Semaphore{u.p}
		m.repair()
		n := count(alike)
		if err := m.checkBound(n); err != nil {
			return err
		}
		row := m.rowOf(s.index)
		s.word(e.index, row.a.Load(), row.b.Load()+uint64(n))
	case effectNotify:
		s.imageNotify(Condition{u.p}, count(alike))
	case effectAbort:
		s.word(e.index, 0, uint64(Barrier{u.p}.aborted()))
	case effectReset:
		b := Barrier{u.p}
		b.repair()
		s.word(e.index, 0, uint64(b.cleared()))
	case effectTrip:
		b := Barrier{u.p}
		b.repair()
		s.word(e.index, 0, uint64(b.tripped(uint32(e.n))))
	}
	return nil
}

// imageNumber writes down what a number will be.
func (s *Slot) imageNumber(a Array, changes []effect) error {
	first := &changes[0].change
	n := a.Load(first.Off, first.Kind)
	for i := range changes {
		var err error
		if n, err = changes[i].result(n); err != nil {
			return fmt.Errorf("array %s at byte %d: %w", a.c.Name, first.Off, err)
		}
	}
	var bits [8]byte
	binary.LittleEndian.PutUint64(bits[:], first.Kind.encode(n))
	copy(s.entry(a.index, uint64(first.Off), first.Kind.Size()), bits[:])
	return nil
}

// result is what a change of a number makes of it.
func (e *effect) result(n Number) (Number, error) {
	c := &e.change
	switch {
	case !c.Add && c.Kind == Float32: // as it is stored, whatever is added to it in the same commit
		return FloatNumber(float64(float32(c.Number.Float()))), nil
	case !c.Add:
		return c.Number, c.Kind.check(c.Number)
	case len(c.Floats) > 0:
		for _, f := range c.Floats {
			n, _ = c.Kind.plus(n, FloatNumber(f)) // floats fit
		}
		return n, nil
	case c.Kind.IsFloat():
		return c.Kind.plus(n, c.Number)
	}
	for _, sum := range [...]int64{e.least, e.most} {
		if _, err := c.Kind.plus(n, IntNumber(sum)); err != nil {
			return 0, err
		}
	}
	return c.Kind.plus(n, c.Number)
}

// imageNotify chooses who goes on.
func (s *Slot) imageNotify(c Condition, n int64) {
	waiters := slices.DeleteFunc(c.waiters(), func(w conditionWaiter) bool { return w.slot == s.index }) // which begins to wait afterwards
	if n >= 0 && n < int64(len(waiters)) {
		waiters = waiters[:n]
	}
	for _, w := range waiters {
		s.word(c.index, uint64(w.slot), w.word)
	}
}

// imageAcquired writes down what the slot has acquired since its last commit, where nothing is released.
func (s *Slot) imageAcquired() {
	for _, i := range s.semaphores {
		p := &s.arena.primitives[i]
		if slices.Contains(s.units, unit{p: p}) {
			continue // what is released says it, too
		}
		row := p.rowOf(s.index)
		s.word(i, row.a.Load(), row.b.Load())
	}
}

// imageEntered writes down how the waits for conditions stand that the slot has begun or ended.
func (s *Slot) imageEntered() {
	for _, i := range s.entered {
		s.word(i, conditionEntered, s.arena.Condition(i).standing(s.index))
	}
}

// conditionEntered is the argument of an entry that says how the slot's own wait stands.
const conditionEntered = 1<<64 - 1

// writeImages puts the log of effects where recovery finds it. The record is idle: nobody reads it yet.
func (s *Slot) writeImages() error {
	if len(s.images) == 0 {
		return nil
	}
	if int64(len(s.images)) > stateLogBytes {
		return fmt.Errorf("write %d bytes of effects: %w", len(s.images), ErrTooLarge)
	}
	if len(s.images) <= len(s.effectMap) {
		copy(s.effectMap, s.images)
	} else if _, err := s.arena.files[1].WriteAt(s.images, stateOffset(s.index, effectLog)); err != nil {
		return fmt.Errorf("write the effects of slot %d: %w", s.index, err)
	}
	crashpoint(pointEffectsLogged)
	return nil
}

// carryOut does what the log of effects says, frees the locks and wakes who waits.
func (s *Slot) carryOut() error {
	if len(s.images) == 0 && len(s.units) == 0 { // a notification that nobody waited for has a lock and no image
		return nil
	}
	err := s.arena.eachEffect(s.images, func(p *primitive, arg uint64, image []byte) {
		s.arena.storeEffect(s.index, p, arg, image)
		crashpoint(pointEffectStored)
	})
	if err != nil {
		return err
	}
	units := len(s.units)
	s.unlockUnits()
	for _, u := range s.units[:units] {
		if u.p.c.Kind != KindArray {
			u.p.wake()
		}
	}
	s.semaphores, s.entered, s.rewritten = s.semaphores[:0], s.entered[:0], s.rewritten[:0]
	return nil
}

// eachEffect goes through a log of effects, which comes from shared memory and is checked.
func (a *Arena) eachEffect(log []byte, do func(p *primitive, arg uint64, image []byte)) error {
	for len(log) > 0 {
		if len(log) < effectHead {
			return corrupt("a log of effects ends in an entry")
		}
		index, n, arg := binary.LittleEndian.Uint32(log), binary.LittleEndian.Uint32(log[4:]), binary.LittleEndian.Uint64(log[8:])
		padded := roundUp(int64(n), 8)
		if int64(index) >= int64(len(a.primitives)) || padded > int64(len(log)-effectHead) {
			return corrupt("an effect of %d bytes on primitive %d", n, index)
		}
		p := &a.primitives[index]
		if err := p.checkEffect(arg, int64(n)); err != nil {
			return err
		}
		do(p, arg, log[effectHead:effectHead+int64(n)])
		log = log[effectHead+padded:]
	}
	return nil
}

// checkEffect judges an entry's words.
func (p *primitive) checkEffect(arg uint64, n int64) error {
	ok := n == 8
	switch p.c.Kind {
	case KindArray:
		if stripe := -1 - int64(arg); stripe >= 0 {
			ok = ok && stripe < p.c.stripes()
		} else {
			ok = Array{p}.inside(int64(arg), n) == nil
		}
	case KindCondition:
		ok = ok && (arg < uint64(p.arena.Slots()) || arg == conditionEntered)
	case KindLock:
		ok = false
	}
	if !ok {
		return corrupt("an effect of %d bytes at %d on %v %s", n, arg, p.c.Kind, p.c.Name)
	}
	return nil
}

// storeEffect does one effect of a slot. It may be done again as long as the lock of its unit is the slot's.
func (a *Arena) storeEffect(slot int, p *primitive, arg uint64, image []byte) {
	if a := (Array{p}); p.c.Kind == KindArray {
		if stripe := -1 - int64(arg); stripe >= 0 {
			a.side(int(stripe)).Store(binary.LittleEndian.Uint64(image))
		} else {
			a.storeImage(int64(arg), image)
		}
		return
	}
	word := binary.LittleEndian.Uint64(image)
	switch p.c.Kind {
	case KindSemaphore:
		row := p.rowOf(slot)
		before := row.b.Load()
		row.c.Store(arg)
		row.b.Store(word)
		crashpoint(pointSemaphoreCounted)
		p.head.hint.Add(int64(word - before))
	case KindEvent:
		p.head.state.Store(word)
	case KindBarrier:
		p.head.state.Store(word)
		p.head.dirty.Store(1)
	case KindCondition:
		if arg == conditionEntered {
			p.rowOf(slot).c.Store(word)
			return
		}
		Condition{p}.notify(int(arg), word)
	}
}

// redoEffects carries out a dead slot's committed effects whose locks still name it. The locks are freed by sweepPrimitives.
func (a *Arena) redoEffects(slot int, length uint64, step func(string)) error {
	if length == 0 {
		return nil
	}
	if length > stateLogBytes {
		return corrupt("the record has %d bytes of effects", length)
	}
	log := make([]byte, length)
	if _, err := a.files[1].ReadAt(log, stateOffset(slot, effectLog)); err != nil {
		return fmt.Errorf("read the effects of slot %d: %w", slot, err)
	}
	return a.eachEffect(log, func(p *primitive, arg uint64, image []byte) {
		u := unit{p: p}
		if p.c.Kind == KindArray {
			if u.stripe = int(-1 - int64(arg)); u.stripe < 0 {
				u.stripe = Array{p}.stripe(int64(arg))
			}
		}
		// What a slot has acquired, and for what it waits, stands in its own row, without a lock.
		own := p.c.Kind == KindSemaphore || p.c.Kind == KindCondition && arg == conditionEntered
		if own || u.lock().owner().slot() == slot {
			a.storeEffect(slot, p, arg, image)
			step("redone effect")
		}
	})
}
