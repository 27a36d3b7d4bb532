package spec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestFindings loads each wrong file of the corpus and compares its findings with the text beside it. A golden file shows each
// finding as the command line does, the source line with the range below, its path, and related places.
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("corpus: %d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, found := Load(src, Options{File: name + ".yaml", IsFunction: func(s string) bool { return s == "count" }})
			found = append(found, p.Original(stageAccidents(p))...).Sorted()
			if len(found) == 0 {
				t.Fatal("a file of wrong specs has no finding")
			}
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", render(p.Source, found))
		})
	}
}

// stageAccidents does for some operators what the planner does by its table.
func stageAccidents(p *Pipeline) Diagnostics {
	var found Diagnostics
	for _, process := range p.Processes {
		for _, stage := range process.Stages.Stages {
			for _, e := range stage.Node.Keys {
				var ds Diagnostics
				switch e.Key.Text {
				case "map", "filter", "by":
					_, ds = ReadExpression(e.Value, Options{})
				case "print", "extract", "read":
					_, ds = ReadText(e.Value, Options{})
				case "items":
					_, ds = ReadData(e.Value, Options{})
				}
				found = append(found, ds...)
			}
		}
	}
	return found
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		writeGolden(t, file, []byte(got))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("findings differ from %s (-want +got):\n%s", file, diff)
	}
}

func writeGolden(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func render(src *Source, found Diagnostics) string {
	var b strings.Builder
	for _, d := range found {
		b.WriteString(d.Error() + "\n")
		at := d.Range.Start
		if at.IsValid() {
			width := 1
			if d.Range.End.Line == at.Line {
				width = max(1, d.Range.End.Col-at.Col)
			}
			b.WriteString("    " + strings.ReplaceAll(src.Line(at.Line), "\t", " ") + "\n")
			b.WriteString("    " + strings.Repeat(" ", at.Col-1) + strings.Repeat("^", width) + "\n")
		}
		if d.Path != "" {
			b.WriteString("    at " + d.Path + "\n")
		}
		for _, r := range d.Related {
			b.WriteString("    " + r.Range.Start.String() + ": " + r.Message + "\n")
		}
	}
	return b.String()
}
