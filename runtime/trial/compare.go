package trial

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/stages"
)

// compare holds what came of a run against what was expected.
func compare(test *planner.Test, report *runtime.Report, printed *head) []Problem {
	var found []Problem
	want := &test.Expect
	if int(report.Status) != want.ExitCode {
		found = append(found, exitProblem(test, report))
	}
	if want.Stdout != nil {
		found = append(found, compareText(want.Stdout, printed, want.Unordered)...)
	}
	for _, r := range want.Results {
		got, there := report.Results[r.Name]
		d := differ{pos: r.Pos}
		if there {
			d.top("results."+r.Name, r.Value, got, want.Unordered)
		} else {
			d.note("results."+r.Name, jsonText(r.Value), "", "there is no such result")
		}
		found = append(found, d.problems()...)
	}
	for _, q := range want.Queues {
		d := differ{pos: q.Pos}
		d.top("queue."+q.Queue, q.Items, items(report.Results[q.Result]), want.Unordered)
		found = append(found, d.problems()...)
	}
	for _, f := range report.Faults {
		if !f.Every && f.Happened == 0 {
			found = append(found, Problem{Pos: f.Pos, Text: notHappened(f, "it never came to that")})
		}
	}
	return found
}

// exitProblem tells of an exit code that was not expected, with what the run says of it.
func exitProblem(test *planner.Test, report *runtime.Report) Problem {
	p := Problem{Pos: test.Expect.ExitPos, Text: fmt.Sprintf("the run ended with exit code %d, expected %d", report.Status, test.Expect.ExitCode)}
	switch {
	case report.Status == runtime.StatusTimeout:
		p.Text = fmt.Sprintf("the run did not end within %s", test.Timeout)
	case report.Status == runtime.StatusDeadlock:
		p.Text += ": " + report.Outcome
	case len(report.Failures) > 0:
		p.Text += ": " + report.Failures[0].Error()
	}
	return p
}

// items is what a stand-in has told of a queue: each item as a list of one, which as results of one name are a list when there are several.
func items(result any) []any {
	told, _ := result.([]any)
	if len(told) < 2 {
		return told
	}
	list := make([]any, len(told))
	for i, one := range told {
		if single, ok := one.([]any); ok && len(single) == 1 {
			list[i] = single[0]
		}
	}
	return list
}

// compareText holds standard output against what was expected.
func compareText(want *planner.ExpectedText, printed *head, unordered bool) []Problem {
	wanted, got := lines(want.Text), lines(string(printed.text))
	if unordered {
		slices.Sort(wanted)
		slices.Sort(got)
	}
	if printed.dropped == 0 && slices.Equal(wanted, got) {
		return nil
	}
	p := Problem{Pos: want.Pos, Text: "standard output is not what was expected", Diff: diff(wanted, got)}
	if unordered {
		p.Text += " (lines are sorted)"
	}
	if printed.dropped > 0 {
		p.Text += fmt.Sprintf("; it has %d bytes, of which the first %d were kept", len(printed.text)+printed.dropped, len(printed.text))
	}
	return []Problem{p}
}

// lines divides a text. Whether the last line has an end makes no difference.
func lines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// differ collects the differences of data.
type differ struct {
	pos   stages.Pos
	found []Problem
	more  int
}

// mostDifferences is how many differences of one value are told.
const mostDifferences = 10

func (d *differ) note(path, want, got, why string) {
	if len(d.found) == mostDifferences {
		d.more++
		return
	}
	d.found = append(d.found, Problem{Pos: d.pos, Path: path, Want: want, Got: got, Text: path + ": " + why})
}

func (d *differ) problems() []Problem {
	if d.more > 0 {
		last := &d.found[len(d.found)-1]
		last.Text += fmt.Sprintf(" (and %d more differences)", d.more)
	}
	return d.found
}

// top compares two values; if lists may be in any order, that is about the values themselves, not about lists inside of them.
func (d *differ) top(path string, want, got any, unordered bool) {
	wanted, isList := want.([]any)
	list, isToo := got.([]any)
	if unordered && isList && isToo {
		d.multisets(path, wanted, list)
		return
	}
	d.values(path, want, got)
}

// multisets compares lists whose order does not matter.
func (d *differ) multisets(path string, want, got []any) {
	left := map[string]int{}
	for _, v := range got {
		left[key(v)]++
	}
	for _, v := range want {
		k := key(v)
		if left[k]--; left[k] < 0 {
			d.note(path, jsonText(v), "", stages.ShortJSON(v)+" is missing")
		}
	}
	for _, v := range got {
		k := key(v)
		if left[k] > 0 {
			left[k]--
			d.note(path, "", jsonText(v), stages.ShortJSON(v)+" was not expected")
		}
	}
}

// values compares two values, part by part.
func (d *differ) values(path string, want, got any) {
	switch w := want.(type) {
	case []any:
		if g, ok := got.([]any); ok {
			d.lists(path, w, g)
			return
		}
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			d.maps(path, w, g)
			return
		}
	}
	if key(want) != key(got) {
		d.note(path, jsonText(want), jsonText(got), "expected "+stages.ShortJSON(want)+", got "+stages.ShortJSON(got))
	}
}

func (d *differ) lists(path string, want, got []any) {
	for i := range max(len(want), len(got)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(got):
			d.note(at, jsonText(want[i]), "", stages.ShortJSON(want[i])+" is missing")
		case i >= len(want):
			d.note(at, "", jsonText(got[i]), stages.ShortJSON(got[i])+" was not expected")
		default:
			d.values(at, want[i], got[i])
		}
	}
}

func (d *differ) maps(path string, want, got map[string]any) {
	names := make([]string, 0, len(want)+len(got))
	for name := range want {
		names = append(names, name)
	}
	for name := range got {
		if _, both := want[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		w, wanted := want[name]
		g, there := got[name]
		at := path + "." + name
		switch {
		case !there:
			d.note(at, jsonText(w), "", stages.ShortJSON(w)+" is missing")
		case !wanted:
			d.note(at, "", jsonText(g), stages.ShortJSON(g)+" was not expected")
		default:
			d.values(at, w, g)
		}
	}
}

// key is a text that two values share if they are equal as expressions have it: 3 and 3.0 are.
func key(v any) string { return jsonText(plain(v)) }

// mostExact is up to where every whole float64 is another whole number.
const mostExact = 1 << 53

func plain(v any) any {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= mostExact {
			return int(v)
		}
	case []byte:
		return string(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for name := range v {
			m[name] = plain(v[name])
		}
		return m
	}
	return v
}

func jsonText(v any) string { return string(stages.AppendJSON(nil, v)) }
