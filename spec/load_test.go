package spec

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadReadsPipeline(t *testing.T) {
	const doc = `
x-shared: &shared
  capacity: 10
  max_item: 64KiB
version: 1
name: nightly
vars: {n: 3, when: 2024-01-02, nested: {a: [1, 0.5, null, yes]}}
defaults:
  env: {LANG: C, A: default}
  stop: {grace: 250ms}
queues:
  jobs:
    <<: *shared
    capacity: unbounded
    broadcast: true
  results: *shared
  plain:
locks: {l: {count: 2}}
values: {v: {type: int64, lock: l}, w: {type: Point, lock: false}}
types: {Point: {x: float64}}
processes:
  square:
    stages:
      - get: jobs
      - map: item * item
    replicas: ${{ cpus }}
    restart: on-failure
    env: {A: own}
    depends_on: [sort]
  sort:
    command: sort -n "a b" ${{ vars.n + 1 }}x
    stdin: {get: jobs, format: lines}
    stdout: inherit
    depends_on: {square: completed}
    uses: [jobs, {results: put}]
    success_codes: 1
log: {processes: {sort: error}}
`
	p, found := Load([]byte(doc), Options{File: "f"})
	if len(found) > 0 {
		t.Fatal(found)
	}
	jobs, results := p.Queues[0], p.Queues[1]
	square, sorter := p.Processes[0], p.Processes[1]
	whole, _ := square.Replicas.Template.Whole()
	var words []string
	for _, w := range sorter.Command.Words {
		var word strings.Builder
		for _, part := range w.Parts {
			word.WriteString(part.Source)
			word.WriteString("|")
		}
		words = append(words, word.String())
	}
	nested, _ := p.Vars.Get("nested")
	data, dataFound := nested.Node.Data()
	if len(dataFound) > 0 {
		t.Error(dataFound)
	}
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"queue with merge key", []any{jobs.Name, jobs.Capacity.Word, jobs.MaxItem.Value, jobs.Broadcast.Value}, []any{"jobs", "unbounded", int64(64 << 10), true}},
		{"queue by alias", []any{results.Name, results.Capacity.Value, results.MaxItem.Value}, []any{"results", 10, int64(64 << 10)}},
		{"empty queue", p.Queues[2].Name, "plain"},
		{"family", p.Locks[0].Count.Value, 2},
		{"lock reference", []any{p.Values[0].Lock.Name, p.Values[1].Lock.Own, p.Values[1].Lock.IsSet()}, []any{"l", false, true}},
		{"record type", p.Types[0].Fields[0].Value.Value, "float64"},
		{"stages", len(square.Stages.Stages), 2},
		{"template for a count", whole.Source, "cpus"},
		{"restart as a word", square.Restart.When.Word, "on-failure"},
		{"defaults", []any{square.Stop.Grace.Value, sorter.Stop.Grace.Value}, []any{250 * time.Millisecond, 250 * time.Millisecond}},
		{"merged environment", envOf(square), "A=own LANG=C"},
		{"default environment", envOf(sorter), "LANG=C A=default"},
		{"depends_on as list", square.DependsOn[0].Name + square.DependsOn[0].Value.Word, "sortauto"},
		{"depends_on", sorter.DependsOn[0].Name + sorter.DependsOn[0].Value.Word, "squarecompleted"},
		{"command", words, []string{"sort|", "-n|", "a b|", "vars.n + 1|x|"}},
		{"stdin", []any{sorter.Stdin.Get[0].Node.Text, sorter.Stdin.Format.Word}, []any{"jobs", "lines"}},
		{"stdout", sorter.Stdout.Word.Word, "inherit"},
		{"uses", []any{sorter.Uses[0].Name.Value, sorter.Uses[1].Name.Value, sorter.Uses[1].Access.Value}, []any{"jobs", "results", "put"}},
		{"one success code", sorter.Success[0].Value, 1},
		{"log level", p.Log.Processes[0].Value.Word, "error"},
		{"data", data, any(map[string]any{"a": []any{1, 0.5, nil, "yes"}})},
		{"lookup", p.Lookup("sort").Section, "processes"},
	} {
		if diff := cmp.Diff(check.want, check.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", check.what, diff)
		}
	}
}

func envOf(p *Process) string {
	var list []string
	for _, e := range p.Env {
		list = append(list, e.Name+"="+e.Value.Node.Text)
	}
	return strings.Join(list, " ")
}

func TestLoadFileUnreadable(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "there is no such file",
		dir:                             "cannot read the spec: is a directory",
	} {
		p, found := LoadFile(path, Options{})
		if p == nil || len(found) != 1 || found[0].Code != CodeUnreadable || found[0].Summary != want || found[0].Error() != path+": "+want+" [unreadable]" {
			t.Errorf("%s: %v", path, found)
		}
	}
	_, found := LoadReader(failingReader{}, Options{File: "-"})
	if len(found) != 1 || found[0].Error() != "-: cannot read the spec: broken [unreadable]" {
		t.Error(found)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// endless is a document without end, that counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	e.read += len(p)
	return len(p), nil
}

func TestLimits(t *testing.T) {
	bomb := "x-a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for i := 1; i < 60; i++ {
		bomb += fmt.Sprintf("x-a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1)
	}
	merges := "x-a: &a {" + strings.Repeat("k: 1, ", 1) + "b: 2}\nx-l: &l [" + strings.Repeat("*a, ", 900) + "]\n"
	for i := range 900 {
		merges += fmt.Sprintf("x-m%d: {<<: *l}\n", i)
	}
	for name, test := range map[string]struct {
		doc, code string
	}{
		"bomb of aliases":  {bomb, CodeTooLarge},
		"bomb of merges":   {merges, CodeTooLarge},
		"many values":      {"x-a: [" + strings.Repeat("[],", 1_100_000) + "]", CodeTooLarge},
		"too many by far":  {"x-a: [" + strings.Repeat("1,", 5_000_000) + "]", CodeTooLarge},
		"deep flow":        {"x-a: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), CodeTooDeep},
		"very deep flow":   {"x-a: " + strings.Repeat("[", 100_000), CodeTooDeep},
		"deep block":       {"x-a: " + strings.Repeat("\n- - - - - - - - - - ", 1) + strings.Repeat("- ", 300) + "x", CodeTooDeep},
		"larger than long": {"#" + strings.Repeat("x", 16<<20), CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, found := Load([]byte(test.doc), Options{File: "f"})
			if len(found) == 0 || len(found) > 3 || found[0].Code != test.code {
				t.Errorf("want %s first of few, got %d: %.300s", test.code, len(found), found.Error())
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		e := &endless{}
		_, found := LoadReader(e, Options{File: "f"})
		if len(found) != 1 || found[0].Code != CodeTooLarge || e.read > 33<<20 {
			t.Errorf("read %d bytes, found %v", e.read, found)
		}
	})
}

// TestBigSpec loads 3000 stages, twice: as they should be, and with a syntax error at the end. The bound is ample; both take some
// tens of milliseconds.
func TestBigSpec(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("processes:\n")
	for i := range 300 {
		fmt.Fprintf(&b, "  p%d:\n    stages:\n", i)
		for range 10 {
			b.WriteString("      - map: {a: item.a + 1, b: 'it''s', c: \"\\u00e9\"}\n        as: x\n")
		}
	}
	for _, test := range []struct {
		tail string
		code string
	}{
		{"", ""},
		{"  last: {stages: [{map: item[0]}]}\n", CodeFlow},
	} {
		start := time.Now()
		p, found := Load([]byte(b.String()+test.tail), Options{File: "f"})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
		switch {
		case test.code == "" && (len(found) > 0 || len(p.Processes) != 300 || len(p.Processes[299].Stages.Stages) != 10):
			t.Errorf("%d processes, findings: %v", len(p.Processes), found)
		case test.code != "" && (len(found) != 1 || found[0].Code != test.code || found[0].Range.Start.Line != 6602):
			t.Errorf("findings: %v", found)
		}
	}
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(path, []byte("processes: {p: {shell: ls}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, found := LoadFile(path, Options{})
	if len(found) > 0 || p.Source.Name != path || len(p.Processes) != 1 {
		t.Errorf("%+v %v", p, found)
	}
}
