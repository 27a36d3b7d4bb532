//go:build linux

package shm

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// crashWorker is the worker with its crash points compiled in, built once; TestMain removes it.
func crashWorker(t testing.TB) string {
	t.Helper()
	path, err := builtWorker()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var builtWorker = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "crashworker-*")
	if err != nil {
		return "", err
	}
	builtWorkerDir = dir
	path := filepath.Join(dir, "crashworker")
	if out, err := exec.Command("go", "build", "-tags", "crashpoints", "-o", path, "./internal/crashworker").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the crash worker: %w\n%s", err, out)
	}
	return path, nil
})

var builtWorkerDir string // empty: there is none

// crew is workers as processes of their own, one for each of the first slots, with this process as their supervisor: whoever is killed is
// recovered and started again.
type crew struct {
	t       testing.TB
	arena   *Arena
	path    string
	roles   []string // of the slots
	items   int
	crashes func(slot, life int) string // MPRUN_CRASH of a worker's n-th life, from 0
	ended   func(slot int)              // a worker has ended well
	died    func(slot int)              // a worker was killed, and recovered; called before it is replaced or abandoned
	// abandons says that a worker who died in its n-th life, from 0, is not replaced: its slot is abandoned, and then gone is called.
	abandons func(slot, life int) bool
	gone     func(slot int)
	// recovered says when a slot was recovered; stdout, if not nil, is a file for each slot that its workers write to.
	recovered func(slot int, from, to time.Duration)
	stdout    []*os.File
	events    chan death
	lives     []int
	running   map[int]*exec.Cmd
	kills     [2]int           // in first lives, in later ones
	slowly    bool             // recover with an interruption at each step
	tick      <-chan time.Time // torture at each of these
	torture   func()
}

type death struct {
	slot   int
	err    error
	stderr string
}

func newCrew(t testing.TB, path string, items int, arena *Arena, roles ...string) *crew {
	return &crew{
		t: t, path: path, items: items, arena: arena, roles: roles, events: make(chan death, len(roles)),
		lives: make([]int, len(roles)), running: make(map[int]*exec.Cmd),
		crashes: func(int, int) string { return "" }, ended: func(int) {}, died: func(int) {},
		abandons: func(int, int) bool { return false }, gone: func(int) {},
		recovered: func(int, time.Duration, time.Duration) {},
	}
}

func (c *crew) start(slot int) {
	files := c.arena.Files()
	cmd := exec.Command(c.path, c.roles[slot], strconv.Itoa(slot), strconv.Itoa(c.items), strconv.Itoa(len(files)))
	cmd.ExtraFiles = files
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "MPRUN_CRASH="+c.crashes(slot, c.lives[slot]))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if c.stdout != nil {
		cmd.Stdout = c.stdout[slot]
	}
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

// run goes on until every worker has ended well, and checks the arena.
func (c *crew) run() {
	c.t.Helper()
	for slot := range c.roles {
		c.start(slot)
	}
	deadline := time.After(10 * time.Second)
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
func (c *crew) hang() {
	stats := fmt.Sprintf("%+v", c.arena.Stats())
	for i := range c.arena.Slots() {
		if w, ok := c.arena.readWait(i); ok {
			stats += fmt.Sprintf("\nslot %d waits: %v", i, w)
		}
	}
	problems := c.arena.Check()
	for _, cmd := range c.running {
		_ = cmd.Process.Kill()
	}
	for range c.running {
		<-c.events
	}
	c.t.Fatalf("the run hangs: %s\n%v", stats, problems)
}

// reap recovers a dead worker, and restarts it if it was killed.
func (c *crew) reap(d death) {
	delete(c.running, d.slot)
	from := Now()
	if c.slowly {
		recoverWithInterruptions(c.t, c.arena, d.slot)
	} else if err := c.arena.Recover(d.slot); err != nil {
		c.t.Error(err)
	}
	c.recovered(d.slot, from, Now())
	if d.err == nil {
		c.ended(d.slot)
		return
	}
	if d.err.Error() != "signal: killed" {
		c.t.Errorf("%s in slot %d: %v: %s", c.roles[d.slot], d.slot, d.err, d.stderr)
		for _, cmd := range c.running {
			_ = cmd.Process.Kill()
		}
		return
	}
	life := c.lives[d.slot] - 1
	c.kills[min(1, life)]++
	c.died(d.slot)
	switch {
	case c.t.Failed():
	case c.abandons(d.slot, life):
		c.abandon(d.slot)
		c.gone(d.slot)
	default:
		c.start(d.slot)
	}
}

func (c *crew) abandon(slot int) {
	if c.slowly {
		withInterruptions(c.t, func(step func(string)) error { return c.arena.abandonSlot(slot, step) })
	} else if err := c.arena.Abandon(slot); err != nil {
		c.t.Error(err)
	}
}

func (c *crew) signal(slot int, sig syscall.Signal) {
	if cmd := c.running[slot]; cmd != nil {
		_ = cmd.Process.Signal(sig) // it may have ended just now
	}
}

// recoverWithInterruptions runs a recovery with interruptions.
func recoverWithInterruptions(t testing.TB, a *Arena, slot int) {
	t.Helper()
	withInterruptions(t, func(step func(string)) error { return a.recoverSlot(slot, step) })
}

// withInterruptions does something that is interrupted at its first step, then at its second, and so on, until it comes to its end.
func withInterruptions(t testing.TB, do func(step func(string)) error) {
	t.Helper()
	for k := 1; ; k++ {
		n, interrupted := 0, true
		func() {
			defer func() {
				if r := recover(); r != nil && r != errInterruption {
					panic(r)
				}
			}()
			if err := do(func(string) {
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
