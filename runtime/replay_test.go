package runtime

import (
	"errors"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// TestLostSumIsNoDelivery: a worker that goes back to its last commit since others have left no room for its sum, as often as that may be, has
// not died of the item that it had in hand. The first time, of a block that it took at one go, is how the next knows to go item by item.
func TestLostSumIsNoDelivery(t *testing.T) {
	for _, test := range []struct {
		name       string
		deliveries int   // at most
		want       []int // attempts, of one life after the other
	}{
		{"one delivery is all there is", 1, []int{1, 1, 1, 1}},
		{"two", 2, []int{1, 2, 2, 2, 2}},
		{"any number", 0, []int{1, 2, 2, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			hosts := newLockHosts(t)
			arena, around := hosts[0].arena, hosts[0].handoff.surroundings
			putTwo(t, arena.Queue(0), hosts[1])
			for life, want := range test.want {
				def := &planner.Queue{Name: "q", MaxDeliveries: test.deliveries}
				in := &inbox{host: hosts[0], queue: arena.Queue(0), part: &arenaPart{def: def, name: "q"}, def: def}
				hosts[0].inboxes = []*inbox{in}
				d, err := in.Lease()
				if err != nil || d.Attempt != want || d.Single != (want > 1 || test.deliveries == 1) {
					t.Fatalf("life %d: attempt %d, single %v, %v; want attempt %d", life, d.Attempt, d.Single, err, want)
				}
				in.Take(1)
				addNow(t, hosts[0], 200)
				addNow(t, hosts[1], 200)
				if err := hosts[1].Commit(); err != nil {
					t.Fatal(err)
				}
				if err := hosts[0].Commit(); !errors.Is(err, errReplay) {
					t.Fatalf("life %d: the commit gives %v", life, err)
				}
				if err := arena.Recover(0); err != nil {
					t.Fatal(err)
				}
				addNow(t, hosts[1], -200)
				if err := hosts[1].Commit(); err != nil {
					t.Fatal(err)
				}
				hosts[0] = newLockHost(t, arena, 0, around.Primitives, around.Cells)
			}
		})
	}
}

// addNow adds to the value v.
func addNow(t *testing.T, h *host, n int64) {
	t.Helper()
	c, err := h.Cell(stages.Ref{Name: "v"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Add(0, stages.ScalarUint8, stages.Number(n)); err != nil {
		t.Fatal(err)
	}
}
