package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestThrottleUnderFire: three replicas share a rate, and whoever of them dies, no more items go on in a time than it allows, and each
// of them once. A death may waste a turn, so that there is no other bound.
func TestThrottleUnderFire(t *testing.T) {
	t.Parallel()
	const n, perSecond = 80, 100
	spec := writeSpec(t, `
queues: {numbers: {max_deliveries: 1000}}
processes:
  count:
    stages: [range: 80, put: numbers]
  show:
    replicas: 3
    stages:
      - get: numbers
      - throttle: 100/s
      - print:
`)
	seed := uint64(time.Now().UnixNano())
	s := prepare(t, spec)
	begin := time.Now()
	kills, code := s.start().underFire(rand.New(rand.NewPCG(seed, 0)), 10)
	took := time.Since(begin)
	if least := (n - 1) * time.Second / perSecond; took < least {
		t.Errorf("%d items took %v, less than %v", n, took, least)
	}
	if code != 0 || kills == 0 {
		t.Errorf("exit code %d after %d kills, seed %d\n%s", code, kills, seed, s.stderr)
	}
	checkNumbers(t, "standard output", s.stdout.String(), 0, n, 1)
}

// TestWindowsUnderFire: lists that are collected for a time, and sums of windows, have each item once.
func TestWindowsUnderFire(t *testing.T) {
	t.Parallel()
	const n = 300
	spec := writeSpec(t, `
queues: {numbers: {max_deliveries: 1000}}
processes:
  tick:
    stages:
      - every: 2ms
        count: 300
      - put: numbers
  collect:
    stages:
      - get: numbers
      - tee:
          - - batch: {count: 50, every: 20ms}
            - print:
          - - reduce: acc + item
              emit: 30ms
            - print:
              to: stderr
`)
	seed := uint64(time.Now().UnixNano())
	s := prepare(t, spec)
	kills, code := s.start().underFire(rand.New(rand.NewPCG(seed, 0)), 10)
	if code != 0 || kills == 0 {
		t.Errorf("exit code %d after %d kills, seed %d\n%s", code, kills, seed, s.stderr)
	}
	next := 0
	for line := range strings.Lines(s.stdout.String()) {
		var list []int
		if err := json.Unmarshal([]byte(line), &list); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if len(list) == 0 || len(list) > 50 {
			t.Errorf("a list of %d items", len(list))
		}
		for _, got := range list {
			if got != next {
				t.Fatalf("%d comes in place of %d, seed %d", got, next, seed)
			}
			next++
		}
	}
	sum := 0
	for line := range strings.Lines(s.stderr.String()) {
		var part int
		if json.Unmarshal([]byte(line), &part) == nil { // else it tells of a replaced worker
			sum += part
		}
	}
	if next != n || sum != n*(n-1)/2 {
		t.Errorf("%d items, sum %d, seed %d", next, sum, seed)
	}
}
