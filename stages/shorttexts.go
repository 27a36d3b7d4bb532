package stages

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// shortTexts numbers texts of up to 16 bytes. It is for keys, most of which are that short and are looked up for each item: the text
// itself stands in the table (open, with linear probing), so that a look-up touches one line of the cache and compares two words,
// where a map of strings touches three lines and compares bytes. The zero shortTexts is empty.
type shortTexts struct {
	cells []shortCell // a power of two of them; nil if there are no texts
	n     int
	seed  uint64 // so that nobody can choose keys that all fall together
}

// shortCell is a text as two words, filled up with zeros, and its number.
type shortCell struct {
	low, high uint64
	length    uint32 // and one more; 0: free
	number    int32
}

// longestShort is the length in bytes of the longest text that shortTexts takes.
const longestShort = 16

// shortTextOf is the cell of a text without its number.
func shortTextOf(s string) shortCell {
	c := shortCell{length: uint32(len(s)) + 1}
	switch n := len(s); {
	case n >= 8:
		c.low = load64(s)
		if n > 8 {
			c.high = load64(s[n-8:]) >> ((16 - n) & 15 * 8)
		}
	case n >= 4:
		c.low = load32(s) | load32(s[n-4:])<<((n-4)*8)
	case n > 0:
		c.low = uint64(s[0]) | uint64(s[n/2])<<(n/2*8) | uint64(s[n-1])<<((n-1)*8)
	}
	return c
}

// load64 is the first eight bytes of s; the compiler makes one load of it.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// load32 is the first four.
func load32(s string) uint64 {
	_ = s[3]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// text is the text of a cell.
func (c *shortCell) text() string {
	var b [longestShort]byte
	binary.LittleEndian.PutUint64(b[:], c.low)
	binary.LittleEndian.PutUint64(b[8:], c.high)
	return string(b[:c.length-1])
}

// at is the place of a text's cell, or the free one where it would be. There must be a free one.
func (x *shortTexts) at(c *shortCell) *shortCell {
	high, low := bits.Mul64(c.low^x.seed, c.high^uint64(c.length)^0x9e3779b97f4a7c15)
	mask := uint64(len(x.cells) - 1)
	for i := (high ^ low*0xd6e8feb86659fd93>>32) & mask; ; i = (i + 1) & mask {
		if found := &x.cells[i]; found.length == 0 || found.low == c.low && found.high == c.high && found.length == c.length {
			return found
		}
	}
}

// number is the number of a text, which is next if it is not there yet.
func (x *shortTexts) number(text string, next int32) (n int32, isNew bool) {
	c := shortTextOf(text)
	if x.cells == nil {
		x.seed = rand.Uint64() | 1
		x.cells = make([]shortCell, 64)
	}
	found := x.at(&c)
	if found.length != 0 {
		return found.number, false
	}
	if 3*(x.n+1) > 2*len(x.cells) {
		x.grow()
		found = x.at(&c)
	}
	*found = c
	found.number = next
	x.n++
	return next, true
}

func (x *shortTexts) grow() {
	old := x.cells
	x.cells = make([]shortCell, 2*len(old))
	for i := range old {
		if old[i].length != 0 {
			*x.at(&old[i]) = old[i]
		}
	}
}

// removeLast takes back the text that was numbered last: no other one can stand behind it for its sake.
func (x *shortTexts) removeLast(text string) {
	c := shortTextOf(text)
	*x.at(&c) = shortCell{}
	x.n--
}

// all is the texts, in no order.
func (x *shortTexts) all() []string {
	texts := make([]string, 0, x.n)
	for i := range x.cells {
		if x.cells[i].length != 0 {
			texts = append(texts, x.cells[i].text())
		}
	}
	return texts
}
