package stages

// stepBytes is after how many bytes of results, about, a step ends: the rows behind wait until these have been worked off. So a chain
// never holds a whole block of large items, of which its queues may have room for a few, and small ones go on by the block.
const stepBytes = 1 << 20

// weighEvery is of how many lists and maps in a row one is weighed, for all of them: looking into each would cost as much as making it.
const weighEvery = 8

// scales add up how many bytes the texts of items have.
type scales struct{ bytes, items int }

// full adds an item and says whether that is enough for a step.
func (s *scales) full(item any) bool {
	switch v := item.(type) {
	case string:
		s.bytes += len(v)
	case []byte:
		s.bytes += len(v)
	case []any, map[string]any:
		if s.items++; s.items%weighEvery == 1 {
			s.bytes += min(weight(item), stepBytes) * weighEvery
		}
	}
	return s.bytes >= stepBytes
}

// weight is about how many bytes the texts in an item have.
func weight(item any) int {
	bytes := 0
	switch v := item.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case []any:
		for _, e := range v {
			bytes += weight(e)
		}
	case map[string]any:
		for key, e := range v {
			bytes += len(key) + weight(e)
		}
	}
	return bytes
}
