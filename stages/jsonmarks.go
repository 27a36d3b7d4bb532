package stages

import "math/bits"

// jsonMarks are the bytes of a text at which a string of JSON ends or is no plain one: quotes, backslashes and control characters. They
// are found for a whole window at once, so that a scanner goes over strings without looking at their bytes. The zero jsonMarks are
// those of no text.
type jsonMarks struct {
	words []uint64 // a bit for each byte, and 64 more
}

// set makes the marks those of a text.
func (m *jsonMarks) set(text string) {
	need := len(text)/64 + 2
	if cap(m.words) < need || cap(m.words) > 4*need { // one long record must not hold memory for ever
		m.words = make([]uint64, need)
	}
	m.words = m.words[:need]
	full := len(text) / 64
	markBlocks(m.words[:full], text[:full*64])
	m.words[full], m.words[full+1] = markRest(text[full*64:]), 0
}

// next is the place of the first marked byte from at on, which is at most the length of the text; the length or more, if there is none.
func (m *jsonMarks) next(at int) int {
	for {
		word, shift := at>>6, uint(at)&63
		if word+1 >= len(m.words) {
			return at
		}
		// The second shift is by 64 - shift in two steps, so that it is one instruction each.
		if found := m.words[word]>>shift | m.words[word+1]<<1<<(63-shift); found != 0 {
			return at + bits.TrailingZeros64(found)
		}
		at += 64
	}
}

// Bytes in all eight places of a word, and words of bits that are the same in each.
const (
	eachByte  = 0x0101010101010101
	lowBits   = 0x7f * eachByte
	highBits  = 0x80 * eachByte
	quotes    = '"' * eachByte
	backslash = '\\' * eachByte
)

// markWords is markBlocks with eight bytes at a time: marks has a word for each 64 bytes of text, and text no others.
func markWords(marks []uint64, text string) {
	for i := range marks {
		marks[i] = markRest(text[i*64 : i*64+64])
	}
}

// markRest is the marks of up to 64 bytes.
func markRest(text string) (marks uint64) {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		word := load64(text[i:])
		below := ^(word&lowBits + (0x80-' ')*eachByte | word) & highBits
		found := matches(word, quotes) | matches(word, backslash) | below
		// The product has the high bits of the eight bytes, of which no two sums meet, side by side in its highest byte.
		marks |= found >> 7 * 0x0102040810204080 >> 56 << i
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			marks |= 1 << i
		}
	}
	return marks
}
