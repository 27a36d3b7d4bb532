package deadlock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// graph reads parties from lines of: name state [wants ...]. A want is name,name (from these), !name,name (these come first) or + (it has come);
// a name with ~ is not essential.
func graph(text string) []Party {
	var parties []Party
	number := map[string]int{}
	var lines [][]string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		number[strings.TrimPrefix(f[0], "~")] = len(lines)
		lines = append(lines, f)
	}
	states := map[string]State{"moves": Moves, "waits": Waits, "ended": Ended}
	for _, f := range lines {
		p := Party{Name: strings.TrimPrefix(f[0], "~"), Essential: !strings.HasPrefix(f[0], "~"), State: states[f[1]]}
		for _, text := range f[2:] {
			w := Want{Come: text == "+"}
			names := strings.TrimPrefix(text, "!")
			for _, name := range strings.Split(names, ",") {
				if i, ok := number[name]; ok {
					w.From = append(w.From, i)
					if names != text {
						w.Before = append(w.Before, i)
					}
				}
			}
			p.Wants = append(p.Wants, w)
		}
		parties = append(parties, p)
	}
	return parties
}

func names(parties []Party, list []int) string {
	var all []string
	for _, i := range list {
		all = append(all, parties[i].Name)
	}
	return strings.Join(all, " ")
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		name, graph string
		stuck       string
		dead        bool
		cycle       string
	}{
		{"nobody is left", "a ended\nb ended", "", false, ""},
		{"who works is not stuck", "a moves", "", false, ""},
		{"who waits for one who works will go on", "a moves\nb waits a\nc waits b", "", false, ""},
		{"two wait for each other", "a waits !b\nb waits !a", "a b", true, "a b"},
		{"one waits for itself", "a waits !a", "a", true, "a"},
		{"a ring", "a waits !b\nb waits !c\nc waits !a", "a b c", true, "a b c"},
		{"a ring with a tail", "d waits a\na waits !b\nb waits !a", "d a b", true, "a b"},
		{"it has come", "a waits !b\nb waits !a +", "", false, ""},
		{"one of two things may come", "a waits !b c\nb waits !a\nc moves", "", false, ""},
		{"what it waits for came from one who has ended", "a waits b\nb ended", "a", true, ""},
		{"from nobody", "a waits -", "a", true, ""},
		{"another works on, which has nothing to do with it", "a waits !b\nb waits !a\nc moves", "a b", false, "a b"},
		{"only a daemon works on", "a waits !b\nb waits !a\n~c moves", "a b", true, "a b"},
		{"a daemon that may help", "a waits !b c\nb waits !a\n~c moves", "", false, ""},
		{"only daemons are stuck", "a ended\n~b waits !c\n~c waits !b", "b c", false, "b c"},
		{"a daemon is part of the ring", "a waits !b\n~b waits !a", "a b", true, "a b"},
		{"the way to the end is not the cycle", "a waits b !c\nb waits -\nc waits !a", "a b c", true, "a c"},
		{"who comes first is told first", "a waits b,c !c\nb waits !a\nc waits !a", "a b c", true, "a c"},
		{"a chain of processes that are not started", "a waits !b\nb waits !c\nc waits !b", "a b c", true, "b c"},
	}
	for _, test := range tests {
		parties := graph(test.graph)
		stuck := Stuck(parties)
		var list []int
		for i, is := range stuck {
			if is {
				list = append(list, i)
			}
		}
		if got := names(parties, list); got != test.stuck {
			t.Errorf("%s: stuck are %q, want %q", test.name, got, test.stuck)
		}
		if got := Dead(parties, stuck); got != test.dead {
			t.Errorf("%s: dead is %v", test.name, got)
		}
		if got := names(parties, Cycle(parties, stuck)); got != test.cycle {
			t.Errorf("%s: the cycle is %q, want %q", test.name, got, test.cycle)
		}
	}
}

// TestAgainstTheRule holds Stuck against the rule as it is written, on random graphs, and Cycle against what a cycle is.
func TestAgainstTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "parties")
		party := rapid.IntRange(0, n-1)
		parties := make([]Party, n)
		for i := range parties {
			p := Party{State: State(rapid.IntRange(1, 3).Draw(t, "state"))}
			for range rapid.IntRange(0, 2).Draw(t, "wants") {
				w := Want{Come: rapid.IntRange(0, 9).Draw(t, "come") == 0, From: rapid.SliceOfN(party, 0, 3).Draw(t, "from")}
				w.Before = w.From[:rapid.IntRange(0, len(w.From)).Draw(t, "before")]
				p.Wants = append(p.Wants, w)
			}
			parties[i] = p
		}
		goes := make([]bool, n)
		for range n {
			for i, p := range parties {
				goes[i] = goes[i] || p.State == Moves
				for _, w := range p.Wants {
					goes[i] = goes[i] || p.State == Waits && w.Come
					for _, j := range w.From {
						goes[i] = goes[i] || p.State == Waits && goes[j]
					}
				}
			}
		}
		want := make([]bool, n)
		for i := range goes {
			want[i] = parties[i].State == Waits && !goes[i]
		}
		got := Stuck(parties)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		cycle := Cycle(parties, got)
		for k, i := range cycle {
			next, waits := cycle[(k+1)%len(cycle)], false
			for _, w := range parties[i].Wants {
				for _, j := range w.From {
					waits = waits || j == next
				}
			}
			if !got[i] || !waits {
				t.Fatalf("%v is no cycle of those who are stuck", cycle)
			}
		}
	})
}
