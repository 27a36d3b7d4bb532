package planner_test

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// exampleQueues are the queues that the examples name.
var exampleQueues = []string{"jobs", "results", "all", "large", "small", "lines"}

// exampleOthers are the other things that the examples name, each with somebody who makes use of it.
const exampleOthers = `events: {ready: {}}
barriers: {phase: {}}
processes:
  setter: {stages: [{set: ready}, {wait: phase}, {start: cleanup}]}
  cleanup: {autostart: false, stages: [{print: }]}
  server: {command: cat}
`

// exampleSpec is a spec around a stage, which gets items of which nothing is known. Each queue has somebody who puts to it and who
// reads it.
func exampleSpec(stage string) string {
	var b strings.Builder
	var queues []string
	b.WriteString(examplePrimitives(stage))
	b.WriteString("values: {config: {type: Config, x-mprun-allow: [unused]}}\narrays: {hist: {type: int64, length: 10, x-mprun-allow: [unused]}}\ntypes: {Config: {limit: int64}}\n")
	for _, q := range exampleQueues {
		if strings.Contains(stage, q) {
			queues = append(queues, q)
		}
	}
	b.WriteString("queues: {" + strings.Join(append(queues, "before"), ": {}, ") + ": {}}\nchains: {clean: {x-mprun-allow: [unused], params: [limit], stages: [{filter: len(string(item)) < args.limit}]}}\n")
	others := exampleOthers
	if !regexp.MustCompile(`ready|phase|cleanup|server`).MatchString(stage) {
		others = "processes:\n"
	}
	b.WriteString(others)
	b.WriteString("  to_before: {stages: [{read: in.jsonl, format: jsonl}, {put: before}]}\n")
	for _, q := range queues {
		b.WriteString("  to_" + q + ": {stages: [{read: in.jsonl, format: jsonl}, {put: " + q + "}]}\n")
		b.WriteString("  from_" + q + ": {stages: [{get: " + q + "}, {print: }]}\n")
	}
	get := "get: before"
	if regexp.MustCompile(`(?m)^ack: `).MatchString(stage) {
		get = "{get: before, ack: manual}"
	}
	if strings.Contains(stage, "changed") { // a condition, whose lock must be held
		get += "\n      - acquire: left"
	}
	b.WriteString("  p:\n    stages:\n      - " + get + "\n      - " + strings.ReplaceAll(stage, "\n", "\n        ") + "\n")
	return b.String()
}

// examplePrimitives is what the examples hold and wait for.
func examplePrimitives(stage string) string {
	text := ""
	for _, r := range []struct{ name, section string }{
		{"right", "locks: {left: {}, right: {}}"}, {"slots", "semaphores: {slots: {}}"}, {"changed", "locks: {left: {}}\nconditions: {changed: {lock: left}}"},
	} {
		if strings.Contains(stage, r.name) {
			text += r.section + "\n"
		}
	}
	return text
}

// TestOperatorExamples: the example of each operator that can run becomes a plan, without a finding.
func TestOperatorExamples(t *testing.T) {
	for _, op := range stages.Operators() {
		if op.Later != "" {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			src := exampleSpec(op.Example)
			doc, found := spec.Load([]byte(src), planner.SpecOptions("example.yaml"))
			plan, more := planner.Compile(doc, exampleMachine{newMachine()}, planner.Options{Dir: "/srv", Partial: found.HasErrors()})
			if all := append(found, more...); plan == nil || len(all) > 0 {
				t.Errorf("%v\n%s", all, src)
			}
		})
	}
}

// exampleMachine has every program.
type exampleMachine struct{ machine }

func (exampleMachine) ReadFile(string, int) ([]byte, error) {
	return nil, errors.New("there is no such file")
}

func (exampleMachine) OpenFile(string) (io.ReadCloser, error) {
	return nil, errors.New("there is no such file")
}
func (exampleMachine) LookPath(string, string, string) error { return nil }
