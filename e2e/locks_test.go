package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestPhilosophersUnderFire: whoever is killed with a fork in his hand, or two, each meal is there once, and everybody goes on.
func TestPhilosophersUnderFire(t *testing.T) {
	t.Parallel()
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		want := ""
		for i := range 5 {
			want += "philosopher " + strconv.Itoa(i) + " ate 2000 times\n"
		}
		r.expect(t, 0, want)
	}, "../examples/philosophers.yaml", "--file", patience(t, "philosophers.yaml"), "meals=2000")
}

// TestBufferUnderFire: who waits for a condition is killed before, while and after it is notified, and nobody waits for ever.
func TestBufferUnderFire(t *testing.T) {
	t.Parallel()
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, "sum 7998000, never more than 4 in the buffer: true\n")
	}, "../examples/buffer.yaml", "--file", patience(t, "buffer.yaml"), "n=4000")
}

// TestHoldingUnderFire: what changes under a lock by load and store, under several, under a lock that is kept over a pause, and under a
// semaphore that signals, is each as if nobody had died.
func TestHoldingUnderFire(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `values: {a: {type: int64}, b: {type: int64}, c: {type: int64}, d: {type: int64}}
locks: {l: {}, m: {recursive: true}}
semaphores: {slots: {value: 2, bounded: true}, signal: {value: 0}}
processes:
  work:
    replicas: 3
    stages:
      - {range: 400, split: false}
      - lock: a
        do: [{store: a, value: a + 1}]
      - lock: [m, slots, l]
        do:
          - {store: b, value: b + 1}
          - lock: m
            x-mprun-allow: [lock-split]
            do: [{store: c, value: c + 1}]
          - {fail: odd, when: item % 2 == 1}
        on_error: skip
      - acquire: l
      - sleep: 10us
      - {store: d, value: d + 1}
      - release: l
      - release: signal
  listen:
    stages:
      - range: 600
      - acquire: signal
      - reduce: acc + 1
        init: 0
      - print:
  report:
    depends_on: {work: completed, listen: completed}
    stages: [print: "${{ [a, b, c, d, slots.value, signal.value, l.locked, m.locked] }}"]
`)
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, "600\n[1200, 1200, 1200, 600, 2, 0, false, false]\n")
	}, spec)
}

// TestInterruptWhileWaiting: who waits for a lock, a semaphore or a condition ends when the run is interrupted.
func TestInterruptWhileWaiting(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `locks: {l: {}}
semaphores: {empty: {value: 0}}
conditions: {changed: {}}
events: {held: {}}
processes:
  holder: {stages: [{acquire: l}, {set: held}, {print: waits}, {sleep: 1h}]}
  lock:
    stages:
      - wait: held
      - print: waits
      - lock: l
        do: [{print: never}]
  semaphore: {stages: [{print: waits}, {acquire: empty}, {print: never}]}
  condition: {stages: [{lock: changed, do: [{print: waits}, {wait: changed, until: empty.value > 0}, {print: never}]}]}
`)
	s := prepare(t, spec).start()
	s.stdout.lines(t, 4)
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 || strings.Contains(s.stdout.String(), "never") {
		t.Errorf("exit code %d\n%s%s", code, s.stdout.String(), s.stderr.String())
	}
}

// TestOwnerDeath: with on_owner_death: fail the next to take a lock hears that its owner has died; with release the work is done again.
func TestOwnerDeath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ policy, want string }{
		{"fail", "owner-died\ndone\n"},
		{"release", "done\n"},
	} {
		marker := filepath.Join(t.TempDir(), "killed")
		spec := writeSpec(t, `locks: {l: {on_owner_death: `+tt.policy+`}}
processes:
  p:
    stages:
      - items: [1]
      - lock: l
        do: [{shell: 'test -e `+marker+` || { touch `+marker+`; kill -9 $PPID; }'}]
        on_error: {do: [{print: '${{ error.type }}'}], then: pass}
      - print: done
`)
		r := run(t, nil, spec)
		r.expect(t, 0, tt.want)
	}
}

// TestReleasedAtTheEnd: a process that ends with a lock in its hands gives it back, also one that is started again.
func TestReleasedAtTheEnd(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `locks: {l: {}}
queues: {taken: {capacity: unbounded}}
processes:
  forgetful:
    restart: {when: always, max: 2, backoff: 1ms}
    stages: [{acquire: l}, {put: taken, value: '"forgetful"'}]
  next: {depends_on: {forgetful: exited}, stages: [{acquire: l}, {put: taken, value: '"next"'}, {release: l}]}
  report: {stages: [{get: taken}, {reduce: acc + 1, by: item, init: 0}, {print: '${{ item.key }} ${{ item.value }}'}]}
`)
	r := run(t, nil, spec)
	r.expect(t, 0, "forgetful 3\nnext 1\n")
}
