//go:build linux

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mprun/mprun/runtime/trial"
)

// testText writes the report of `test` for people, test by test.
type testText struct {
	*console
	verbose bool
	several bool // specs
}

// verdict writes what came of a test.
func (w *testText) verdict(path string, inv invocation, v *trial.Verdict) error {
	var b strings.Builder
	word := "ok  "
	switch {
	case v.Failed():
		word = "FAIL"
	case v.Interrupted():
		word = "----"
	}
	name := v.Name
	if w.several {
		name = path + ": " + name
	}
	fmt.Fprintf(&b, "%s  %s (%s, %.2fs%s)\n", word, name, plural(len(v.Runs), "run"), v.Seconds(), faultSums(v))
	if v.Patient {
		b.WriteString("      under random kills, queues deliver an item up to 1000 times here (max_deliveries)\n")
	}
	for _, g := range alike(v.Runs) {
		w.group(&b, path, inv, v.Name, g)
	}
	for _, p := range v.Missed {
		writeProblem(&b, &p)
	}
	return w.print(b.String())
}

// alike gathers the runs that have the same problems.
func alike(runs []trial.Outcome) [][]*trial.Outcome {
	var groups [][]*trial.Outcome
	at := map[string]int{}
	for i := range runs {
		o := &runs[i]
		var text strings.Builder
		writeProblems(&text, o)
		g, seen := at[text.String()]
		if !seen {
			g = len(groups)
			at[text.String()] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], o)
	}
	return groups
}

// seedsText names the seeds of runs.
func seedsText(runs []*trial.Outcome) string {
	var seeds []string
	for _, o := range runs {
		seeds = append(seeds, strconv.FormatInt(o.Seed, 10))
	}
	if len(seeds) == 1 {
		return "with seed " + seeds[0]
	}
	return "with seeds " + listed(seeds)
}

func writeProblems(b *strings.Builder, o *trial.Outcome) {
	for i := range o.Problems {
		writeProblem(b, &o.Problems[i])
	}
}

// group writes what is to be said of runs with the same problems: the log is that of the first.
func (w *testText) group(b *strings.Builder, path string, inv invocation, name string, runs []*trial.Outcome) {
	o := runs[0]
	if len(o.Problems) > 0 || w.verbose {
		fmt.Fprintf(b, "    %s:\n", seedsText(runs))
		writeProblems(b, o)
	}
	if o.Log != "" && (len(o.Problems) > 0 || w.verbose) {
		b.WriteString("      its log:\n")
		for line := range strings.Lines(strings.TrimSuffix(o.Log, "\n")) {
			b.WriteString("        " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	if len(o.Problems) > 0 {
		fmt.Fprintf(b, "      again: %s\n", again(path, inv, name, o.Seed))
	}
}

func writeProblem(b *strings.Builder, p *trial.Problem) {
	fmt.Fprintf(b, "      %s: %s\n", p.Pos, p.Text)
	for _, line := range p.Diff {
		b.WriteString("        " + line + "\n")
	}
}

// again is the command that runs a test with one seed.
func again(path string, inv invocation, name string, seed int64) string {
	words := []string{"mprun", "test", path}
	for _, file := range inv.files {
		words = append(words, "--file", file)
	}
	words = append(words, inv.words...)
	words = append(words, "--run", "^"+regexp.QuoteMeta(name)+"$", "--seed", fmt.Sprint(seed))
	for i, word := range words {
		words[i] = shellWord(word)
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word for the shell where it needs it.
func shellWord(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./=:,@%+", c)
	}
	if word != "" && strings.IndexFunc(word, func(c rune) bool { return !plain(c) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// faultSums says how often faults happened in all runs.
func faultSums(v *trial.Verdict) string {
	kills, pauses := 0, 0
	for i := range v.Runs {
		for _, f := range v.Runs[i].Faults {
			if strings.HasPrefix(f.Text, "kill ") {
				kills += f.Happened
			} else {
				pauses += f.Happened
			}
		}
	}
	text := ""
	if kills > 0 {
		text += ", " + plural(kills, "kill")
	}
	if pauses > 0 {
		text += ", " + plural(pauses, "pause")
	}
	return text
}

// end writes how many failed.
func (w *testText) end(tested []*testedSpec) error {
	total, failed, seconds := 0, 0, 0.0
	for _, s := range tested {
		for _, v := range s.verdicts {
			total++
			seconds += v.Seconds()
			if v.Failed() {
				failed++
			}
		}
	}
	if failed > 0 {
		return w.print(fmt.Sprintf("%d of %s failed in %.2fs\n", failed, plural(total, "test"), seconds))
	}
	return w.print(fmt.Sprintf("%s in %.2fs\n", plural(total, "test"), seconds))
}
