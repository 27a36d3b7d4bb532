//go:build linux

package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// TestFindingsOnTerminal holds what a terminal shows: tabs, wide characters, related places, text in place of colours.
func TestFindingsOnTerminal(t *testing.T) {
	src := "queues:\n  jobs: {}\nprocesses:\n  p:\n    stages:\n      - {map: item,\tput:\tq, as: jobs}\n      - map: '\"日本語é\" + itm'\n      - map: >-\n          item +\n          unknown\n" +
		"      - map: item\n        filter: item\n"
	doc, found := spec.Load([]byte(src), planner.SpecOptions("spec.yaml"))
	_, more := planner.Compile(doc, newHost(), planner.Options{Partial: found.HasErrors()})
	var b bytes.Buffer
	w := findingsWriter{out: &b, sources: doc.Sources, rich: true}
	w.write(append(found, more...).Sorted())
	const file = "testdata/terminal.txt"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestColour: colours are escapes around the same text.
func TestColour(t *testing.T) {
	src := spec.NewSource("s.yaml", []byte("abc: def\n"))
	d := spec.Diagnostic{Severity: spec.Warning, Code: "unused", File: "s.yaml", Range: src.Range(5, 8), Summary: "nothing", Hint: "a hint"}
	render := func(colour bool) string {
		var b bytes.Buffer
		findingsWriter{out: &b, sources: []*spec.Source{src}, rich: true, colour: colour}.write(spec.Diagnostics{d})
		return b.String()
	}
	coloured := render(true)
	for _, escape := range []string{red, yellow, bold, plain} {
		coloured = strings.ReplaceAll(coloured, escape, "")
	}
	if coloured != render(false) || render(true) == render(false) {
		t.Errorf("%q\n%q", render(true), render(false))
	}
	if want := "s.yaml:1:6: warning: nothing; a hint [unused]\n 1 | abc: def\n   |      ^~~\n1 warning\n"; render(false) != want {
		t.Errorf("%q, expected %q", render(false), want)
	}
}

// FuzzQuote: no range and no line, however odd, breaks the rendering or lets control characters through.
func FuzzQuote(f *testing.F) {
	f.Add("a\tb日本\x1b[31m", 1, 4)
	f.Add("", 0, 0)
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		src := spec.NewSource("s", []byte(strings.ToValidUTF8(text, "?")))
		var b bytes.Buffer
		findingsWriter{out: &b, sources: []*spec.Source{src}, rich: true}.finding(spec.Diagnostic{Severity: spec.Error, Range: src.Range(from, to), Summary: "x"})
		if strings.ContainsAny(b.String(), "\x1b\x00\a\b\r") {
			t.Fatalf("%q", b.String())
		}
	})
}

// TestExcerpt: of a long line the part around the range is shown, and the range stays on its runes.
func TestExcerpt(t *testing.T) {
	long := []rune(strings.Repeat("é", 100) + "xyz" + strings.Repeat("ü", 400) + "abc" + strings.Repeat("ö", 300))
	for _, test := range []struct {
		from, to int
		want     string
		left     bool
	}{
		{100, 103, "xyz", false},
		{503, 506, "abc", true},
		{805, 806, "ö", true},
		{806, 806, "", true},
	} {
		shown, from, to := excerpt(long, test.from, test.to)
		if got := string(shown[from:to]); got != test.want || len(shown) > longestQuote+1 || (shown[0] == '…') != test.left {
			t.Errorf("%d to %d: %q in %q, expected %q", test.from, test.to, got, string(shown), test.want)
		}
	}
	if shown, from, to := excerpt([]rune("abc"), 1, 3); string(shown) != "abc" || from != 1 || to != 3 {
		t.Errorf("a short line: %q %d %d", string(shown), from, to)
	}
}
