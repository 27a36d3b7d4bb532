package planner_test

import (
	"fmt"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// A spec becomes a plan: who runs, in what order, and what flows between them.
func Example() {
	src := []byte(`
queues: {words: {}}
processes:
  show: {depends_on: [make], stages: [{get: words}, {print: '${{ item.word }}'}]}
  make: {stages: [{items: [a, b]}, {map: {word: item, n: index}}, {put: words}]}
`)
	doc, found := spec.Load(src, planner.SpecOptions("words.yaml"))
	plan, more := planner.Compile(doc, newMachine(), planner.Options{Partial: found.HasErrors()})
	if err := append(found, more...).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range plan.Processes {
		fmt.Println(p.Name, p.Gets, p.Puts)
	}
	for _, q := range plan.Queues {
		fmt.Println(q.Name, q.Type, q.Capacity)
	}
	// Output:
	// make [] [words]
	// show [words] []
	// words {n: int, word: string} 1024
}

// What is wrong with a spec comes all at once, each finding with its place.
func ExampleCompile_findings() {
	src := []byte("processes:\n  p:\n    stages:\n      - itmes: [1]\n      - put: jobs\n")
	doc, found := spec.Load(src, planner.SpecOptions("wrong.yaml"))
	_, more := planner.Compile(doc, newMachine(), planner.Options{Partial: found.HasErrors()})
	fmt.Println(append(found, more...))
	// Output:
	// wrong.yaml:4:9: unknown operator "itmes"; did you mean "items"? [unknown-operator]
	// wrong.yaml:5:14: there is no queue "jobs"; define it, at the top: queues: {jobs: {}} [unknown-name]
}
