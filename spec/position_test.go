package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPosAt finds the X of a decoded text in the document. The first | in want is the line, then the column, of each X.
func TestPosAt(t *testing.T) {
	tests := []struct {
		name, doc string
		text      string   // of the value of a
		at        []string // line:col of each X in it
	}{
		{"plain", "a: one X two", "one X two", []string{"1:8"}},
		{"plain behind runes", "a: öü X", "öü X", []string{"1:7"}},
		{"plain with anchor and tag", "a: &b !!str X", "X", []string{"1:13"}},
		{"plain folded", "a: one X\n   two X\n\n\n  X", "one X two X\n\nX", []string{"1:8", "2:8", "5:3"}},
		{"plain folded, CRLF", "a: X\r\n  X\r\n\r\n  X\r\n", "X X\nX", []string{"1:4", "2:3", "4:3"}},
		{"single", "a: 'it''s X'", "it's X", []string{"1:11"}},
		{"single folded", "a: 'X \n  X\n\n   X '", "X X\nX ", []string{"1:5", "2:3", "4:4"}},
		{"double", `a: "\tX\u00e9X\\X\x58X"`, "\tXéX\\XXX", []string{"1:7", "1:14", "1:17", "1:18", "1:22"}},
		{"double behind BOM", "\xef\xbb\xbf" + `a: "X"`, "X", []string{"1:5"}},
		{"double folded", "a: \"X  \n   X\\\n   X\n\n  X\"", "X XX\nX", []string{"1:5", "2:4", "3:4", "5:3"}},
		{"double with wide escapes", `a: "\U0001F600X\N\_\L\PX\e\0X"`, "😀X\u0085\u00a0\u2028\u2029X\x1b\x00X", []string{"1:15", "1:24", "1:29"}},
		{"literal", "a: |\n  X one\n   X\n\n  X\n", "X one\n X\n\nX\n", []string{"2:3", "3:4", "5:3"}},
		{"literal with leading blank lines", "a: |\n \n\n  X", "\n\nX", []string{"4:3"}},
		{"literal, indicator", "a: |2-  # c\n    X\n  X\n\n", "  X\nX", []string{"2:5", "3:3"}},
		{"literal, kept", "a: |+\n  X\n\n \nb: 1", "X\n\n\n", []string{"2:3"}},
		{"literal in a list", "a:\n- - |\n   öX\n", "öX\n", []string{"3:5"}},
		{"folded", "a: >\n  X one\n  two X\n\n  X\n   X more\n  X\n", "X one two X\nX\n X more\nX\n", []string{"2:3", "3:7", "5:3", "6:4", "7:3"}},
		{"folded, CRLF", "a: >-\r\n  X\r\n  X\r\n", "X X", []string{"2:3", "3:3"}},
		{"flow list", "a: [b, 'c', X]", "X", []string{"1:13"}},
		{"flow mapping", "a: {b: \"é\", c: [d, {e: X}]}", "X", []string{"1:24"}},
		{"flow over lines", "a: [b,\n  'c\n   X', d]", "c X", []string{"3:4"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := mustBuild(t, test.doc)
			n := findX(root)
			if n == nil {
				t.Fatalf("no scalar with an X")
			}
			if n.Text != test.text {
				t.Fatalf("text %q, want %q", n.Text, test.text)
			}
			var got []string
			for i := range len(n.Text) {
				if n.Text[i] == 'X' {
					got = append(got, n.PosAt(i).String())
				}
			}
			if diff := cmp.Diff(test.at, got); diff != "" {
				t.Errorf("positions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPosAtEnds(t *testing.T) {
	root := mustBuild(t, "a: 'x\\n'\nb:\nc: [1]\n")
	a := root.Get("a").Value
	for _, test := range []struct {
		node *Node
		at   int
		want string
	}{
		{a, len(a.Text), "1:8"},
		{a, 1000, "1:8"},
		{a, -1, "1:5"},
		{root.Get("b").Value, 5, "2:3"},
		{root.Get("c").Value, 2, "3:4"},
	} {
		if got := test.node.PosAt(test.at).String(); got != test.want {
			t.Errorf("PosAt(%d) of %q: %s, want %s", test.at, test.node.Text, got, test.want)
		}
	}
}

func TestRanges(t *testing.T) {
	const doc = "a: [1, {b: 'x'} , ] # c\nk: &n !!str  v\nm:\n  - |\n    text\n\n  - >-\n    fold\n    ed\n\n# end\nn: *n\no: !!str\np: {q: }\n"
	root := mustBuild(t, doc)
	want := []string{
		"a=[1, {b: 'x'} , ]", "a[0]=1", "a[1]={b: 'x'}", "a[1].b='x'",
		"k=v", "m=- |\n    text\n\n  - >-\n    fold\n    ed", "m[0]=|\n    text", "m[1]=>-\n    fold\n    ed",
		"n=v", "o=", "p={q: }", "p.q=",
	}
	var got []string
	walk(root, func(n *Node) {
		if n != root {
			got = append(got, n.Path()+"="+n.src.Text(n.Range))
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := root.src.Text(root.Get("n").Value.At()); got != "*n" {
		t.Errorf("an alias is at %q", got)
	}
}

func TestSource(t *testing.T) {
	text := "öne\r\ntwo\n" + strings.Repeat("é", 1000) + "\n"
	src := NewSource("f", []byte(text))
	for i := range text {
		p := src.Pos(i)
		if back := src.Offset(p.Line, p.Col); back != i {
			t.Fatalf("offset %d is at %s, which is offset %d", i, p, back)
		}
	}
	if got := []string{src.Line(1), src.Line(2), src.Line(4), src.Line(5), src.Line(0)}; !cmp.Equal(got, []string{"öne", "two", "", "", ""}) {
		t.Errorf("lines %q", got)
	}
	if p := src.Pos(len(text) + 10); p.Line != 4 || p.Col != 1 {
		t.Errorf("behind the end: %s", p)
	}
}

// mustBuild parses a document that is expected to be free of findings.
func mustBuild(t *testing.T, doc string) *Node {
	t.Helper()
	src := NewSource("", []byte(doc))
	r := &reader{opts: Options{}.withDefaults()}
	y := parseYAML(src.Bytes[bomLen(src.Bytes):])
	if y.err != nil {
		t.Fatal(y.err)
	}
	root := r.build(src, y.root)
	if len(r.found) > 0 {
		t.Fatal(r.found)
	}
	return root
}

func walk(n *Node, f func(*Node)) {
	f(n)
	for _, item := range n.Items {
		walk(item, f)
	}
	for _, e := range n.Keys {
		walk(e.Value, f)
	}
}

func findX(n *Node) (found *Node) {
	walk(n, func(n *Node) {
		if n.IsScalar() && strings.Contains(n.Text, "X") {
			found = n
		}
	})
	return found
}
