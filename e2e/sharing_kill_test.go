package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestSharingUnderFire: what is shared by key, broadcast, dealt out to a family and got from several queues arrives once at each who is to
// get it, and the items of a key in order.
func TestSharingUnderFire(t *testing.T) {
	t.Parallel()
	const n = 60_000
	spec := writeSpec(t, fmt.Sprintf(`
queues:
  keyed: {key: item %% 7, max_deliveries: 1000}
  news: {broadcast: true, max_deliveries: 1000}
  jobs: {count: 3, max_deliveries: 1000}
  sums: {max_deliveries: 1000}
processes:
  write:
    stages:
      - range: %d
      - put: [keyed, news, 'jobs[item %% len(jobs)]']
  count:
    replicas: 3
    stages:
      - get: keyed
      - reduce: '{last: item, ok: acc.ok && item > acc.last, sum: acc.sum + item}'
        by: item %% 7
        init: {last: -1, ok: true, sum: 0}
      - put: sums
        value: '{from: "keyed", ok: item.value.ok, sum: item.value.sum}'
  hear: {stages: [{get: news}, {reduce: acc + item, init: 0}, {put: sums, value: '{from: "hear", ok: true, sum: item}'}]}
  both:
    replicas: 3
    stages:
      - get: [news, 'jobs[self.index]']
      - reduce: acc + item
        init: 0
      - put: sums
        value: '{from: "both", ok: true, sum: item}'
  add:
    stages:
      - get: sums
      - reduce: '{n: acc.n + 1, ok: acc.ok && item.ok, sum: acc.sum + item.sum}'
        by: item.from
        init: {n: 0, ok: true, sum: 0}
      - print: ${{ item.key }} ${{ item.value.n }} ${{ item.value.ok }} ${{ item.value.sum }}
`, n))
	sum := n * (n - 1) / 2
	want := strings.Join([]string{
		fmt.Sprintf("both 3 true %d", 2*sum), fmt.Sprintf("hear 1 true %d", sum), fmt.Sprintf("keyed 7 true %d", sum), "",
	}, "\n")
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, want)
	}, spec)
}
