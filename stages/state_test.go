package stages

import (
	"strconv"
	"testing"
)

// TestCommitsCostWhatHasChanged holds that a Save writes what has come since the last one, not all that the stage holds.
func TestCommitsCostWhatHasChanged(t *testing.T) {
	const before, more = 20_000, 10
	for _, s := range []Stage{
		stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item")),
		stage("distinct", Field{}),
		stage("sort", Field{}),
		stage("collect", Field{Source: srcLiteral("all")}),
		countStage("batch", 10*before),
		countStage("top", 10*before),
		teeStage([]Stage{stage("sort", Field{})}),
	} {
		w := newWorld()
		h := w.host()
		chain, err := Build([]Stage{s}, Options{Host: h})
		if err != nil {
			t.Fatal(err)
		}
		feed := func(from, to int) {
			rows := NewBatch(0, false)
			for i := from; i < to; i++ {
				rows.EmitNew("key "+strconv.Itoa(i), "")
			}
			for i := range rows.Len() {
				chain.Push(rows, i)
			}
			for {
				state, err := chain.Advance(&Run{Host: h})
				if err != nil {
					t.Fatal(err)
				}
				if state == Idle {
					return
				}
				chain.Out().Truncate()
			}
		}
		var all, delta StateWriter
		feed(0, before)
		chain.Save(&all, false)
		feed(before, before+more)
		chain.Save(&delta, false)
		if got := len(delta.buf); got > 100*more+200 || got < more {
			t.Errorf("%s: %d bytes for %d new keys, after %d for %d", s.Op, got, more, len(all.buf), before)
		}
		delta.buf = delta.buf[:0]
		chain.Save(&delta, false)
		if got := len(delta.buf); got > 100 {
			t.Errorf("%s: %d bytes for nothing new", s.Op, got)
		}
	}
}

// TestDamagedStateIsAnError holds that a state which was cut off anywhere is refused, and never a fault.
func TestDamagedStateIsAnError(t *testing.T) {
	for _, b := range bricks() {
		w := newWorld()
		w.brickCells()
		stages := append([]Stage{itemsStage(3, 1, 4, 1, 5)}, b.stages...)
		h, err := w.start(stages, Options{BlockItems: 2})
		if err != nil {
			t.Fatal(err)
		}
		h.commitNow = func() bool { return true }
		_ = h.finish()
		for _, state := range w.state {
			for cut := range state {
				again, err := Build(stages, Options{Host: w.host(), Resources: sortedNames(w.cells)})
				if err != nil {
					t.Fatal(err)
				}
				if err := again.Load(&StateReader{buf: state[:cut]}, true); err == nil {
					t.Errorf("%s: %d of %d bytes are taken for a state", b.name, cut, len(state))
				}
			}
		}
	}
}
