package spec

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestFiles loads each archive of testdata/files: main.yaml, over which all files named over*.yaml are laid in their order. The part
// named findings has what is found wrong, that named merged each value of the result with the place that it comes from.
func TestFiles(t *testing.T) {
	archives, err := filepath.Glob("testdata/files/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("corpus: %d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			opts := Options{File: "main.yaml", Open: opener(files)}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
				if strings.HasPrefix(f.Name, "over") {
					opts.Overlays = append(opts.Overlays, f.Name)
				}
			}
			p, found := Load(files["main.yaml"], opts)
			found = append(found, p.Silence(p.Original(stageAccidents(p)))...).Sorted()
			checkFilesFindings(t, p, found)
			want := map[string]string{"findings": string(files["findings"]), "merged": string(files["merged"])}
			got := map[string]string{"findings": renderAll(p.Sources, found), "merged": dump(p.Root)}
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "findings" || f.Name == "merged" })
				for _, name := range []string{"findings", "merged"} {
					archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
				}
				writeGolden(t, path, txtar.Format(archive))
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// opener is an Options.Open of files in memory.
func opener(files map[string][]byte) func(string) (io.ReadCloser, error) {
	return func(path string) (io.ReadCloser, error) {
		text, ok := files[path]
		if !ok {
			return noFiles(path)
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
}

// renderAll shows findings with the lines of the files that they are about.
func renderAll(sources []*Source, found Diagnostics) string {
	var b strings.Builder
	for _, d := range found {
		src := sources[0]
		for _, s := range sources {
			if s.Name == d.Range.Start.File {
				src = s
			}
		}
		b.WriteString(render(src, Diagnostics{d}))
	}
	return b.String()
}

// dump shows each scalar of a tree with its path and place.
func dump(n *Node) string {
	if n == nil {
		return "nothing\n"
	}
	var b strings.Builder
	walk(n, func(n *Node) {
		if n.IsScalar() {
			b.WriteString(n.Path() + " = " + n.Text + " (" + n.At().Start.String() + ")\n")
		}
	})
	return b.String()
}

// checkFilesFindings: every position of a finding lies inside its own file.
func checkFilesFindings(t *testing.T, p *Pipeline, found Diagnostics) {
	t.Helper()
	check := func(r Range) {
		for _, src := range p.Sources {
			if src.Name == r.Start.File {
				checkRange(t, src, r)
				return
			}
		}
		if r.Start.IsValid() {
			t.Errorf("%v is in no file", r)
		}
	}
	for _, d := range found {
		check(d.Range)
		for _, related := range d.Related {
			check(related.Range)
		}
	}
}

// FuzzMerge: laying a document over itself, or an empty one over it, changes nothing; whatever is laid over it or included, findings lie
// inside the file that they name.
func FuzzMerge(f *testing.F) {
	f.Add([]byte("vars: {n: 1}\nqueues: {q: {capacity: 1}}\n"), []byte("vars: {n: null}\nqueues: {q: null, r: {}}\n"))
	f.Add([]byte("include: [f, g]\nx-a: &a {b: c}\nprocesses: {p: *a, q: {<<: *a}}\n"), []byte("include: g\nprocesses: {p: {stages: [{map: item[0]}]}}\n"))
	f.Add([]byte("processes:\n  p: {stages: [{map: item ? 1 : 2}], x-mprun-allow: [unused]}\n"), []byte("processes: {p: }\nx-mprun-allow: 1\n"))
	archives, _ := filepath.Glob("testdata/files/*.txtar")
	for _, path := range archives {
		if archive, err := txtar.ParseFile(path); err == nil && len(archive.Files) > 1 {
			f.Add(archive.Files[0].Data, archive.Files[1].Data)
		}
	}
	limits := Limits{Nodes: 10000, Depth: 50, Bytes: 1 << 16}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		files := map[string][]byte{"f": one, "g": two, "empty": nil}
		plain, _ := Load(one, Options{File: "f", Open: opener(files), Limits: limits})
		for _, over := range []string{"f", "empty"} {
			p, found := Load(one, Options{File: "f", Overlays: []string{over}, Open: opener(files), Limits: limits})
			checkFilesFindings(t, p, found)
			if a, b := texts(plain.Root), texts(p.Root); a != b && !found.HasErrors() {
				t.Fatalf("%q over itself or nothing over it gives\n%s\nfor\n%s", one, b, a)
			}
		}
		p, found := Load(one, Options{File: "f", Overlays: []string{"g"}, Open: opener(files), Limits: limits})
		checkFilesFindings(t, p, found)
		p, found = Load([]byte("include: [f, g, f]\n"), Options{File: "h", Open: opener(files), Limits: limits})
		checkFilesFindings(t, p, found)
	})
}

// texts are the values of a tree, without their places.
func texts(n *Node) string {
	var b strings.Builder
	if n != nil {
		walk(n, func(n *Node) {
			b.WriteString(n.Kind.String() + " " + n.Path() + " " + n.Text + "\n")
		})
	}
	return b.String()
}
