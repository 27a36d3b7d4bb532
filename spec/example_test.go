package spec_test

import (
	"fmt"

	"github.com/mprun/mprun/spec"
)

func ExampleLoad() {
	_, found := spec.Load([]byte(`
queues:
  jobs: {capcity: 10}
processes:
  square:
    stages:
      - get: jobs
      - map: item.ok ? 1 : 2
    replicas: many
`), spec.Options{File: "pipe.yaml"})
	fmt.Println(found)
	// Output:
	// pipe.yaml:3:10: unknown key "capcity" in queues.jobs; did you mean "capacity"? [unknown-key]
	// pipe.yaml:8:14: YAML takes the : of ? : as the end of a key; write it as: map: 'item.ok ? 1 : 2' [yaml-colon]
	// pipe.yaml:9:15: expected a count, found a text "many" [wrong-kind]
}

func ExampleNode_PosAt() {
	p, _ := spec.Load([]byte(`processes:
  hello:
    shell: |
      echo one
      echo two
`), spec.Options{File: "pipe.yaml"})
	script := p.Processes[0].Shell.Node
	fmt.Printf("%q is at %s\n", script.Text[14:17], script.PosAt(14))
	// Output:
	// "two" is at pipe.yaml:5:12
}
