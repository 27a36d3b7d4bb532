package stages

import (
	"cmp"
	"slices"
	"strings"
)

// sortedOrder is the numbers of the items of c in their order (Compare), or from the largest on if desc; equal items keep the
// order in which they stand.
func sortedOrder(c *Column, desc bool) []int {
	order := make([]int, c.Len())
	for i := range order {
		order[i] = i
	}
	compare := comparer(c)
	slices.SortFunc(order, func(i, j int) int {
		by := compare(i, j)
		if desc {
			by = -by
		}
		if by == 0 {
			return cmp.Compare(i, j)
		}
		return by
	})
	return order
}

// comparer compares two items of c by their numbers.
func comparer(c *Column) func(i, j int) int {
	switch c.Kind {
	case Ints:
		return func(i, j int) int { return cmp.Compare(c.Ints[i], c.Ints[j]) }
	case Floats:
		return func(i, j int) int { return cmp.Compare(c.Floats[i], c.Floats[j]) }
	case Strings:
		return func(i, j int) int { return strings.Compare(c.Strings[i], c.Strings[j]) }
	default:
		return func(i, j int) int { return Compare(c.Any[i], c.Any[j]) }
	}
}
