//go:build linux

package shm

import "testing"

// spins plays waits: those whose partner answers behind so many looks, or not while the wait spins (a negative number).
func spins(b *spinBudget, answers ...int) (looks int) {
	for _, after := range answers {
		n := b.looks()
		looks += n
		if after >= 0 && after < n {
			b.found(after)
		} else {
			b.missed()
		}
	}
	return looks
}

func repeat(answer, n int) []int {
	answers := make([]int, n)
	for i := range answers {
		answers[i] = answer
	}
	return answers
}

func TestSpinBudget(t *testing.T) {
	const never, awake, waking = -1, leastSpin / 2, mostSpin / 2
	rows := []struct {
		name    string
		answers [][]int
		next    int // looks of the wait behind them
	}{
		{"the first wait", nil, mostSpin},
		{"a partner who runs", [][]int{repeat(awake, 100)}, mostSpin},
		{"a hiccup or two", [][]int{repeat(awake, 9), repeat(never, 2), repeat(awake, 2)}, mostSpin},
		{"nobody runs", [][]int{repeat(never, 2*spinPatience)}, leastSpin},
		{"nobody has run for long", [][]int{repeat(never, 1000*spinProbe+1)}, leastSpin},
		{"what was there already says nothing", [][]int{repeat(never, 2*spinPatience), repeat(0, 100)}, leastSpin},
		{"a partner who would answer too late for a short spin", [][]int{repeat(never, 2*spinPatience), repeat(waking, spinProbe), repeat(awake, 8)}, mostSpin},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var b spinBudget
			for _, answers := range row.answers {
				spins(&b, answers...)
			}
			if got := b.looks(); got != row.next {
				t.Errorf("the next wait takes %d looks instead of %d (%+v)", got, row.next, b)
			}
		})
	}
}

// Where nobody ever answers while a wait spins, spinning costs little more than the least.
func TestSpinningInVainIsCheap(t *testing.T) {
	var b spinBudget
	const waits = 10_000
	if each := spins(&b, repeat(-1, waits)...) / waits; each > 2*leastSpin {
		t.Errorf("%d looks a wait", each)
	}
}
