package spec

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad: whatever the document, Load does not panic; every range lies inside the source and every position agrees with its
// offset; findings are sorted, coded and have a summary on one line; and where there are none, each scalar's source decodes to its
// text, byte for byte where both are the same.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.yaml")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	for _, doc := range []string{"a: &a [*a]", "? |\n  x\n: >+\n\n  y\n\n", "%YAML 1.2\n---\na: b\n...\n", "{a, b: [c, d: e]}", "a: \"x\\\n\n  y\"", "<<: {a: 1}", "a: !x\n- b", "'a''': |1-\n  x"} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, found := Load(text, Options{File: "f", Open: noFiles, Limits: Limits{Nodes: 10000, Depth: 50, Bytes: 1 << 16}})
		checkFindings(t, p.Source, found)
		if p.Root == nil {
			return
		}
		src := p.Root.src // the mended one, if the text is not YAML
		walk(p.Root, func(n *Node) {
			checkRange(t, src, n.Range)
			if n.Alias != nil {
				checkRange(t, src, *n.Alias)
			}
			if n.IsScalar() {
				checkScalar(t, n, len(found) == 0)
			}
			for _, kind := range []FieldKind{KindExpression, KindText, KindCount} {
				found := n.Accidents(kind)
				checkFindings(t, src, found)
				checkFindings(t, p.Source, p.Original(found).Sorted())
			}
		})
		_, dataFound := p.Root.Data()
		checkFindings(t, src, dataFound)
	})
}

// noFiles is Options.Open where there are none.
func noFiles(path string) (io.ReadCloser, error) {
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

func checkFindings(t *testing.T, src *Source, found Diagnostics) {
	t.Helper()
	for i, d := range found {
		if d.Code == "" || d.Summary == "" || d.Severity == 0 || strings.Contains(d.Error(), "\n") {
			t.Fatalf("incomplete or long finding: %#v", d)
		}
		checkRange(t, src, d.Range)
		for _, r := range d.Related {
			checkRange(t, src, r.Range)
		}
		if i > 0 && compareDiagnostics(found[i-1], d) >= 0 {
			t.Fatalf("not sorted: %s before %s", found[i-1], d)
		}
	}
}

func checkRange(t *testing.T, src *Source, r Range) {
	t.Helper()
	if r.Start.Offset < 0 || r.Start.Offset > r.End.Offset || r.End.Offset > len(src.Bytes) {
		t.Fatalf("range %v is outside of the source (%d bytes)", r, len(src.Bytes))
	}
	if src.Pos(r.Start.Offset) != r.Start || src.Pos(r.End.Offset) != r.End {
		t.Fatalf("range %v does not agree with its offsets: %v %v", r, src.Pos(r.Start.Offset), src.Pos(r.End.Offset))
	}
}

func checkScalar(t *testing.T, n *Node, clean bool) {
	t.Helper()
	if n.Text == "" {
		return
	}
	d, ok := decodeScalar(n.src.Bytes, n.Range.Start.Offset, n.Style, n.Text)
	if !ok {
		if clean {
			t.Fatalf("%s at %s: %q does not decode from %q", n.Path(), n.Range.Start, n.Text, n.src.Text(n.Range))
		}
		return
	}
	for _, s := range d.spans {
		if s.textLen == s.srcLen && s.textLen > 1 && string(n.src.Bytes[s.src:s.src+s.srcLen]) != n.Text[s.text:s.text+s.textLen] {
			t.Fatalf("%s: span %v of %q differs from its source", n.Path(), s, n.Text)
		}
	}
	for i := 0; i <= len(n.Text); i++ {
		if at := d.offset(i); at < n.Range.Start.Offset || at > n.Range.End.Offset && n.Style != Literal && n.Style != Folded || at > len(n.src.Bytes) {
			t.Fatalf("%s: byte %d of %q is at %d, outside of %v", n.Path(), i, n.Text, at, n.Range)
		}
	}
}
