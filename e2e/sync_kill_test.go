package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestBarrierUnderFire: parties that are killed while they wait at a barrier, have arrived at it, run its action or have just passed it change
// nothing: each round the action runs once, everybody passes once, with places of its own, and what was put before is there.
func TestBarrierUnderFire(t *testing.T) {
	t.Parallel()
	const rounds, parties = 60, 3
	spec := writeSpec(t, fmt.Sprintf(`
queues: {passed: {max_deliveries: 1000}}
events: {begin: {}}
values: {turns: {type: int64, init: 0}}
barriers:
  meet: {action: [{add: turns, value: 1}, {put: passed, value: '"round " + string(turns)'}]}
processes:
  part:
    replicas: %d
    stages:
      - wait: begin
      - range: %d
        split: false
      - wait: meet
        as: place
      - put: passed
        value: '"place " + string(place)'
      - wait: meet
        as: second
      - put: passed
        value: '"after " + string(item) + " " + string(turns == 2 * item + 2)'
  first: {stages: [{sleep: 20ms}, {set: begin}]}
  count:
    stages:
      - get: passed
      - reduce: acc + 1
        by: 'item startsWith "round " ? "round" : item'
        init: 0
      - print: ${{ item.key }} x ${{ item.value }}
`, parties, rounds))
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		want := map[string]bool{fmt.Sprintf("round x %d", 2*rounds): true}
		for i := range parties {
			want[fmt.Sprintf("place %d x %d", i, rounds)] = true
		}
		for i := range rounds {
			want[fmt.Sprintf("after %d true x %d", i, parties)] = true
		}
		for line := range strings.Lines(r.stdout) {
			if line = strings.TrimSuffix(line, "\n"); !want[line] {
				t.Errorf("unexpected: %s", line)
			}
			delete(want, line)
		}
		for line := range want {
			t.Errorf("missing: %s", line)
		}
		if r.code != 0 {
			t.Errorf("exit code %d", r.code)
		}
	}, spec)
}

// TestActionsUnderFire: whoever is killed, what a chain does to other processes is done once, in the order of the chain.
func TestActionsUnderFire(t *testing.T) {
	t.Parallel()
	const helpers = 8
	var processes, stages strings.Builder
	for i := range helpers {
		fmt.Fprintf(&processes, "  helper%d: {autostart: false, stages: [{wait: 'turn[%d]'}, {print: helper %d}]}\n", i, i, i)
		fmt.Fprintf(&processes, "  server%d: {autostart: false, command: sleep 100}\n", i)
		fmt.Fprintf(&stages, `      - print: start %[1]d
      - start: helper%[1]d
      - set: turn[%[1]d]
      - start: server%[1]d
      - wait: helper%[1]d
      - kill: server%[1]d
        signal: SIGHUP
      - wait: server%[1]d
      - print: ${{ server%[1]d.exitcode }}
      - clear: turn[%[1]d]
`, i)
	}
	spec := writeSpec(t, "events: {turn: {count: "+fmt.Sprint(helpers)+"}}\nprocesses:\n  boss:\n    stages:\n"+stages.String()+processes.String())
	var want strings.Builder
	for i := range helpers {
		fmt.Fprintf(&want, "start %d\nhelper %d\n-1\n", i, i)
	}
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, want.String())
	}, spec)
}
