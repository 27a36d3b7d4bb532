package stages

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestBatchSavesChanges holds that what batches write down of what has become of them since the last time makes the same rows, and that one in
// which nothing has changed writes next to nothing.
func TestBatchSavesChanges(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		b, copied := NewBatch(1, true), NewBatch(1, true)
		made, dropped := 0, NewBatch(1, true)
		for step := range 60 {
			switch rnd.IntN(6) {
			case 0, 1, 2:
				for range rnd.IntN(5) {
					b.EmitNew(made, fmt.Sprint("row ", made))
					made++
				}
			case 3:
				n := rnd.IntN(b.rows() + 1)
				dropped.EmitRows(b, 0, n)
				b.Drop(n)
			case 4:
				if n := dropped.rows(); n > 0 && b.taken > 0 {
					b.unshift(dropped, n-1)
				}
			case 5:
				if rnd.IntN(4) == 0 {
					b.Truncate()
				}
			}
			if rnd.IntN(3) == 0 {
				continue
			}
			full := step == 0 || rnd.IntN(10) == 0
			var w StateWriter
			b.save(&w, full)
			r := &StateReader{buf: w.buf}
			if err := copied.load(r, full); err != nil || !r.Empty() {
				t.Fatalf("seed %d, step %d: %v, %d bytes left", seed, step, err, len(r.buf))
			}
			if got, want := rowsOf(copied), rowsOf(b); got != want {
				t.Fatalf("seed %d, step %d:\ngot  %s\nwant %s", seed, step, got, want)
			}
			w = StateWriter{}
			b.save(&w, false)
			if err := copied.load(&StateReader{buf: w.buf}, false); err != nil || len(w.buf) > 4 {
				t.Fatalf("seed %d, step %d: nothing has changed, and that takes %d bytes, %v", seed, step, len(w.buf), err)
			}
		}
	}
}

func rowsOf(b *Batch) string {
	text := fmt.Sprint(b.taken, ":")
	for i := range b.rows() {
		text += fmt.Sprint(" ", b.Item(i), b.Bound(i, 0), b.ID(i))
	}
	return text
}
