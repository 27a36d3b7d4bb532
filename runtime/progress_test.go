package runtime

import (
	"math"
	"testing"
	"time"
)

// TestProgressCounts: items count as done as far as the queue that is furthest behind, and at the end all are.
func TestProgressCounts(t *testing.T) {
	plan := planOf(t, 16,
		chain("count", 1, stage("range", expr("500")), stage("put", place("q"))),
		chain("sink", 1, stage("get", place("q")), stage("filter", expr("item < 0"))),
	)
	var last Progress
	before := 0
	got := runPlan(t, plan, Options{ProgressEvery: time.Millisecond, Progress: func(p Progress) {
		if p.Done > p.Total && p.Total > 0 || uint64(p.Done) > p.Queues[0].Finished+1 {
			t.Errorf("%d of %d are done where %d of the queue are finished", p.Done, p.Total, p.Queues[0].Finished)
		}
		before, last = last.Done, p
	}})
	got.ok(t)
	if last.Done != 500 || last.Total != 500 || !last.Over || last.Left != 0 || before > 500 {
		t.Errorf("the last progress is %+v", last)
	}
}

// TestPace: the rate is that of the last seconds, the time left follows from it.
func TestPace(t *testing.T) {
	var c pace
	at := func(seconds float64, done, total int) Progress {
		p := Progress{Elapsed: time.Duration(seconds * float64(time.Second)), Seconds: seconds, Done: done, Total: total}
		c.note(&p)
		return p
	}
	for _, tt := range []struct {
		seconds     float64
		done, total int
		rate, left  float64
	}{
		{1, 10, 0, 10, 0},
		{2, 20, 100, 10, 8},
		{20, 200, 400, 10, 20},
		{40, 1200, 1700, 50, 10},
		{60, 1200, 1700, 0, 0}, // it stands
	} {
		p := at(tt.seconds, tt.done, tt.total)
		if math.Abs(p.Rate-tt.rate) > 0.01 || math.Abs(p.Left-tt.left) > 0.01 {
			t.Errorf("%v s: rate %v, left %v, want %v and %v", tt.seconds, p.Rate, p.Left, tt.rate, tt.left)
		}
	}
}
