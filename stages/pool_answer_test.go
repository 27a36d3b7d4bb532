package stages

import (
	"strings"
	"testing"
)

// TestRefusedOutcome: of the tasks of an outcome that is too large, those with the largest results fail, and no others.
func TestRefusedOutcome(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct {
		name    string
		counts  []int
		results []any
		refused int // times
		failed  []int
		want    string // counts and results
	}{
		{"one of several", nil, []any{text(1), text(2), text(300), text(4)}, 1, []int{2}, `[1, 1, 0, 1] ["x", "xx", "xxxx"]`},
		{"two of several", nil, []any{text(200), text(2), text(300)}, 2, []int{2, 0}, `[0, 1, 0] ["xx"]`},
		{"the first has none", []int{0, 2, 1}, []any{text(200), text(200), text(300)}, 1, []int{1}, `[0, 0, 1] ["` + text(300) + `"]`},
		{"the only one", nil, []any{text(3)}, 1, []int{0}, `[0] []`},
		{"none has any", []int{0, 0}, nil, 1, nil, `[0, 0] []`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := &tasking{at: max(len(tt.counts), len(tt.results)), name: "p[0]", bytes: -1}
			for _, n := range tt.counts {
				k.counts.items.Append(n)
			}
			if tt.counts != nil {
				k.at = len(tt.counts)
			}
			for _, r := range tt.results {
				k.results.items.Append(r)
			}
			for i := range tt.refused {
				if ok := k.refuse(Failf("max-item", "too large")); ok != (i < len(tt.failed)) {
					t.Fatalf("%v", ok)
				}
			}
			got := string(AppendJSON(nil, listOf(&k.counts.items))) + " " + string(AppendJSON(nil, listOf(&k.results.items)))
			if got != tt.want {
				t.Errorf("it is left with %s, not %s", got, tt.want)
			}
			if k.failed.items.Len() != len(tt.failed) {
				t.Fatalf("%d have failed", k.failed.items.Len())
			}
			for i, task := range tt.failed {
				data, _ := k.failed.items.At(i).([]byte)
				r := &StateReader{buf: data}
				if n := r.Int(); n != task {
					t.Errorf("%d has failed, not %d", n, task)
				}
			}
			size, least := k.size(), EncodedSize(&k.results.items, 0, k.results.items.Len())
			if size < least || size > least+200*(1+len(tt.failed)) {
				t.Errorf("%d bytes", size)
			}
		})
	}
}

// TestFailuresFillOutcomes: of tasks that fail at once, with a traceback each, an outcome has as many as of results.
func TestFailuresFillOutcomes(t *testing.T) {
	const tasks = 1000
	failure := Failf("ValueError", "%s", strings.Repeat("y", 9000))
	k := &tasking{chunk: &chunk{n: tasks}}
	s := &site{chain: &Chain{}, crowd: crowd{failed: map[int]*ItemError{}}}
	for i := range tasks {
		s.crowd.failed[i] = failure
	}
	outcomes := 0
	for ; k.at < tasks; outcomes++ {
		before := k.at
		if k.settle(&Run{Host: newWorld().host()}, s); k.at == before || k.size() > mostOutcome+10_000 {
			t.Fatalf("tasks %d to %d have %d bytes", before, k.at, k.size())
		}
		k.sent = k.at
		k.forget()
	}
	if outcomes < 9 {
		t.Errorf("%d outcomes", outcomes)
	}
}
