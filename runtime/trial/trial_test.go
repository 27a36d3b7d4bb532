package trial

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/stages"
)

func TestMain(m *testing.M) {
	asProcessOfARun()
	goleak.VerifyTestMain(m)
}

func texts(problems []Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.Text)
	}
	return list
}

func TestCompareData(t *testing.T) {
	for _, row := range []struct {
		name      string
		want, got any
		unordered bool
		problems  []string
	}{
		{"equal", map[string]any{"a": []any{1, "x", nil, true}}, map[string]any{"a": []any{1, "x", nil, true}}, false, nil},
		{"whole numbers are numbers", []any{3, 3.0, math.Copysign(0, -1)}, []any{3.0, 3, 0}, false, nil},
		{"a text is no number", 3, "3", false, []string{`x: expected 3, got "3"`}},
		{"infinite", math.Inf(1), math.Inf(1), false, nil},
		{"large ones are not rounded", 1<<53 + 1, 1 << 53, false, []string{"x: expected 9007199254740993, got 9007199254740992"}},
		{"bytes are text", "ab", []byte("ab"), false, nil},
		{
			"inside",
			map[string]any{"a": []any{1, 2}, "b": 1},
			map[string]any{"a": []any{1, 3, 4}, "c": 1},
			false,
			[]string{"x.a[1]: expected 2, got 3", "x.a[2]: 4 was not expected", "x.b: 1 is missing", "x.c: 1 was not expected"},
		},
		{"null is not missing", map[string]any{"a": nil}, map[string]any{}, false, []string{"x.a: null is missing"}},
		{"order", []any{1, 2, 2}, []any{2, 1, 2}, true, nil},
		{"how often", []any{1, 2, 2, 2}, []any{2, 1, 3, 2.0}, true, []string{"x: 2 is missing", "x: 3 was not expected"}},
		{"order inside counts", []any{[]any{1, 2}}, []any{[]any{2, 1}}, true, []string{"x: [1, 2] is missing", "x: [2, 1] was not expected"}},
		{"a list is none", []any{1}, 1, true, []string{"x: expected [1], got 1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var d differ
			d.top("x", row.want, row.got, row.unordered)
			if diff := cmp.Diff(row.problems, texts(d.problems())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestManyDifferencesAreCounted(t *testing.T) {
	var want []any
	for i := range 25 {
		want = append(want, i)
	}
	var d differ
	d.top("x", want, []any{}, false)
	got := texts(d.problems())
	if len(got) != mostDifferences || !strings.HasSuffix(got[mostDifferences-1], "(and 15 more differences)") {
		t.Errorf("%q", got)
	}
}

func TestCompareText(t *testing.T) {
	for _, row := range []struct {
		name, want, got string
		unordered       bool
		diff            []string
	}{
		{"the last end does not matter", "a\nb", "a\nb\n", false, nil},
		{"nothing", "", "\n", false, nil},
		{"an empty line does", "a\n", "a\n\n", false, []string{"@@ -1 +1 @@", " a", "+"}},
		{"order", "b\na\na", "a\nb\na\n", true, nil},
		{"how often", "b\na\na", "b\nb\na\n", true, []string{"@@ -1 +1 @@", " a", "-a", "+b", " b"}},
		{
			"far apart", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nx", "y\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", false,
			[]string{"@@ -1 +1 @@", "+y", " 0", " 1", " 2", "@@ -8 +9 @@", " 7", " 8", " 9", "-x"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, p := range compareText(&planner.ExpectedText{Text: row.want}, &head{text: []byte(row.got)}, row.unordered) {
				got = p.Diff
			}
			if diff := cmp.Diff(row.diff, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEditsLeadFromOneToTheOther: without what was added they are the first text, without what was removed the second.
func TestEditsLeadFromOneToTheOther(t *testing.T) {
	text := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "c"}), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		want, got := text.Draw(t, "want"), text.Draw(t, "got")
		var first, second []string
		same := 0
		for _, e := range edits(want, got) {
			if e.mark != '+' {
				first = append(first, e.text)
			}
			if e.mark != '-' {
				second = append(second, e.text)
			}
			if e.mark == ' ' {
				same++
			}
		}
		if !slices.Equal(first, want) || !slices.Equal(second, got) {
			t.Fatalf("%q and %q became %q and %q", want, got, first, second)
		}
		if slices.Equal(want, got) && same != len(want) {
			t.Fatalf("equal texts have differences")
		}
	})
}

// TestLongDifferencesAreCut: texts too long for the table are different as a whole, and few lines are shown.
func TestLongDifferencesAreCut(t *testing.T) {
	var want, got []string
	for i := range 3000 {
		want, got = append(want, "w"+strings.Repeat("x", i%7)), append(got, "g"+strings.Repeat("x", i%5))
	}
	out := diff(want, got)
	if len(out) != mostLines+1 || out[mostLines] != "@@ and 5921 more lines @@" {
		t.Errorf("%d lines, the last is %q", len(out), out[len(out)-1])
	}
}

func TestItemsOfAQueue(t *testing.T) {
	for _, row := range []struct {
		name   string
		result any
		want   []any
	}{
		{"none", nil, nil},
		{"one", []any{7}, []any{7}},
		{"one that is a list", []any{[]any{1, 2}}, []any{[]any{1, 2}}},
		{"two", []any{[]any{1}, []any{2}}, []any{1, 2}},
		{"two that are lists", []any{[]any{[]any{1}}, []any{[]any{2}}}, []any{[]any{1}, []any{2}}},
	} {
		if diff := cmp.Diff(row.want, items(row.result)); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

// TestFaultsThatDidNotHappen: one at an item is missed by each run, one every so often by all of them together.
func TestFaultsThatDidNotHappen(t *testing.T) {
	at, every := runtime.FaultReport{Text: "kill a at item 3 of q"}, runtime.FaultReport{Text: "kill any every 20ms", Every: true}
	report := &runtime.Report{Faults: []runtime.FaultReport{at, every}}
	want := []string{"the fault did not happen: kill a at item 3 of q: it never came to that"}
	if diff := cmp.Diff(want, texts(compare(&planner.Test{}, report, &head{}))); diff != "" {
		t.Error(diff)
	}
	hit := every
	hit.Happened = 1
	missing := []Outcome{{Faults: []runtime.FaultReport{every}}, {Faults: []runtime.FaultReport{every}}}
	for _, row := range []struct {
		runs []Outcome
		want []string
	}{
		{missing, []string{"the fault did not happen: kill any every 20ms: the runs were over before"}},
		{append(slices.Clone(missing), Outcome{Faults: []runtime.FaultReport{hit}}), nil},
		{append(slices.Clone(missing), Outcome{Interrupted: true}), nil},
	} {
		v := Verdict{Runs: row.runs}
		v.Conclude()
		if diff := cmp.Diff(row.want, texts(v.Missed)); diff != "" || v.Failed() != (row.want != nil) {
			t.Error(diff)
		}
	}
}

func TestExitCodeTellsWhy(t *testing.T) {
	test := &planner.Test{Name: "x", Expect: planner.Expectation{ExitCode: 3}}
	report := &runtime.Report{Status: 1, Failures: []runtime.Failure{{Process: "p", Text: "no", Pos: stages.Pos{File: "a.yaml", Line: 2, Col: 3}}}}
	want := []string{"the run ended with exit code 1, expected 3: a.yaml:2:3: process p: no"}
	if diff := cmp.Diff(want, texts(compare(test, report, &head{}))); diff != "" {
		t.Error(diff)
	}
}

// TestCaptureKeepsSoMuch: what is written is taken, however much it is, and a program that still holds the pipe is not waited for.
func TestCaptureKeepsSoMuch(t *testing.T) {
	c, err := startCapture(&head{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	block := make([]byte, 1<<20)
	const blocks = mostOutput>>20 + 2
	for range blocks {
		if _, err := c.in.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	name := "/dev/fd/" + strconv.Itoa(int(c.in.Fd()))
	held, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	h := c.close().(*head)
	if len(h.text) != mostOutput || h.dropped != 2<<20 {
		t.Errorf("%d bytes are kept, %d dropped", len(h.text), h.dropped)
	}
	log := &tail{}
	for i := range 3 * mostLog {
		_, _ = log.Write([]byte{'0' + byte(i%10)})
	}
	if text := log.String(); len(text) > 2*mostLog+len("…") || !strings.HasPrefix(text, "…") || !strings.HasSuffix(text, string(rune('0'+(3*mostLog-1)%10))) {
		t.Errorf("%d bytes of the log", len(text))
	}
}
