package stages

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// jsonScanner looks for the fields of JSON objects without making items of them, some twenty times as fast as jsonParser. It goes over a
// window of lines, whose marks it finds first, from record to record. What it accepts jsonParser accepts, too, as the whole of a line;
// what it does not is jsonParser's to judge. The text must be UTF-8.
//
// Objects in a file mostly have the same members in the same order. So the scanner remembers how the members of the last one began,
// and looks first whether the next has the same.
type jsonScanner struct {
	layout  *recordLayout
	members []scannedMember // by number
	text    string
	marks   jsonMarks // of text
}

// scannedMember is how a member of an object begins, from the comma before it up to its value, and the slot of its field in the layout, or -1.
type scannedMember struct {
	begin string
	slot  int
	// The first sixteen bytes of begin as numbers, and the bits of them that there are.
	low, high, lowMask, highMask uint64
}

const (
	maxScannedMembers = 64  // so many members are remembered
	maxScannedBegin   = 256 // if what they begin with is no longer than this
)

// maxScanDepth is how deep a value may nest for the scanner.
const maxScanDepth = 64

// look makes text what records are read of.
func (s *jsonScanner) look(text string) {
	s.text = text
	s.marks.set(text)
}

// record reads the line that begins at at and appends the places of its record to pieces: of the value without the space around it, and
// of the layout's fields, empty for one that is not there. It gives the place of the line's end, of the text if last says that it
// ends there; -1: the line is not for the scanner, and pieces has nothing new.
func (s *jsonScanner) record(at int, last bool, pieces []piece) (end int, out []piece) {
	base := len(pieces)
	out = slices.Grow(pieces, s.layout.width())[:base+s.layout.width()]
	places := out[base:]
	clear(places)
	at = s.space(at)
	start := at
	if at < len(s.text) && s.text[at] == '{' {
		at = s.object(at+1, places[1:])
	} else {
		at = s.value(at, 0)
	}
	if at < 0 {
		return -1, pieces
	}
	places[0] = piece{uint32(start), uint32(at)}
	if at < len(s.text) && s.text[at] != '\n' {
		at = s.space(at)
	}
	if at < len(s.text) && s.text[at] == '\n' || at == len(s.text) && last {
		return at, out
	}
	return -1, pieces
}

// object reads the object whose members begin at at, and gives the place behind it; -1: it is not for the scanner.
func (s *jsonScanner) object(at int, fields []piece) int {
	for number := 0; ; number++ {
		at, number = s.expected(at, number, fields)
		slot := -1
		if number < len(s.members) && s.members[number].begins(s.text, at) {
			at += len(s.members[number].begin)
			slot = s.members[number].slot
		} else {
			before := at
			if at = s.space(at); at == len(s.text) {
				return -1
			}
			if s.text[at] == '}' {
				return at + 1
			}
			if number > 0 {
				if s.text[at] != ',' {
					return -1
				}
				at = s.space(at + 1)
			}
			if at, slot = s.member(before, at, number); at < 0 {
				return -1
			}
		}
		start := at
		if at = s.value(at, 1); at < 0 {
			return -1
		}
		if slot >= 0 {
			fields[slot] = piece{uint32(start), uint32(at)}
		}
	}
}

// expected goes over the members from number on that begin as they did in the last object and have a plain string or a short number, and
// gives the place and the number of the next one. Nearly all members are of that kind, so this is one loop without a call in it.
func (s *jsonScanner) expected(at, number int, fields []piece) (next, count int) {
	text, marks, members := s.text, s.marks.words, s.members
	for ; number < len(members) && at+maxScannedBegin+32 < len(text); number++ {
		m := &members[number]
		here := text[at : at+16]
		if (load64(here)^m.low)&m.lowMask|(load64(here[8:])^m.high)&m.highMask != 0 {
			break
		}
		start := at + len(m.begin)
		if len(m.begin) > 16 && text[at+16:start] != m.begin[16:] {
			break
		}
		end := 0
		if text[start] == '"' {
			word, shift := (start+1)>>6, uint(start+1)&63
			found := marks[word]>>shift | marks[word+1]<<1<<(63-shift)
			end = start + 1 + bits.TrailingZeros64(found)
			if found == 0 || text[end] != '"' {
				break
			}
			end++
		} else {
			digits := leadingDigits(load64(text[start:]))
			if digits-1 > 6 || digits > 1 && text[start] == '0' {
				break
			}
			end = start + int(digits)
			if text[end] == '.' {
				digits = leadingDigits(load64(text[end+1:]))
				if digits-1 > 6 {
					break
				}
				end += 1 + int(digits)
			}
			if text[end]|0x20 == 'e' {
				break
			}
		}
		if m.slot >= 0 {
			fields[m.slot] = piece{uint32(start), uint32(end)}
		}
		at = end
	}
	return at, number
}

// begins says whether the member at at begins as this one did, and its value follows at once.
func (m *scannedMember) begins(text string, at int) bool {
	end := at + len(m.begin)
	if end >= len(text) || text[end] <= ' ' {
		return false
	}
	if at+16 > len(text) {
		return text[at:end] == m.begin
	}
	here := text[at : at+16]
	if (load64(here)^m.low)&m.lowMask|(load64(here[8:])^m.high)&m.highMask != 0 {
		return false
	}
	return len(m.begin) <= 16 || text[at+16:end] == m.begin[16:]
}

// member reads how a member begins whose name is to stand at at, and remembers that from before on, the comma included.
func (s *jsonScanner) member(before, start, number int) (at, slot int) {
	if start == len(s.text) || s.text[start] != '"' {
		return -1, -1
	}
	at = s.string(start + 1)
	if at < 0 {
		return -1, -1
	}
	name := s.text[start+1 : at-1]
	if strings.IndexByte(name, '\\') >= 0 {
		return -1, -1 // it may be any name
	}
	if at = s.space(at); at == len(s.text) || s.text[at] != ':' {
		return -1, -1
	}
	if at = s.space(at + 1); at == len(s.text) {
		return -1, -1
	}
	slot = s.layout.slot(name)
	switch begin := s.text[before:at]; {
	case len(begin) > maxScannedBegin:
	case number < len(s.members):
		s.members[number] = scannedMemberOf(begin, slot)
	case number == len(s.members) && number < maxScannedMembers:
		s.members = append(s.members, scannedMemberOf(begin, slot))
	}
	return at, slot
}

func scannedMemberOf(begin string, slot int) scannedMember {
	m := scannedMember{begin: strings.Clone(begin), slot: slot}
	for i := range min(len(begin), 8) {
		m.low |= uint64(begin[i]) << (8 * i)
		m.lowMask |= 0xff << (8 * i)
	}
	for i := range min(len(begin)-8, 8) {
		m.high |= uint64(begin[8+i]) << (8 * i)
		m.highMask |= 0xff << (8 * i)
	}
	return m
}

// space is the place of the first byte from at on that is no white space within a line.
func (s *jsonScanner) space(at int) int {
	for at < len(s.text) && (s.text[at] == ' ' || s.text[at] == '\t' || s.text[at] == '\r') {
		at++
	}
	return at
}

// value is the place behind the value that begins at at, or -1.
func (s *jsonScanner) value(at, depth int) int {
	if at >= len(s.text) || depth > maxScanDepth {
		return -1
	}
	switch s.text[at] {
	case '"':
		return s.string(at + 1)
	case '{':
		return s.inner(at+1, depth)
	case '[':
		return s.elements(at+1, depth)
	case 't':
		return s.word(at, "true")
	case 'f':
		return s.word(at, "false")
	case 'n':
		return s.word(at, "null")
	}
	return skipNumber(s.text, at)
}

func (s *jsonScanner) word(at int, word string) int {
	if !strings.HasPrefix(s.text[at:], word) {
		return -1
	}
	return at + len(word)
}

// elements is the place behind the list whose elements begin at at, or -1.
func (s *jsonScanner) elements(at, depth int) int {
	if at = s.space(at); at < len(s.text) && s.text[at] == ']' {
		return at + 1
	}
	for {
		if at = s.value(at, depth+1); at < 0 {
			return -1
		}
		if at = s.space(at); at == len(s.text) {
			return -1
		}
		switch s.text[at] {
		case ',':
			at = s.space(at + 1)
		case ']':
			return at + 1
		default:
			return -1
		}
	}
}

// inner is the place behind the object inside of another value whose members begin at at, or -1.
func (s *jsonScanner) inner(at, depth int) int {
	if at = s.space(at); at < len(s.text) && s.text[at] == '}' {
		return at + 1
	}
	for {
		if at == len(s.text) || s.text[at] != '"' {
			return -1
		}
		if at = s.string(at + 1); at < 0 {
			return -1
		}
		if at = s.space(at); at == len(s.text) || s.text[at] != ':' {
			return -1
		}
		if at = s.value(s.space(at+1), depth+1); at < 0 {
			return -1
		}
		if at = s.space(at); at == len(s.text) {
			return -1
		}
		switch s.text[at] {
		case ',':
			at = s.space(at + 1)
		case '}':
			return at + 1
		default:
			return -1
		}
	}
}

// string is the place behind the quote that ends the string whose text begins at at, or -1.
func (s *jsonScanner) string(at int) int {
	for {
		if at = s.marks.next(at); at >= len(s.text) {
			return -1
		}
		switch s.text[at] {
		case '"':
			return at + 1
		case '\\':
			if at = skipEscape(s.text, at+1); at < 0 {
				return -1
			}
		default:
			return -1
		}
	}
}

// leadingDigits is how many of eight bytes are digits before one that is none.
func leadingDigits(word uint64) uint {
	// A digit has 0 to 9 above '0', to which 0x76 can be added below the high bit. What is carried changes only what is behind.
	above := word ^ '0'*eachByte
	return uint(bits.TrailingZeros64((above+0x76*eachByte|above)&highBits)) >> 3
}

// skipEscape is the place behind the escape whose backslash stands before at, or -1.
func skipEscape(s string, at int) int {
	if at == len(s) {
		return -1
	}
	switch s[at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 1
	case 'u':
		if at+5 > len(s) {
			return -1
		}
		for _, c := range []byte(s[at+1 : at+5]) {
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
				return -1
			}
		}
		return at + 5
	}
	return -1
}

// skipNumber is the place behind the number at at, or -1. Integers of more than 18 digits may be too large.
func skipNumber(s string, at int) int {
	start := at
	if s[at] == '-' {
		at++
	}
	whole := at
	for at < len(s) && s[at]-'0' <= 9 {
		at++
	}
	if digits := at - whole; digits == 0 || digits > 18 || digits > 1 && s[whole] == '0' {
		return -1
	}
	if at == len(s) || s[at] != '.' && s[at]|0x20 != 'e' {
		return at
	}
	if s[at] == '.' {
		point := at
		for at++; at < len(s) && s[at]-'0' <= 9; at++ {
		}
		if at == point+1 {
			return -1
		}
	}
	if at < len(s) && s[at]|0x20 == 'e' {
		return skipExponent(s, start, at+1)
	}
	return at
}

// skipExponent reads the rest of a number behind its e. A float may be too large.
func skipExponent(s string, start, at int) int {
	if at < len(s) && (s[at] == '+' || s[at] == '-') {
		at++
	}
	digits := at
	for at < len(s) && s[at]-'0' <= 9 {
		at++
	}
	if at == digits {
		return -1
	}
	if _, err := strconv.ParseFloat(s[start:at], 64); err != nil {
		return -1
	}
	return at
}
