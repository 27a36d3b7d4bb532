package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/mprun/mprun/stages"
)

var updateOperators = flag.Bool("update", false, "write the outputs in examples/operators.md anew")

const operatorsFile = "../examples/operators.md"

// TestOperatorsByExample runs every example of examples/operators.md and holds its output against what stands there, with
// batches and item by item.
func TestOperatorsByExample(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(operatorsFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := fencesOf(string(document))
	files := map[string]string{}
	for _, b := range blocks {
		if _, name, ok := strings.Cut(b.info, " "); ok && name != "stderr" {
			files[name] = b.text
		}
	}
	var mu sync.Mutex
	printed := make(map[int]string) // by the line of the block; guarded by mu
	if *updateOperators {
		t.Cleanup(func() { writeOutputs(t, string(document), printed) })
	}
	for i, b := range blocks {
		if b.info != "yaml" {
			continue
		}
		if i+1 == len(blocks) || blocks[i+1].info != "text" {
			t.Fatalf("%s:%d: an example without its output", operatorsFile, b.line)
		}
		t.Run(firstOperator(t, b), func(t *testing.T) {
			t.Parallel()
			got := b.run(t, files)
			if single := b.run(t, files, "--block-items", "1"); single.stdout != got.stdout || single.code != got.code {
				t.Errorf("%s:%d: item by item standard output is\n%sin place of\n%s%s", operatorsFile, b.line, single.stdout, got.stdout, single.stderr)
			}
			mu.Lock()
			printed[blocks[i+1].line] = got.stdout
			mu.Unlock()
			if !*updateOperators && got.stdout != blocks[i+1].text {
				t.Errorf("%s:%d: standard output is\n%sin place of\n%s%s", operatorsFile, b.line, got.stdout, blocks[i+1].text, got.stderr)
			}
			fails := i+2 < len(blocks) && blocks[i+2].info == "text stderr"
			if fails && !strings.Contains(got.stderr, strings.TrimSpace(blocks[i+2].text)) {
				t.Errorf("%s:%d: standard error lacks %q:\n%s", operatorsFile, blocks[i+2].line, blocks[i+2].text, got.stderr)
			}
			if got.code != 0 && !fails {
				t.Errorf("%s:%d: exit code %d\n%s", operatorsFile, b.line, got.code, got.stderr)
			}
		})
	}
}

// run runs an example in a folder of its own with the files of the document.
func (b fence) run(t *testing.T, files map[string]string, options ...string) result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := b.text
	if strings.HasPrefix(text, "- ") {
		text = "processes:\n  p:\n    stages:\n" + regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, "      $1")
	}
	path := filepath.Join(dir, "spec.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, nil, append([]string{path}, options...)...)
}

// writeOutputs puts outputs into the document's blocks that begin at these lines.
func writeOutputs(t *testing.T, document string, outputs map[int]string) {
	t.Helper()
	var b strings.Builder
	line, dropping := 0, false
	for l := range strings.Lines(document) {
		line++
		if out, ok := outputs[line]; ok {
			b.WriteString(out)
			dropping = true
		}
		dropping = dropping && !strings.HasPrefix(l, "```")
		if !dropping {
			b.WriteString(l)
		}
	}
	if err := os.WriteFile(operatorsFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// firstOperator names an example.
func firstOperator(t *testing.T, b fence) string {
	t.Helper()
	keys := map[string]bool{}
	b.stages(t, func(stage map[string]*yaml.Node) {
		for name := range stage {
			keys[name] = true
		}
	})
	var names []string
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// stages visits every mapping of an example.
func (b fence) stages(t *testing.T, visit func(map[string]*yaml.Node)) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(b.text), &doc); err != nil {
		t.Fatalf("%s:%d: %v", operatorsFile, b.line, err)
	}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			keys := map[string]*yaml.Node{}
			for i := 0; i < len(n.Content); i += 2 {
				keys[n.Content[i].Value] = n.Content[i+1]
			}
			visit(keys)
		}
		for _, child := range n.Content {
			walk(child)
		}
	}
	walk(&doc)
}

// TestOperatorsByExampleHasAll: every operator and general key has a heading, below which it and each of its options is used.
func TestOperatorsByExampleHasAll(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(operatorsFile)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(document), "\n## ")[1:] {
		name, text, _ := strings.Cut(s, "\n")
		sections[name] = text
	}
	for _, op := range stages.Operators() {
		if op.Later != "" {
			continue
		}
		used := map[string]bool{}
		for _, b := range fencesOf(sections[op.Name]) {
			if b.info != "yaml" {
				continue
			}
			b.stages(t, func(stage map[string]*yaml.Node) {
				if stage[op.Name] == nil {
					return
				}
				for key := range stage {
					used[key] = true
				}
			})
		}
		if !used[op.Name] {
			t.Errorf("%s has no example of %s", operatorsFile, op.Name)
			continue
		}
		for _, option := range op.Options {
			if option.Later == "" && !used[option.Name] {
				t.Errorf("%s has no example of %s with %s", operatorsFile, op.Name, option.Name)
			}
		}
	}
	for _, key := range stages.GeneralKeys(true) {
		if !strings.Contains(string(document), "\n## "+key+"\n") || !regexp.MustCompile(`\n +`+key+`: `).MatchString(string(document)) {
			t.Errorf("%s has no example of %s", operatorsFile, key)
		}
	}
}
