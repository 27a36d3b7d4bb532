package stages

import (
	"math/bits"
	"slices"
)

// bitSet is a set of small numbers.
type bitSet []uint64

// grow makes room for the numbers below n.
func (b *bitSet) grow(n int) {
	for len(*b)*64 < n {
		*b = append(*b, 0)
	}
}

// add adds a number and reports whether it was not there.
func (b bitSet) add(n int) bool {
	word, bit := &b[n>>6], uint64(1)<<(n&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// remove takes a number away.
func (b bitSet) remove(n int) { b[n>>6] &^= 1 << (n & 63) }

// sorted puts its members, which are listed in some order, into theirs: by looking through the set where they are not few in it.
func (b bitSet) sorted(members []int) []int {
	if len(members) < len(b) {
		slices.Sort(members)
		return members
	}
	members = members[:0]
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			members = append(members, i<<6+bits.TrailingZeros64(word))
		}
	}
	return members
}
