package runtime

import "testing"

// TestStateCostsAMultipleOfItsSize lets a state grow by a little with each commit, and counts what its log is written.
func TestStateCostsAMultipleOfItsSize(t *testing.T) {
	const delta, commits = 1000, 100_000
	state, logged, snapshot, written := 0, 0, 0, 0
	for range commits {
		state += delta
		entry := delta
		if snapshotDue(logged, snapshot) {
			entry, logged, snapshot = state, 0, state
		}
		logged += entry
		written += entry
		if logged > 3*state+2*compactAfter {
			t.Fatalf("the log of a state of %d bytes has %d", state, logged)
		}
	}
	if written > 4*state {
		t.Errorf("a state of %d bytes cost %d", state, written)
	}
}
