package stages

import "strconv"

// partID is the identity of result number part of the item whose identity is id. It depends on nothing but the two, so that an
// item that is delivered again gives results with the same identities.
func partID(id string, part int) string { return id + "." + strconv.Itoa(part) }
