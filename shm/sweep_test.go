//go:build linux

package shm

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// crashWorker builds the worker with its crash points compiled in.
func crashWorker(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crashworker")
	out, err := exec.Command("go", "build", "-tags", "crashpoints", "-o", path, "./internal/crashworker").CombinedOutput()
	if err != nil {
		t.Fatalf("build the crash worker: %v\n%s", err, out)
	}
	return path
}

// chain is a run of source, two mappers and a sink as processes of their own, with this process as their supervisor.
type chain struct {
	t        testing.TB
	arena    *Arena
	path     string
	items    int
	crashes  func(slot, life int) string // MPRUN_CRASH of a worker's n-th life, from 0
	events   chan death
	lives    [chainSlots]int
	running  map[int]*exec.Cmd
	kills    [2]int // in first lives, in later ones
	slowly   bool   // recover with an interruption at each step
	finished [chainSlots]bool
	tick     <-chan time.Time // torture at each of these
	torture  func()
}

type death struct {
	slot   int
	err    error
	stderr string
}

const (
	chainSlots = 4 // source, two mappers, sink
	spareSlot  = 4 // of this process
)

func roleOf(slot int) string { return [...]string{"source", "mapper", "mapper", "sink"}[slot] }

func newChain(t testing.TB, path string, items int) *chain {
	return &chain{
		t: t, path: path, items: items, events: make(chan death, chainSlots), running: make(map[int]*exec.Cmd),
		crashes: func(int, int) string { return "" },
		arena: newArena(t, chainSlots+1, QueueConfig{Name: "in", Capacity: 4},
			QueueConfig{Name: "bounded", Capacity: 2}, QueueConfig{Name: "unbounded"}),
	}
}

func (c *chain) start(slot int) {
	files := c.arena.Files()
	cmd := exec.Command(c.path, roleOf(slot), strconv.Itoa(slot), strconv.Itoa(c.items), strconv.Itoa(len(files)))
	cmd.ExtraFiles = files
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "MPRUN_CRASH="+c.crashes(slot, c.lives[slot]))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.lives[slot]++
	c.running[slot] = cmd
	go func() {
		err := cmd.Wait()
		c.events <- death{slot, err, stderr.String()}
	}()
}

// run goes on until every worker has ended well, and checks the arena and the results.
func (c *chain) run() {
	c.t.Helper()
	for slot := range chainSlots {
		c.start(slot)
	}
	deadline := time.After(30 * time.Second)
	for len(c.running) > 0 {
		select {
		case d := <-c.events:
			c.reap(d)
		case <-c.tick:
			c.torture()
		case <-deadline:
			c.hang()
		}
	}
	checkIdle(c.t, c.arena)
	c.compare()
}

// checkIdle checks an arena to which nobody is attached: as it is, and again with all hints rebuilt.
func checkIdle(t testing.TB, a *Arena) {
	t.Helper()
	for _, p := range a.Check() {
		t.Errorf("check: %v", p)
	}
	for i := range a.queues {
		a.queues[i].repair()
	}
	for _, p := range a.Check() {
		t.Errorf("check after the rebuild: %v", p)
	}
}

// hang ends a run that does not move.
func (c *chain) hang() {
	stats := fmt.Sprintf("%+v", c.arena.Stats())
	problems := c.arena.Check()
	for _, cmd := range c.running {
		_ = cmd.Process.Kill()
	}
	for range c.running {
		<-c.events
	}
	c.t.Fatalf("the run hangs: %s\n%v", stats, problems)
}

// reap recovers a dead worker, restarts it if it was killed, and closes what nobody writes any more.
func (c *chain) reap(d death) {
	delete(c.running, d.slot)
	if c.slowly {
		recoverWithInterruptions(c.t, c.arena, d.slot)
	} else if err := c.arena.Recover(d.slot); err != nil {
		c.t.Error(err)
	}
	if d.err == nil {
		c.finished[d.slot] = true
		if c.finished[0] {
			c.arena.Queue(0).CloseWriters()
		}
		if c.finished[1] && c.finished[2] {
			c.arena.Queue(1).CloseWriters()
			c.arena.Queue(2).CloseWriters()
		}
		return
	}
	if d.err.Error() != "signal: killed" {
		c.t.Errorf("%s in slot %d: %v: %s", roleOf(d.slot), d.slot, d.err, d.stderr)
		for _, cmd := range c.running {
			_ = cmd.Process.Kill()
		}
		return
	}
	c.kills[min(1, c.lives[d.slot]-1)]++
	if !c.t.Failed() {
		c.start(d.slot)
	}
}

// recoverWithInterruptions runs a recovery that is interrupted at its first step, then one that is interrupted at its second, and so on,
// until one runs to its end.
func recoverWithInterruptions(t testing.TB, a *Arena, slot int) {
	for k := 1; ; k++ {
		n, interrupted := 0, true
		func() {
			defer func() {
				if r := recover(); r != nil && r != errInterruption {
					panic(r)
				}
			}()
			if err := a.recoverSlot(slot, func(string) {
				if n++; n == k {
					panic(errInterruption)
				}
			}); err != nil {
				t.Error(err)
			}
			interrupted = false
		}()
		if !interrupted {
			return
		}
	}
}

var errInterruption = fmt.Errorf("recovery interrupted by the test")

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
	passages := []int{1, 4}
	if *sweepLong {
		passages = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	}
	for p := pointNone + 1; p < pointEnd; p++ {
		t.Run(p.String(), func(t *testing.T) {
			for _, n := range passages {
				kills := sweep(t, path, p, n, -1)
				// Whether anybody has to wait is the scheduler's choice.
				for again := 0; n == 1 && kills == 0 && again < 10; again++ {
					kills = sweep(t, path, p, n, -1)
				}
				if n == 1 && kills == 0 {
					t.Errorf("nobody came to %v", p)
				}
				for slot := 0; *sweepLong && slot < chainSlots; slot++ {
					sweep(t, path, p, n, slot)
				}
			}
		})
	}
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
