package stages

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var runPatterns = []string{`[A-Za-z]{3,}`, `[A-Za-z_]+`, `\w+`, `\d{2,}`, `a+`, `[^\x80-\x{10ffff} ]+`, `[ab]{1,}`}

func TestCharRunTakesOnlyRunsOfOneClass(t *testing.T) {
	for _, pattern := range runPatterns {
		if newCharRun(pattern) == nil {
			t.Errorf("%s is not taken", pattern)
		}
	}
	for _, pattern := range []string{`a`, `(a+)`, `a+?`, `a*`, `[ab]{2,5}`, `[^a]+`, `(?i)k+`, `é+`, `a+b`, `\pL+`, `.+`, `^a+`, `[`, ``, `[a-z]{0,}`} {
		if newCharRun(pattern) != nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}

func FuzzCharRun(f *testing.F) {
	f.Add("the quick brown fox_2 ab aab 12 3 456\n\t\x00é\xffabc")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		for _, pattern := range runPatterns {
			want := regexp.MustCompile(pattern).FindAllString(s, -1)
			if got := newCharRun(pattern).appendAll(nil, s); !slices.Equal(got, want) {
				t.Errorf("%s in %q: %q, want %q", pattern, s, got, want)
			}
		}
	})
}

func TestTextsOf(t *testing.T) {
	for _, test := range []struct{ source, text string }{
		{`find_all(item, "[a-z]+")`, "ab c1d"},
		{`item | find_all("[a-z]{2,}")`, "ab c1d"},
		{`split(item, ",")`, "a,b,,c"},
		{`split(item, ", ")`, "a, b"},
		{`split(item, ",")`, ""},
	} {
		src := &Source{Kind: SourceExpr, Text: test.source}
		texts := textsOf(src)
		if texts == nil {
			t.Errorf("%s is not taken", test.source)
			continue
		}
		shape, err := Compile(src, &Scope{Vars: map[string]Type{"item": AnyType}})
		if err != nil {
			t.Fatal(err)
		}
		want, err := shape.Run(&Env{Item: test.text})
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for _, s := range texts(nil, test.text) {
			got = append(got, s)
		}
		if diff := cmp.Diff(want, any(got)); diff != "" {
			t.Errorf("%s: %s", test.source, diff)
		}
	}
	for _, source := range []string{`find_all(item, "a.c")`, `find_all(item.x, "[a-z]+")`, `split(item, "")`, `split(item, ",", 2)`, `split(item, item)`, `item`, `upper(item)`} {
		if textsOf(&Source{Kind: SourceExpr, Text: source}) != nil {
			t.Errorf("%s is taken", source)
		}
	}
}
