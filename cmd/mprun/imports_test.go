//go:build linux

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the picture of the project's packages: an arrow for each import, and there are no others. Packages below one of these
// may import it and what it may import.
var allowed = map[string][]string{
	"cmd/mprun": {"runtime", "planner", "spec", "stages", "schemas"},
	"runtime":   {"planner", "stages", "spec", "shm"},
	"planner":   {"spec", "stages"},
	"schemas":   {"spec", "stages"},
	"stages":    {},
	"spec":      {},
	"shm":       {},
}

// TestImports holds the imports against the picture.
func TestImports(t *testing.T) {
	const module = "github.com/mprun/mprun/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, inside := strings.CutPrefix(path, module)
		if !inside {
			t.Errorf("there is a package at the top: %s", path)
			continue
		}
		root := rootOf(name)
		seen[root] = true
		if root == "e2e" {
			continue // runs the binary, and programs of its own
		}
		arrows, known := allowed[root]
		if !known {
			t.Errorf("package %s is not in the picture", name)
			continue
		}
		for _, imported := range strings.Fields(imports) {
			to, ours := strings.CutPrefix(imported, module)
			if ours && rootOf(to) != root && !slices.Contains(arrows, rootOf(to)) {
				t.Errorf("%s imports %s", name, to)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("the picture has %s, the project has not", name)
		}
	}
}

// rootOf is the package of the picture that a package belongs to.
func rootOf(name string) string {
	if strings.HasPrefix(name, "cmd/mprun") {
		return "cmd/mprun"
	}
	root, _, _ := strings.Cut(name, "/")
	return root
}
