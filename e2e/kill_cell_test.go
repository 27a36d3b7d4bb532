package e2e

import (
	"fmt"
	"strconv"
	"testing"
)

// TestCellsUnderFire: workers that add to values and arrays, store in them and apply expressions to them, from queues and from their own
// sources, are killed: each item counts once, and each array is changed as a whole or not at all.
func TestCellsUnderFire(t *testing.T) {
	t.Parallel()
	const n, rounds, length = 40_000, 40, 30_000
	spec := writeSpec(t, `types: {Last: {item: int64, times: int32}}
queues: {jobs: {max_deliveries: 1000}}
values: {total: {type: int64}, half: {type: float64}, latest: {type: Last}}
arrays: {hist: {type: int32, length: 100}, grid: {type: float64, length: `+strconv.Itoa(length)+`}}
processes:
  make: {stages: [{range: `+strconv.Itoa(n)+`}, {put: jobs}]}
  count: {replicas: 2, stages: [{get: jobs}, {add: total}, {add: 'hist[item % 100]', value: 1}, {add: half, value: 0.5}]}
  fast: {replicas: 2, stages: [{range: `+strconv.Itoa(10*n)+`, split: true}, {add: 'hist[item % 100]', value: 1}]}
  grow: {replicas: 2, stages: [{range: `+strconv.Itoa(rounds)+`, split: false}, {apply: grid, value: item + at, split: true}]}
  trail:
    stages:
      - range: `+strconv.Itoa(n)+`
      - store: latest
        value: '{item: item, times: latest.times + 1}'
  report:
    depends_on: {count: completed, fast: completed, grow: completed, trail: completed}
    stages:
      - items: [1]
      - print: ${{ total }} ${{ sum(hist) }} ${{ min(hist) }} ${{ half }} ${{ sum(grid) }} ${{ latest }}
`)
	want := fmt.Sprintf("%d %d %d %d.0 %d.0 {\"item\": %d, \"times\": %d}\n",
		n*(n-1)/2, 11*n, 11*n/100, n/2, rounds*length*(length-1)/2, n-1, n)
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, want)
	}, spec)
}

// TestLockedCellsUnderFire: what is read, computed and stored behind the lock of a value is exact, also where the worker that holds it dies.
func TestLockedCellsUnderFire(t *testing.T) {
	t.Parallel()
	const n = 3000
	spec := writeSpec(t, `values: {total: {type: int64}, free: {type: int64, lock: false}}
arrays: {pair: {type: int64, length: 2}}
processes:
  count:
    replicas: 3
    stages:
      - range: `+strconv.Itoa(n)+`
        split: true
      - lock: [total, pair]
        do:
          - store: total
            value: total + 1
          - apply: pair
            value: item + at + 1
          - add: free
            value: total - pair[0]
  report:
    depends_on: {count: completed}
    stages:
      - items: [1]
      - print: ${{ total }} ${{ pair }} ${{ free }}
`)
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, fmt.Sprintf("%d [%d, %d] 0\n", n, n, 2*n))
	}, spec)
}
