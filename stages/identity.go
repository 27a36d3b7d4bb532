package stages

import "strconv"

// deliveredID is the identity of an item of a queue.
func deliveredID(queue string, number uint64) string {
	return queue + "#" + strconv.FormatUint(number, 10)
}

// partID is the identity of result number part of the item whose identity is id. It depends on nothing but the two, so that an
// item that is delivered again gives results with the same identities.
func partID(id string, part int) string { return id + "." + strconv.Itoa(part) }
