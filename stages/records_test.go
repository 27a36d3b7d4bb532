package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// randomJSON is a JSON value as somebody may write it, with what is hard about them.
func randomJSON(rng *rand.Rand, depth int) string {
	space := []string{"", "", "", " ", "  ", "\t"}[rng.IntN(6)]
	switch n := rng.IntN(14); {
	case n < 3 && depth < 4:
		var members []string
		for range rng.IntN(4) {
			members = append(members, randomName(rng)+space+":"+space+randomJSON(rng, depth+1))
		}
		return "{" + space + strings.Join(members, space+","+space) + space + "}"
	case n == 3 && depth < 4:
		var items []string
		for range rng.IntN(4) {
			items = append(items, randomJSON(rng, depth+1))
		}
		return "[" + space + strings.Join(items, ","+space) + "]"
	case n < 7:
		return fmt.Sprint(rng.IntN(2000) - 1000)
	case n == 7:
		return []string{"1.5", "-0.25", "1e3", "2E-2", "-0", "0", "1.0", "9007199254740993", "999999999999999999", "1000000000000000000", "-9223372036854775808", "12345678901234567890.5"}[rng.IntN(12)]
	case n < 11:
		return `"` + []string{"", "a", "abc", "text that is longer than eight", `esc\"aped`, `\u00e4\n`, "ä", `back\\slash, and so on`, "\\ud83d\\ude00", "12", "ends with \\\\"}[rng.IntN(11)] + `"`
	default:
		return []string{"true", "false", "null"}[rng.IntN(3)]
	}
}

func randomName(rng *rand.Rand) string {
	return []string{`"a"`, `"a"`, `"b"`, `"n"`, `"n"`, `"\u0061"`, `"long name of a member"`, `"ä"`, `""`}[rng.IntN(9)]
}

// randomLines is a file of JSON lines, some of which are none.
func randomLines(rng *rand.Rand) string {
	var b strings.Builder
	shapes := []string{`{"n": %d, "a": "x", "b": [1, {"n": 2}]}`, `{"a": "some text", "n": %d}`, ` {"n":%d, "n": 7, "b": null} `}
	if rng.IntN(6) == 0 {
		b.WriteString("\ufeff")
	}
	if rng.IntN(2) == 0 { // what loops can be made for, mostly
		oddity := rng.IntN(60)
		for i := range 50 {
			if i == oddity {
				fmt.Fprintf(&b, "{\"n\": %s, \"a\": %s, \"b\": 2}\n", randomJSON(rng, 1), randomJSON(rng, 1))
			}
			fmt.Fprintf(&b, "{\"n\": %d, \"a\": \"text %d\", \"b\": %d.5, \"t\": %t}\n", rng.IntN(40)-5, rng.IntN(4), rng.IntN(9), rng.IntN(2) == 0)
		}
		return b.String()
	}
	for range rng.IntN(40) {
		switch rng.IntN(8) {
		case 0:
			b.WriteString(randomJSON(rng, 0))
		case 1, 2:
			fmt.Fprintf(&b, `{"n": %d, %s: %s, "b": %s}`, rng.IntN(100), randomName(rng), randomJSON(rng, 1), randomJSON(rng, 1))
		case 3:
			b.WriteString([]string{
				"", "  \r", "{", `{"n": 1`, `{"n": 1,}`, `{"n" 1}`, `{"n": 01}`, `{"n": 1} x`, `{"n": "a` + "\x01" + `"}`, `{"n": "\x"}`, `{"n": NaN}`, `{"n": -Infinity, "a": 1}`,
				`{"n": 99999999999999999999}`, `{"n": 1e999}`, "{\"n\": \"\xff\"}", `{"a": "\ud800"}`, `{"n": tru}`, `[1, 2`, `{"n": 1, "a": "\u12"}`, `{n: 1}`,
				strings.Repeat("[", 70) + strings.Repeat("]", 70), `{"b": ` + strings.Repeat(`{"n": `, 80) + "1" + strings.Repeat("}", 80) + `, "n": 3}`,
			}[rng.IntN(22)])
		default:
			fmt.Fprintf(&b, shapes[rng.IntN(len(shapes))], rng.IntN(100))
		}
		b.WriteString([]string{"\n", "\n", "\r\n"}[rng.IntN(3)])
	}
	return b.String()
}

func randomCSV(rng *rand.Rand) string {
	var b strings.Builder
	b.WriteString([]string{"n,a,b\n", "a,n,long name of a member\r\n", "n\n"}[rng.IntN(3)])
	for range rng.IntN(40) {
		for i := range 3 {
			if i > 0 && rng.IntN(15) > 0 && !strings.HasPrefix(b.String(), "n\n") {
				b.WriteByte(',')
			}
			b.WriteString([]string{"1", "23", "x", "", "4.5", `"q,""uoted"`, "\"two\nlines\"", "\xff", "ä", "-7"}[min(rng.IntN(14), 9)])
			if strings.HasPrefix(b.String(), "n\n") {
				break
			}
		}
		b.WriteString([]string{"\n", "\n", "\r\n"}[rng.IntN(3)])
	}
	return b.String()
}

// recordStages are stages that read fields of records, some of which want the records whole.
func recordStages(rng *rand.Rand) (names string, stages []Stage) {
	skip := func(s Stage) Stage { return handled(s, ThenSkip, putErrors()) }
	tail := [][]Stage{
		{skip(mapStage("item.n"))},
		{skip(mapStage(`{n: item.n, a: item.a, x: item["long name of a member"]}`))},
		{skip(mapStage("[item.b, item.b?.n]"))},
		{skip(mapStage("item.n + 1"))},
		{skip(mapStage("item"))},
		{skip(mapStage("item.a"))},
		{skip(mapStage("item.t"))},
		{skip(mapStage("item.b * 2 - item.n"))},
		{skip(mapStage("item.t ? item.n : 9223372036854775807 + item.n"))},
		{skip(mapStage("int(item.a)"))},
		{skip(stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item.n"))), skip(mapStage("[item.key, item.value]"))},
		{skip(stage("reduce", exprField("[acc, item.n]"), "init", srcLiteral(0)))},
		{skip(stage("reduce", exprField("[acc, item.a]")))},
		{skip(stage("reduce", exprField("acc"), "by", srcExpr("item.a")))},
		{stage("collect", Field{Source: srcLiteral("all")})},
		{skip(stage("sort", exprField("string(item.n)")))},
		{skip(stage("put", queueField("q1"), "value", srcExpr("item.n")))},
		{stage("batch", Field{Source: srcLiteral(3)})},
		{skip(stage("top", Field{Source: srcLiteral(3)}, "by", srcExpr("string(item.n)")))},
	}
	middle := [][]Stage{
		{skip(filterStage("item.n != null"))},
		{skip(filterStage("item.n > 20"))},
		{skip(filterStage(`string(item.a) contains "e"`))},
		{skip(filterStage("item.a == item.b"))},
		{only(skip(filterStage("item.n != 3")), "index % 2 == 0")},
		{only(stage("take", Field{Source: srcLiteral(20)}), "true")},
		{skip(filterStage(`item.n * 2 > 3 and item.a != "text 1"`))},
		{skip(filterStage("item.b + item.n > index / 2"))},
		{skip(filterStage("not item.t or item.n % 3 == 0"))},
		{skip(filterStage("int(item.n) > 3"))},
		{skip(filterStage("100 / item.n > 5"))},
		{countStage("skip", 2)},
		{countStage("take", 12)},
		{skip(stage("print", Field{Source: srcText("<${{ item.n }} ${{ item.a }}>")}))},
		{stage("print", Field{})},
		{named(skip(filterStage("item.n != 5")), "kept")},
		{named(skip(mapStage("item.n")), "n")},
		{skip(filterStage("len(item) > 1"))},
		{only(handled(mapStage("item.n * 2"), ThenPass), "item.a == null")},
		{routeStage(when("item.n == 1", mapStage("item.a")), when("", filterStage("true")))},
	}
	for range rng.IntN(4) {
		i := rng.IntN(len(middle))
		names += fmt.Sprintf(" m%d", i)
		stages = append(stages, middle[i]...)
	}
	i := rng.IntN(len(tail))
	return names + fmt.Sprintf(" t%d", i), append(stages, tail[i]...)
}

// TestRecordsAreInvisible: whether records are left as they stand in a file or taken apart at once makes no difference, whatever is in
// the file, whatever the stages behind read of them, in batches of any size, and with deaths.
func TestRecordsAreInvisible(t *testing.T) {
	left := 0
	dir := t.TempDir()
	for seed := range uint64(900) {
		rng := rand.New(rand.NewPCG(seed, 12))
		format, data := "jsonl", ""
		if rng.IntN(3) == 0 {
			format, data = "csv", randomCSV(rng)
		} else {
			data = randomLines(rng)
		}
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		names, behind := recordStages(rng)
		stages := append([]Stage{handled(stage("read", textList("f"), "format", srcLiteral(format)), []HandlerThen{ThenSkip, ThenPass}[rng.IntN(2)], putErrors())}, behind...)
		run := func(bare bool, block int, deaths int) string {
			w := newWorld()
			w.dir = dir
			for lives := 0; ; lives++ {
				h, err := w.start(stages, Options{BlockItems: block})
				if err != nil {
					t.Fatalf("seed %d:%s: %v", seed, names, err)
				}
				read := h.chain.links[0].node.(*readNode)
				if read.bare && bare && lives == 0 {
					left++
				}
				read.bare = read.bare && bare
				h.die = func() bool { return lives < deaths && rng.IntN(12) == 0 }
				h.full = func() bool { return rng.IntN(4) == 0 }
				if err = h.finish(); !errors.Is(err, errKilled) {
					return fmt.Sprintf("%serror: %v\n", w.outcome(), err)
				}
			}
		}
		want := run(false, 1, 0)
		for _, block := range []int{1, 7, 1024} {
			if got := run(true, block, 0); got != want {
				t.Fatalf("seed %d:%s in batches of %d of %q:\ngot  %s\nwant %s", seed, names, block, data, got, want)
			}
		}
		if got := run(true, 1+rng.IntN(20), 20); got != want {
			t.Fatalf("seed %d:%s with deaths of %q:\ngot  %s\nwant %s", seed, names, data, got, want)
		}
	}
	if left < 900 {
		t.Errorf("only %d runs left records as they are", left)
	}
}

// FuzzScanJSON: what the scanner accepts the parser accepts, and its fields are those of the parsed item.
func FuzzScanJSON(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		f.Add(randomJSON(rng, 0), randomJSON(rng, 0))
	}
	f.Add(`{"n": 1.0e5, "a": "\u00e4", "n": 2}`, ` {"n":-0.5,"b":{"n":[]}} `)
	f.Fuzz(func(t *testing.T, first, second string) {
		s := jsonScanner{layout: &recordLayout{names: []string{"n", "a", ""}}}
		for _, text := range []string{first, second, first} {
			line, _, _ := strings.Cut(text, "\n")
			if !utf8.ValidString(line) {
				return
			}
			item, err := ParseJSON(line)
			s.look(line)
			end, alone := s.record(0, true, nil)
			s.look(line + "\n" + strings.Repeat(`"`, 500))
			behind, pieces := s.record(0, false, nil)
			if end != behind || !slices.Equal(alone, pieces) {
				t.Fatalf("%q: %d %v alone, %d %v with more behind", line, end, alone, behind, pieces)
			}
			if end < 0 {
				continue
			}
			if err != nil || end != len(line) {
				t.Fatalf("%q is accepted up to %d, but %v", line, end, err)
			}
			c := Column{Kind: Records, layout: s.layout, text: s.text, pieces: pieces}
			if !Equal(c.At(0), item) && !strings.Contains(string(AppendJSON(nil, item)), "NaN") {
				t.Fatalf("%q is %s, not %s", text, AppendJSON(nil, c.At(0)), AppendJSON(nil, item))
			}
			object, isObject := item.(map[string]any)
			if isObject != c.isObject(0) {
				t.Fatalf("%q: an object: %t", text, isObject)
			}
			for i, name := range s.layout.names {
				want, there := object[name]
				got, ok := c.field(0, i)
				if ok != there || !slices.Equal(AppendJSON(nil, got), AppendJSON(nil, want)) {
					t.Fatalf("%q: %s is %v %t, not %v %t", text, name, got, ok, want, there)
				}
			}
		}
	})
}
