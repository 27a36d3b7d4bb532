//go:build linux

package shm

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
)

// chain is a run of source, two mappers and a sink.
type chain struct {
	*crew
	finished [chainSlots]bool
}

const (
	chainSlots = 4 // source, two mappers, sink
	spareSlot  = 4 // of this process
)

func newChain(t testing.TB, path string, items int) *chain {
	arena := newArenaOf(t, Config{Slots: chainSlots + 1, Limits: 1, Queues: []QueueConfig{
		{Name: "in", Capacity: 4}, {Name: "bounded", Capacity: 2}, {Name: "unbounded"},
	}})
	c := &chain{crew: newCrew(t, path, items, arena, "source", "mapper", "mapper", "sink")}
	c.ended = c.closeQueues
	return c
}

// closeQueues closes what nobody writes any more.
func (c *chain) closeQueues(slot int) {
	c.finished[slot] = true
	if c.finished[0] {
		c.arena.Queue(0).CloseWriters()
	}
	if c.finished[1] && c.finished[2] {
		c.arena.Queue(1).CloseWriters()
		c.arena.Queue(2).CloseWriters()
	}
}

func (c *chain) run() {
	c.t.Helper()
	c.crew.run()
	c.compare()
}

// committed is the numbers in a slot's state.
func (c *chain) committed(slot int) []uint64 {
	s, err := c.arena.Attach(slot)
	if err != nil {
		c.t.Fatal(err)
	}
	ad, err := s.Adopt()
	if err != nil {
		c.t.Fatal(err)
	}
	p, err := io.ReadAll(ad.State)
	if err != nil || len(p)%8 != 0 || ad.Resume {
		c.t.Fatalf("slot %d: state of %d bytes, resume %v, %v", slot, len(p), ad.Resume, err)
	}
	var out []uint64
	for ; len(p) > 0; p = p[8:] {
		out = append(out, binary.LittleEndian.Uint64(p))
	}
	return out
}

// compare holds the committed states against what a run without deaths gives: each item once in a mapper, each output once in the sink.
func (c *chain) compare() {
	var wantItems, wantOutputs, items []uint64
	for i := range uint64(c.items) {
		wantItems = append(wantItems, i)
		wantOutputs = append(wantOutputs, i*10)
		if i%5 == 0 {
			wantOutputs = append(wantOutputs, i*10+1, i*10+2)
		}
	}
	for slot := 1; slot <= 2; slot++ {
		for _, n := range c.committed(slot) {
			if n>>63 == 0 {
				items = append(items, n)
			}
		}
	}
	outputs := c.committed(3)
	slices.Sort(items)
	slices.Sort(outputs)
	if !slices.Equal(items, wantItems) {
		c.t.Errorf("the mappers have done %v", items)
	}
	if !slices.Equal(outputs, wantOutputs) {
		c.t.Errorf("the sink has %v", outputs)
	}
}

var sweepLong = flag.Bool("sweep", false, "kill at every passage of every crash point up to the 12th, one worker at a time as well as all")

// Every crash point, at several passages: whoever comes there is killed, recovered with an interruption at each step, and replaced. The
// results are those of a run without deaths.
func TestCrashPoints(t *testing.T) {
	path := crashWorker(t)
	for p := pointNone + 1; p < firstPrimitivePoint; p++ {
		sweepPoint(t, p, chainSlots, func(t *testing.T, n, victim int) int { return sweep(t, path, p, n, victim) })
	}
}

// sweepPoint kills at several passages of a point: everybody, and with -sweep each worker alone.
func sweepPoint(t *testing.T, p point, workers int, sweep func(t *testing.T, n, victim int) int) {
	passages := []int{1, 4}
	if *sweepLong {
		passages = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	}
	t.Run(p.String(), func(t *testing.T) {
		for _, n := range passages {
			kills := sweep(t, n, -1)
			// Whether anybody has to wait is the scheduler's choice.
			for again := 0; n == 1 && kills == 0 && again < 10; again++ {
				kills = sweep(t, n, -1)
			}
			if n == 1 && kills == 0 {
				t.Errorf("nobody came to %v", p)
			}
			for slot := 0; *sweepLong && slot < workers; slot++ {
				sweep(t, n, slot)
			}
		}
	})
}

// sweep runs a chain in which the given worker, or each one for -1, is killed at the n-th passage of a point in each of its first two lives.
func sweep(t *testing.T, path string, p point, n, victim int) int {
	c := newChain(t, path, 17)
	c.slowly = true
	at := fmt.Sprintf("%v:%d", p, n)
	c.crashes = func(slot, life int) string {
		switch {
		case victim >= 0 && victim != slot || life > 1:
			return ""
		case p == pointAdoptLeased && life == 0:
			return pointCommitIdle.String() + ":1" // behind the first commit of item 0, which leaves it in flight
		}
		return at
	}
	// A dead one that never was makes every queue dirty, so that the first to come repairs it.
	touchAll(c.arena, spareSlot)
	if err := c.arena.Recover(spareSlot); err != nil {
		t.Fatal(err)
	}
	if p == pointLockArmed {
		defer c.holdLock()()
	}
	c.run()
	if p == pointAdoptLeased {
		return c.kills[1]
	}
	return c.kills[0] + c.kills[1]
}

// holdLock keeps the first queue locked until somebody has armed the lock to sleep for it. The result waits for that to end.
func (c *chain) holdLock() func() {
	lock := &c.arena.Queue(0).head.lock
	if !lock.tryLock(makeTag(spareSlot, 1)) {
		c.t.Fatal("the lock of a new queue is taken")
	}
	var over atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lock.word.Load()&lockWaiter == 0 && !over.Load() {
			pause(100)
		}
		lock.unlock()
	}()
	return func() {
		over.Store(true)
		<-done
	}
}
