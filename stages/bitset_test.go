package stages

import (
	"testing"

	"pgregory.net/rapid"
)

// TestBitSet: members are listed in order, few or many of them.
func TestBitSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bitSet
		b.grow(rapid.IntRange(1, 5000).Draw(t, "size"))
		var listed []int
		in := map[int]bool{}
		for range rapid.IntRange(0, 200).Draw(t, "members") {
			n := rapid.IntRange(0, len(b)*64-1).Draw(t, "n")
			if b.add(n) == in[n] {
				t.Fatalf("%d: added, though it is there: %v", n, in[n])
			}
			if !in[n] {
				listed = append(listed, n)
			}
			in[n] = true
		}
		sorted := b.sorted(listed)
		if len(sorted) != len(in) {
			t.Fatalf("%d of %d members", len(sorted), len(in))
		}
		for i, n := range sorted {
			if !in[n] || i > 0 && sorted[i-1] >= n {
				t.Fatalf("%v", sorted)
			}
			b.remove(n)
		}
		if left := b.sorted(nil); len(left) > 0 {
			t.Fatalf("left: %v", left)
		}
	})
}
