package e2e

import "testing"

// TestRandomIgnoresBatches: what random() gives for an item of a queue, and the identity of the item, do not depend on which items came
// in one batch.
func TestRandomIgnoresBatches(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `
queues: {numbers: {}, draws: {}}
processes:
  write: {stages: [{range: 3000}, {put: numbers}]}
  draw: {stages: [{get: numbers}, {map: "[item, random(1000000)]"}, {put: draws}]}
  show: {stages: [{get: draws}, {print: "${{ item }} ${{ random() }} ${{ delivery.id }}"}]}
`)
	first := run(t, nil, spec, "--seed", "4")
	if first.code != 0 || first.stdout == "" {
		t.Fatal(first)
	}
	for _, items := range []string{"1", "3", "1000"} {
		run(t, nil, spec, "--seed", "4", "--block-items", items).expect(t, 0, first.stdout)
	}
	if other := run(t, nil, spec, "--seed", "5"); other.stdout == first.stdout {
		t.Error("another seed gives the same")
	}
}
