package spec

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseTemplate(t *testing.T) {
	tests := []struct {
		text string
		want []Part
		code string
	}{
		{"", nil, ""},
		{"plain $HOME $ { }} ${", []Part{{false, "plain $HOME $ { }} ${", 0}}, ""},
		{"${{ item }}", []Part{{true, "item", 4}}, ""},
		{"a${{x}}b${{ y }}", []Part{{false, "a", 0}, {true, "x", 4}, {false, "b", 7}, {true, "y", 12}}, ""},
		{`${{ "}}" + '\'}}' + "` + "`" + `" }}.`, []Part{{true, `"}}" + '\'}}' + "` + "`" + `"`, 4}, {false, ".", 26}}, ""},
		{"${{ map(xs, {{a: it}}) }}", []Part{{true, "map(xs, {{a: it}})", 4}}, ""},
		{"${{ {a: {b: 1}}}}", []Part{{true, "{a: {b: 1}}", 4}}, ""},
		{"${{ a /* }} */ + 1 }}", []Part{{true, "a /* }} */ + 1", 4}}, ""},
		{"${{ a // }}\n + 1 }}", []Part{{true, "a // }}\n + 1", 4}}, ""},
		{"${{ a // b }}", []Part{{true, "a // b", 4}}, ""},
		{"a ${{ b", []Part{{false, "a ${{ b", 0}}, CodeUnclosed},
		{"${{ 'b }}", []Part{{false, "${{ 'b }}", 0}}, CodeUnclosed},
		{"a ${{ }} b", []Part{{false, "a ", 0}, {false, " b", 8}}, CodeEmptyExpression},
	}
	for _, test := range tests {
		n := mustBuild(t, "a: "+quoteDouble(test.text)).Get("a").Value
		got, found := ParseTemplate(n, nil)
		if diff := cmp.Diff(test.want, got.Parts); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
		if code := codeOf(found); code != test.code {
			t.Errorf("%q: finding %q, want %q", test.text, code, test.code)
		}
		for _, p := range got.Parts {
			if !strings.HasPrefix(n.Text[p.Offset:], p.Source) {
				t.Errorf("%q: part %q is not at %d", test.text, p.Source, p.Offset)
			}
		}
	}
}

func TestFindCloseOption(t *testing.T) {
	n := mustBuild(t, "a: ${{ }} }}").Get("a").Value
	got, found := ParseTemplate(n, func(src string) int { return strings.LastIndex(src, "}}") })
	if len(found) > 0 || len(got.Parts) != 1 || got.Parts[0].Source != "}}" {
		t.Errorf("%v %v", got, found)
	}
	_, found = ParseTemplate(n, func(src string) int { return len(src) - 1 })
	if codeOf(found) != CodeUnclosed {
		t.Errorf("an end beyond the text: %v", found)
	}
}

func quoteDouble(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

func codeOf(found Diagnostics) string {
	if len(found) == 0 {
		return ""
	}
	return found[0].Code
}

func TestSplitCommand(t *testing.T) {
	tests := []struct {
		text string
		want []string // parts joined by |
		code string
	}{
		{"convert ${{ item }} out.png", []string{"convert", "item", "out.png"}, ""},
		{"  a\t b\n", []string{"a", "b"}, ""},
		{`a'b c'"d e"f`, []string{"ab cd ef"}, ""},
		{`a\ b "\$x\y\"" '\'`, []string{"a b", `$x\y"`, `\`}, ""},
		{`'' ""`, []string{"", ""}, ""},
		{`a"${{ x }} y"${{ z }}`, []string{"a|x| y|z"}, ""},
		{`$HOME *.txt ~`, []string{"$HOME", "*.txt", "~"}, ""},
		{"a\\\nb", []string{"ab"}, ""},
		{"naïve ü", []string{"naïve", "ü"}, ""},
		{"a 'b", nil, CodeCommand},
		{" ", nil, CodeCommand},
		{"a > b", []string{"a", ">", "b"}, CodeShellSyntax},
		{"a '>' b", []string{"a", ">", "b"}, CodeShellSyntax},
	}
	for _, test := range tests {
		n := mustBuild(t, "a: "+quoteDouble(test.text)).Get("a").Value
		c, found := ReadCommand(n, Options{})
		var got []string
		for _, w := range c.Words {
			var parts []string
			for _, p := range w.Parts {
				parts = append(parts, p.Source)
			}
			got = append(got, joinParts(parts, w))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
		if code := codeOf(found); code != test.code {
			t.Errorf("%q: finding %q, want %q", test.text, code, test.code)
		}
	}
}

// joinParts joins pieces that quotes broke apart, and divides expressions from what is around them by |.
func joinParts(parts []string, w Template) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 && (w.Parts[i].IsExpr || w.Parts[i-1].IsExpr) {
			b.WriteString("|")
		}
		b.WriteString(p)
	}
	return b.String()
}

// TestSplitCommandProperty: quoting words as a shell does and splitting the line gives the words.
func TestSplitCommandProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z '"\\é$ ]{0,6}`), 1, 5).Draw(rt, "words")
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		n := mustBuild(t, "a: "+quoteDouble(strings.Join(quoted, " "))).Get("a").Value
		c, found := ReadCommand(n, Options{})
		got := make([]string, len(c.Words))
		for i, w := range c.Words {
			for _, p := range w.Parts {
				got[i] += p.Source
			}
		}
		if len(found) > 0 || !cmp.Equal(words, got) {
			rt.Fatalf("%q: %q, %v", words, got, found)
		}
	})
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"250ms": 250 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "2m": 2 * time.Minute, "0s": 0, "0": 0, "1m30s": 90 * time.Second,
		"": -1, "5": -1, "-1s": -1, "+1s": -1, "1 s": -1, "s": -1, "9999999h": -1, "1d": -1,
	} {
		if got, err := ParseDuration(text); (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("duration %q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]int64{
		"64KiB": 64 << 10, "10MB": 10_000_000, "1.5GiB": 3 << 29, "0B": 0, "1 kB": 1000, "7TiB": 7 << 40, ".5KiB": 512, "2TB": 2e12, "1GB": 1e9,
		"": -1, "5": -1, "-1B": -1, "1.3B": -1, "1KIB": -1, "B": -1, "9999999TiB": -1, "1e3B": -1, "1..2B": -1, "1BB": -1,
	} {
		if got, err := ParseSize(text); (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("size %q: %v, %v", text, got, err)
		}
	}
}

func TestResolve(t *testing.T) {
	for kind, texts := range map[Kind]string{
		Null:   "~ null Null NULL",
		Bool:   "true True TRUE false False FALSE",
		Int:    "0 1 -1 +12 010 0o17 0x1F 0xff",
		Float:  "1.5 .5 5. 1e3 -1.5E-3 +.inf -.Inf .INF .nan .NaN",
		String: "yes no on off y n 1_000 0b11 0o8 0xg 1:30 2024-01-02 - + . e3 1e 1e+ --1 +-.inf +.nan -0x1 inf nan",
	} {
		for _, text := range strings.Fields(texts) {
			if got := resolve(text); got != kind {
				t.Errorf("%q is %s, want %s", text, got, kind)
			}
		}
	}
	if resolve("") != Null {
		t.Error("nothing is not null")
	}
}

func TestData(t *testing.T) {
	n := mustBuild(t, "[0o17, 0x1F, -5, +7, 1e3, .5, -.inf, 9223372036854775807, -9223372036854775808, !!str 5, !!float 5, '010', ~, False, 1e-999, {5: a}]")
	got, found := n.Data()
	want := []any{
		15, 31, -5, 7, 1e3, .5, math.Inf(-1), math.MaxInt64, math.MinInt64, "5", 5.0, "010", nil, false, 0.0, map[string]any{"5": "a"},
	}
	if diff := cmp.Diff(any(want), got); diff != "" || len(found) > 0 {
		t.Errorf("%v (-want +got):\n%s", found, diff)
	}
	nan, _ := mustBuild(t, ".NaN").Data()
	if f, ok := nan.(float64); !ok || !math.IsNaN(f) {
		t.Errorf(".NaN is %v", nan)
	}
}

func TestNearest(t *testing.T) {
	ops := []string{"map", "filter", "flat_map", "take", "take_while", "top", "a", "q"}
	for word, want := range map[string]string{
		"flatmap": "flat_map", "flat-map": "flat_map", "Map": "map", "fliter": "filter", "mpa": "map", "tkae": "take", "mapp": "map", "xyz": "", "": "",
		"Q": "q", "FLAT_map": "flat_map", "_take_while": "take_while", "--": "",
	} {
		if got := Nearest(word, ops); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestMendFlow(t *testing.T) {
	for text, want := range map[string]string{
		"[a, b]":                          "[a, b]",
		"[max(a, b), c]":                  "['max(a, b)', c]",
		"{a: item[0], b: {c: x ? 1 : 2}}": "{a: 'item[0]', b: {c: 'x ? 1 : 2'}}",
		"[ ${{ a }} , 'q, r' ]":           "[ '${{ a }}' , 'q, r' ]",
		`{a: "x" + y}`:                    `{a: '"x" + y'}`,
		"[[1, 2][0], {a: 1}]":             "['[1, 2][0]', {a: 1}]",
		"{a: }":                           "{a: }",
		"[a":                              "",
		"[a] b":                           "",
		"{max(a): 1}":                     "",
		"[)]":                             "",
	} {
		got, ok := mendFlow(text)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", text, got, ok, want)
		}
	}
}
