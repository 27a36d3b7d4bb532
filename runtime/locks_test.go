package runtime

import (
	"context"
	"errors"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// newLockHosts is two workers with a bounded semaphore s of 1, a lock l, and a value v that holds up to 255.
func newLockHosts(t *testing.T) [2]*host {
	t.Helper()
	list := []planner.Primitive{{Name: "s", Kind: "semaphore", Value: 1, Bounded: true}, {Name: "l", Kind: "lock"}}
	cells := []planner.Cell{{Name: "v", Kind: "value", CellType: stages.CellType{Type: stages.StoreType{Name: "uint8"}}}}
	arena, err := shm.Create(shm.Config{Slots: 2, Board: 2, Queues: []shm.QueueConfig{{Name: "out"}}, Primitives: numberPrimitives(list, cells).configs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = arena.Close() })
	var hosts [2]*host
	for i := range hosts {
		slot, err := arena.Attach(i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := slot.Adopt(); err != nil {
			t.Fatal(err)
		}
		h := newHost(context.Background(), &handoff{surroundings: surroundings{Primitives: list, Cells: cells}}, arena, slot, nil)
		if h.chain, err = stages.Build(nil, stages.Options{Host: h}); err != nil {
			t.Fatal(err)
		}
		hosts[i] = h
	}
	return hosts
}

func lockOf(t *testing.T, h *host, name string) stages.Lock {
	t.Helper()
	l, err := h.Lock(stages.Ref{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func takeNow(t *testing.T, h *host, name string) {
	t.Helper()
	if ok, err := lockOf(t, h, name).Try(); !ok || err != nil {
		t.Fatalf("taking %s: %v, %v", name, ok, err)
	}
}

// TestRefusedCommitLosesNoState: another worker has released what only one may, so that the commit fails; what it wrote of the state is lost
// with it, and the next commit writes all of it.
func TestRefusedCommitLosesNoState(t *testing.T) {
	hosts := newLockHosts(t)
	takeNow(t, hosts[0], "s")
	if err := hosts[0].Commit(); err != nil {
		t.Fatal(err)
	}
	hosts[0].dirty = true
	if err := hosts[0].Commit(); err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		if err := lockOf(t, h, "s").Release(); err != nil {
			t.Fatal(err)
		}
	}
	if err := hosts[1].Commit(); err != nil {
		t.Fatal(err)
	}
	var refused *stages.ItemError
	if err := hosts[0].Commit(); !errors.As(err, &refused) || refused.Type != "released-too-often" {
		t.Fatalf("the commit gives %v", err)
	}
	if err := hosts[0].Undo(); err != nil {
		t.Fatal(err)
	}
	if !snapshotDue(hosts[0].logged, hosts[0].snapshot) {
		t.Error("the next commit adds to a state that lacks what the refused one wrote")
	}
	hosts[0].dirty = true
	if err := hosts[0].Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestReplayIsNoDeath: a worker that goes back to its last commit because a sum does not fit any more gives back what it has taken since; who
// takes that next hears of no death.
func TestReplayIsNoDeath(t *testing.T) {
	hosts := newLockHosts(t)
	for _, h := range hosts {
		c, err := h.Cell(stages.Ref{Name: "v"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(0, stages.ScalarUint8, 200); err != nil {
			t.Fatal(err)
		}
	}
	takeNow(t, hosts[0], "l")
	if err := hosts[1].Commit(); err != nil {
		t.Fatal(err)
	}
	if err := hosts[0].Commit(); !errors.Is(err, errReplay) {
		t.Fatalf("the commit gives %v", err)
	}
	takeNow(t, hosts[1], "l")
}
