package runtime

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// everyPrimitive is primitives of all kinds, alone and as families.
var everyPrimitive = []planner.Primitive{
	{Name: "l", Kind: "lock"},
	{Name: "fork", Kind: "lock", Count: 3, Recursive: true},
	{Name: "s", Kind: "semaphore", Value: 2, Bounded: true},
	{Name: "own", Kind: "condition", Count: 2},
	{Name: "with", Kind: "condition", Lock: "l", Count: 2},
	{Name: "each", Kind: "condition", Lock: "fork", Count: 3},
	{Name: "e", Kind: "event", Set: true},
	{Name: "b", Kind: "barrier", Parties: 4},
}

func TestPrimitiveNumbers(t *testing.T) {
	p := numberPrimitives(everyPrimitive, nil)
	want := []shm.PrimitiveConfig{
		{Kind: shm.KindLock, Name: "l"},
		{Kind: shm.KindLock, Name: "fork[0]", Recursive: true},
		{Kind: shm.KindLock, Name: "fork[1]", Recursive: true},
		{Kind: shm.KindLock, Name: "fork[2]", Recursive: true},
		{Kind: shm.KindSemaphore, Name: "s", Value: 2, Bounded: true},
		{Kind: shm.KindCondition, Name: "own[0]", Lock: 6},
		{Kind: shm.KindLock, Name: "own[0]", Recursive: true},
		{Kind: shm.KindCondition, Name: "own[1]", Lock: 8},
		{Kind: shm.KindLock, Name: "own[1]", Recursive: true},
		{Kind: shm.KindCondition, Name: "with[0]"},
		{Kind: shm.KindCondition, Name: "with[1]"},
		{Kind: shm.KindCondition, Name: "each[0]", Lock: 1},
		{Kind: shm.KindCondition, Name: "each[1]", Lock: 2},
		{Kind: shm.KindCondition, Name: "each[2]", Lock: 3},
		{Kind: shm.KindEvent, Name: "e", Set: true},
		{Kind: shm.KindBarrier, Name: "b", Value: 4},
	}
	if diff := cmp.Diff(want, p.configs()); diff != "" {
		t.Errorf("the arena's primitives (-want +got):\n%s", diff)
	}
	for _, row := range []struct {
		kind string
		ref  stages.Ref
		want int // -1: none
	}{
		{"lock", stages.Ref{Name: "l"}, 0},
		{"lock", stages.Ref{Name: "fork", Member: 2}, 3},
		{"condition", stages.Ref{Name: "own", Member: 1}, 7},
		{"condition", stages.Ref{Name: "each", Member: 2}, 13},
		{"barrier", stages.Ref{Name: "b"}, 15},
		{"lock", stages.Ref{Name: "fork", Member: 3}, -1},
		{"lock", stages.Ref{Name: "l", Member: 1}, -1},
		{"lock", stages.Ref{Name: "s"}, -1},
		{"event", stages.Ref{Name: "none"}, -1},
	} {
		got, err := p.find(row.kind, row.ref)
		if row.want < 0 && err == nil || row.want >= 0 && (err != nil || got != row.want) {
			t.Errorf("%s %v is primitive %d (%v) instead of %d", row.kind, row.ref, got, err, row.want)
		}
	}
}

// What expressions read of primitives is what the arena says.
func TestPrimitiveObjects(t *testing.T) {
	p := numberPrimitives(everyPrimitive, nil)
	arena, err := shm.Create(shm.Config{Slots: 1, Primitives: p.configs()})
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	slot, err := arena.Attach(0)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := arena.Lock(2).TryAcquire(slot); !ok || err != nil {
		t.Fatal("a free lock cannot be had", err)
	}
	if !arena.Semaphore(4).TryAcquire(slot) {
		t.Fatal("a semaphore of 2 cannot be had")
	}
	unlocked, idle := map[string]any{"locked": false}, map[string]any{"waiting": 0}
	for name, want := range map[string]any{
		"l":    unlocked,
		"fork": []any{unlocked, map[string]any{"locked": true}, unlocked},
		"s":    map[string]any{"value": 1},
		"own":  []any{idle, idle},
		"e":    map[string]any{"set": true},
		"b":    map[string]any{"waiting": 0, "parties": 4, "broken": false},
	} {
		object, ok := p.object(arena, name)
		if !ok {
			t.Errorf("%s cannot be read", name)
			continue
		}
		got, err := object.(stages.Object).Value()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got), %v:\n%s", name, err, diff)
		}
	}
	object, _ := p.object(arena, "e")
	if _, err := object.(stages.Fielded).Field("value"); err == nil {
		t.Error("an event has a value")
	}
	if _, ok := p.object(arena, "x"); ok {
		t.Error("a primitive that is not there can be read")
	}
}
