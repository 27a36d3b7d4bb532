//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A subject is what a history is of.
type subject struct {
	role   string // of the crash worker
	config Config
	model  func(permits int64) porcupine.Model
	points []point
	drain  func(h *history) // what this process does at the end
}

const historyPermits = 2

var subjects = []subject{
	{
		"lock",
		Config{Primitives: []PrimitiveConfig{{Kind: KindLock, Name: "l"}}},
		func(int64) porcupine.Model { return sequential(lockState{}, stepLock) },
		[]point{
			pointLockTaken, pointLockArmed, pointLockReleased, pointWaitSlept, pointCommitLogged, pointCommitHeader, pointCommitCommitted,
			pointCommitIdle, pointCommitTrimmed, pointAdoptLocked,
		},
		func(h *history) {
			h.here("try", 0, func(s *Slot) int64 {
				ok, err := h.arena.Lock(0).TryAcquire(s)
				if err != nil {
					h.t.Error(err)
				}
				return yes(ok)
			})
		},
	},
	{
		"semaphore",
		Config{Primitives: []PrimitiveConfig{{Kind: KindSemaphore, Name: "m", Value: historyPermits, Owned: true}}},
		func(permits int64) porcupine.Model {
			return sequential(semaphoreState{free: permits}, stepSemaphore)
		},
		[]point{
			pointPrimitiveLocked, pointSemaphoreCounted, pointRepairClean, pointLockReleased, pointEffectLocked, pointEffectsStaged,
			pointEffectsLogged, pointCommitHeader, pointCommitCommitted, pointEffectStored, pointEffectUnlocked, pointCommitIdle,
		},
		func(h *history) {
			for range historyPermits + 1 {
				h.here("try", 0, func(s *Slot) int64 { return yes(h.arena.Semaphore(0).TryAcquire(s)) })
			}
		},
	},
	{
		"queue",
		Config{Queues: []QueueConfig{{Name: "q", Capacity: 4}}},
		func(int64) porcupine.Model { return sequential("", stepQueue) },
		[]point{
			pointLocked, pointRepairBuilt, pointReserveFilling, pointReserveCounted, pointLeaseLeased, pointLeasePopped, pointLeaseUnlocked,
			pointCommitEntries, pointCommitCommitted, pointPublishSequence, pointPublishReady, pointPublishPushed, pointPublishUnlocked,
			pointCommitPublished, pointReleaseFree, pointReleaseWoken, pointCommitInput, pointCommitIdle,
		},
		func(h *history) {
			q := h.arena.Queue(0)
			for more := true; more; {
				var b *Block
				h.here("lease", 0, func(s *Slot) int64 {
					var status LeaseStatus
					var err error
					if b, status, err = q.Lease(s); err != nil || status != Leased {
						more = false
						return -1
					}
					p, err := b.Payload()
					if err != nil || len(p) != 8 {
						h.t.Fatalf("a block of %d bytes, %v", len(p), err)
					}
					return int64(binary.LittleEndian.Uint64(p))
				})
				if more {
					h.here("finish", 0, func(s *Slot) int64 {
						tx := s.Begin()
						tx.Release(b)
						commit(h.t, s, tx)
						return 0
					})
				}
			}
		},
	},
}

// history is a run of three workers and what they have written down.
type history struct {
	*crew
	own        *Slot // of this process
	operations []porcupine.Operation
}

const (
	historyWorkers    = 3
	historyOperations = 60 // of one life
)

// runHistory runs the workers, who are killed at the point twice each, at random passages.
func runHistory(t *testing.T, path string, s subject, p point, random *rand.Rand) *history {
	t.Helper()
	config := s.config
	config.Slots = historyClients
	a := newArenaOf(t, config)
	h := &history{crew: newCrew(t, path, historyOperations, a, s.role, s.role, s.role), own: attach(t, a, historyWorkers)}
	h.crashes = func(_, life int) string {
		switch {
		case life > 1:
			return ""
		case p == pointAdoptLocked && life == 0:
			return fmt.Sprintf("%v:%d", pointCommitIdle, 1+random.IntN(3))
		case p == pointAdoptLocked:
			return fmt.Sprintf("%v:1", p)
		}
		return fmt.Sprintf("%v:%d", p, 1+random.IntN(12))
	}
	h.recovered = func(slot int, from, to time.Duration) {
		h.add(historyInput{client: slot, op: "recover"}, historyOutput{known: true}, from, to)
	}
	for range historyWorkers {
		f, err := os.OpenFile(t.TempDir()+"/history", os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		h.stdout = append(h.stdout, f)
	}
	h.crew.run()
	for client, f := range h.stdout {
		h.read(client, f.Name())
	}
	s.drain(h)
	return h
}

func (h *history) add(in historyInput, out historyOutput, from, to time.Duration) {
	h.operations = append(h.operations, porcupine.Operation{ClientId: in.client, Input: in, Output: out, Call: int64(from), Return: int64(to)})
}

// here is an operation of this process.
func (h *history) here(op string, arg int64, do func(s *Slot) int64) {
	from := Now()
	n := do(h.own)
	h.add(historyInput{client: historyWorkers, op: op, arg: arg}, historyOutput{true, n}, from, Now())
}

// read reads what a worker has written down. A call behind which another stands, or nothing, is one that it was killed in.
func (h *history) read(client int, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		h.t.Fatal(err)
	}
	var called *historyInput
	var at time.Duration
	pending := func() {
		if called != nil {
			h.add(*called, historyOutput{}, at, math.MaxInt64)
		}
	}
	for line := range strings.Lines(string(data)) {
		var what, op string
		var n int64
		var epoch int
		var now time.Duration
		if _, err := fmt.Sscan(line, &what, &op, &n, &epoch, (*int64)(&now)); err != nil {
			h.t.Fatalf("%q: %v", line, err)
		}
		if what == "call" {
			pending()
			called, at = &historyInput{client, epoch - 1, op, n}, now
			continue
		}
		if called == nil || called.op != op {
			h.t.Fatalf("%q returns, and was not called", line)
		}
		h.add(*called, historyOutput{true, n}, at, now)
		called = nil
	}
	pending()
}

// check says whether the operations could have been done one at a time.
func (h *history) check(model porcupine.Model) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model, h.operations, 20*time.Second)
}

// What three processes see of a lock, a semaphore and a queue, while they are killed at each point, is what they would see if one thing happened
// after another: each history is linearizable.
func TestHistories(t *testing.T) {
	path := crashWorker(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, s := range subjects {
		t.Run(s.role, func(t *testing.T) {
			kills, operations := 0, 0
			for range max(1, *tortureRounds/10) {
				for _, p := range s.points {
					h := runHistory(t, path, s, p, random)
					kills += h.kills[0] + h.kills[1]
					operations += len(h.operations)
					if got := h.check(s.model(historyPermits)); got != porcupine.Ok {
						h.dump()
						t.Fatalf("%v: the history of %d operations is %s", p, len(h.operations), got)
					}
				}
			}
			t.Logf("%d workers were killed in %d operations", kills, operations)
			if kills < len(s.points) {
				t.Errorf("only %d workers were killed at %d points", kills, len(s.points))
			}
		})
	}
}

// dump writes the history down for whoever looks for the fault.
func (h *history) dump() {
	for _, o := range h.operations {
		h.t.Logf("%d to %d: %+v gives %+v", o.Call, o.Return, o.Input, o.Output)
	}
}

// A real history in which something is wrong is refused: a semaphore has a permit more than it should have, a lock is had twice, an item is taken twice.
func TestWrongHistories(t *testing.T) {
	path := crashWorker(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range subjects {
		t.Run(s.role, func(t *testing.T) {
			h := runHistory(t, path, s, pointCommitCommitted, random)
			permits := int64(historyPermits)
			switch s.role {
			case "lock":
				h.here("try", 0, func(*Slot) int64 { return 1 })
			case "semaphore":
				permits-- // what it really has is one more
			case "queue":
				h.here("put", 7, func(*Slot) int64 { return 1 })
				for range 2 {
					h.here("lease", 0, func(*Slot) int64 { return 7 })
					h.here("finish", 0, func(*Slot) int64 { return 0 })
				}
			}
			if got := h.check(s.model(permits)); got != porcupine.Illegal {
				t.Errorf("the history is %s", got)
			}
		})
	}
}
