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
	arena, err := shm.Create(shm.Config{Slots: 2, Board: 2, Queues: []shm.QueueConfig{{Name: "q"}, {Name: "out"}}, Primitives: numberPrimitives(list, cells).configs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = arena.Close() })
	var hosts [2]*host
	for i := range hosts {
		hosts[i] = newLockHost(t, arena, i, list, cells)
	}
	return hosts
}

// newLockHost is who comes to a slot that is free.
func newLockHost(t *testing.T, arena *shm.Arena, i int, list []planner.Primitive, cells []planner.Cell) *host {
	t.Helper()
	slot, err := arena.Attach(i)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slot.Adopt(); err != nil {
		t.Fatal(err)
	}
	h := newHost(context.Background(), &handoff{surroundings: surroundings{Primitives: list, Cells: cells}}, arena, slot, nil, newPrograms(nil))
	if h.chain, err = stages.Build(nil, stages.Options{Host: h}); err != nil {
		t.Fatal(err)
	}
	return h
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

// releasedTwice has all hosts release what only one may. The second one's commits first, so that the first one's is refused.
func releasedTwice(t *testing.T, hosts [2]*host) {
	t.Helper()
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
	releasedTwice(t, hosts)
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

// putTwo has a worker put a block of two items.
func putTwo(t *testing.T, q *shm.Queue, h *host) {
	t.Helper()
	column := stages.ColumnOf("a")
	column.Append("b")
	payload := stages.AppendColumn(nil, &column, 0, 2)
	block, status, err := q.Reserve(h.slot, 2, len(payload))
	if err != nil || status != shm.Reserved {
		t.Fatal(status, err)
	}
	if _, err := block.Write(payload); err != nil {
		t.Fatal(err)
	}
	tx := h.slot.Begin()
	tx.Publish(block, 2)
	if err := h.slot.Commit(tx); err != nil {
		t.Fatal(err)
	}
}

// TestRefusedCommitKeepsWhatIsInHand: a commit that is refused finishes no item. What an Undo takes back is delivered again, and the next commit
// finishes it.
func TestRefusedCommitKeepsWhatIsInHand(t *testing.T) {
	hosts := newLockHosts(t)
	h, q := hosts[0], hosts[0].arena.Queue(0)
	putTwo(t, q, hosts[1])
	def := &planner.Queue{Name: "q"}
	in := &inbox{host: h, queue: q, part: &arenaPart{def: def, name: "q"}, def: def}
	h.inboxes = append(h.inboxes, in)

	takeNow(t, h, "s")
	if err := h.Commit(); err != nil {
		t.Fatal(err)
	}
	take := func() {
		t.Helper()
		d, err := in.Lease()
		if err != nil || d.Items.Len() != 2 || d.Attempt != 1 {
			t.Fatalf("%+v, %v instead of both items", d, err)
		}
		in.Take(2)
	}
	take()
	releasedTwice(t, hosts)
	if in.TakenBack() {
		t.Error("items are taken back before an Undo")
	}
	if err := h.Undo(); err != nil {
		t.Fatal(err)
	}
	if !in.TakenBack() || in.TakenBack() {
		t.Error("that items were taken back is not said, or not once")
	}
	if n := q.Unfinished(); n != 2 {
		t.Errorf("%d items are unfinished, not 2", n)
	}
	take()
	if err := h.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := q.Unfinished(); n != 0 {
		t.Errorf("%d items are unfinished in the end", n)
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
