package stages

import (
	"math/bits"
	"strconv"
	"strings"
)

// jsonScanner looks for the fields of JSON objects without making items of them, some ten times as fast as jsonParser. What it accepts
// jsonParser accepts, too; what it does not is jsonParser's to judge. The text must be UTF-8.
//
// Objects in a file mostly have the same members in the same order. So the scanner remembers how the members of the last one began,
// and looks first whether the next has the same.
type jsonScanner struct {
	layout  *recordLayout
	members []scannedMember // by number
}

// scannedMember is how a member of an object begins, from the comma before it up to its value, and the slot of its field in the layout, or -1.
type scannedMember struct {
	begin string
	slot  int
}

const (
	maxScannedMembers = 64  // so many members are remembered
	maxScannedBegin   = 256 // if what they begin with is no longer than this
)

// maxScanDepth is how deep a value may nest for the scanner.
const maxScanDepth = 64

// record reads the JSON text of a line and appends the texts of the layout's fields to fields, "" for one that is not there. value is
// the text without the space around it.
func (s *jsonScanner) record(line string, fields []string) (value string, out []string, ok bool) {
	at := skipSpace(line, 0)
	start, base := at, len(fields)
	for range s.layout.names {
		fields = append(fields, "")
	}
	if at < len(line) && line[at] == '{' {
		at = s.object(line, at+1, fields[base:])
	} else {
		at = skipJSON(line, at, 0)
	}
	if at < 0 || skipSpace(line, at) != len(line) {
		return "", fields[:base], false
	}
	return line[start:at], fields, true
}

// object reads the object whose members begin at at, and gives the place behind it; -1: it is not for the scanner.
func (s *jsonScanner) object(line string, at int, fields []string) int {
	for number := 0; ; number++ {
		slot := -1
		if number < len(s.members) && strings.HasPrefix(line[at:], s.members[number].begin) {
			at += len(s.members[number].begin)
			slot = s.members[number].slot
		} else {
			before := at
			if at = skipSpace(line, at); at == len(line) {
				return -1
			}
			if line[at] == '}' {
				return at + 1
			}
			if number > 0 {
				if line[at] != ',' {
					return -1
				}
				at = skipSpace(line, at+1)
			}
			if at, slot = s.member(line, before, at, number); at < 0 {
				return -1
			}
		}
		end := skipJSON(line, at, 1)
		if end < 0 {
			return -1
		}
		if slot >= 0 {
			fields[slot] = line[at:end]
		}
		at = end
	}
}

// member reads how a member begins whose name is to stand at at, and remembers that from before on, the comma included.
func (s *jsonScanner) member(line string, before, start, number int) (at, slot int) {
	if start == len(line) || line[start] != '"' {
		return -1, -1
	}
	at = skipString(line, start+1)
	if at < 0 {
		return -1, -1
	}
	name := line[start+1 : at-1]
	if strings.IndexByte(name, '\\') >= 0 {
		return -1, -1 // it may be any name
	}
	if at = skipSpace(line, at); at == len(line) || line[at] != ':' {
		return -1, -1
	}
	at = skipSpace(line, at+1)
	slot = s.layout.slot(name)
	switch {
	case at-before > maxScannedBegin:
	case number < len(s.members):
		s.members[number] = scannedMember{strings.Clone(line[before:at]), slot}
	case number == len(s.members) && number < maxScannedMembers:
		s.members = append(s.members, scannedMember{strings.Clone(line[before:at]), slot})
	}
	return at, slot
}

// skipSpace is the place of the first byte from at on that is no white space of JSON.
func skipSpace(s string, at int) int {
	for at < len(s) && s[at] <= ' ' {
		switch s[at] {
		case ' ', '\t', '\r', '\n':
			at++
		default:
			return at
		}
	}
	return at
}

// skipJSON is the place behind the value that begins at at, or -1.
func skipJSON(s string, at, depth int) int {
	if at >= len(s) || depth > maxScanDepth {
		return -1
	}
	switch s[at] {
	case '"':
		return skipString(s, at+1)
	case '{':
		return skipObject(s, at+1, depth)
	case '[':
		return skipArray(s, at+1, depth)
	case 't':
		return skipWord(s, at, "true")
	case 'f':
		return skipWord(s, at, "false")
	case 'n':
		return skipWord(s, at, "null")
	}
	return skipNumber(s, at)
}

func skipWord(s string, at int, word string) int {
	if !strings.HasPrefix(s[at:], word) {
		return -1
	}
	return at + len(word)
}

func skipArray(s string, at, depth int) int {
	if at = skipSpace(s, at); at < len(s) && s[at] == ']' {
		return at + 1
	}
	for {
		if at = skipJSON(s, at, depth+1); at < 0 {
			return -1
		}
		if at = skipSpace(s, at); at == len(s) {
			return -1
		}
		switch s[at] {
		case ',':
			at = skipSpace(s, at+1)
		case ']':
			return at + 1
		default:
			return -1
		}
	}
}

func skipObject(s string, at, depth int) int {
	if at = skipSpace(s, at); at < len(s) && s[at] == '}' {
		return at + 1
	}
	for {
		if at == len(s) || s[at] != '"' {
			return -1
		}
		if at = skipString(s, at+1); at < 0 {
			return -1
		}
		if at = skipSpace(s, at); at == len(s) || s[at] != ':' {
			return -1
		}
		if at = skipJSON(s, skipSpace(s, at+1), depth+1); at < 0 {
			return -1
		}
		if at = skipSpace(s, at); at == len(s) {
			return -1
		}
		switch s[at] {
		case ',':
			at = skipSpace(s, at+1)
		case '}':
			return at + 1
		default:
			return -1
		}
	}
}

// Bytes in all eight places of a word.
const (
	eachByte  = 0x0101010101010101
	highBits  = 0x80 * eachByte
	quotes    = '"' * eachByte
	backslash = '\\' * eachByte
	spaces    = ' ' * eachByte
)

// skipString is the place behind the quote that ends the string whose text begins at at, or -1. It looks at eight bytes at a time: of
// a word, (x-1)&^x has the high bit of the lowest zero byte set, and perhaps of higher ones.
func skipString(s string, at int) int {
	for {
		for at+8 <= len(s) {
			x := uint64(s[at]) | uint64(s[at+1])<<8 | uint64(s[at+2])<<16 | uint64(s[at+3])<<24 |
				uint64(s[at+4])<<32 | uint64(s[at+5])<<40 | uint64(s[at+6])<<48 | uint64(s[at+7])<<56
			quote, slash := x^quotes, x^backslash
			special := ((quote-eachByte)&^quote | (slash-eachByte)&^slash | (x-spaces)&^x) & highBits
			if special == 0 {
				at += 8
				continue
			}
			at += bits.TrailingZeros64(special) >> 3
			break
		}
		for at < len(s) && s[at] != '"' && s[at] != '\\' && s[at] >= ' ' {
			at++
		}
		if at == len(s) || s[at] < ' ' {
			return -1
		}
		if s[at] == '"' {
			return at + 1
		}
		if at = skipEscape(s, at+1); at < 0 {
			return -1
		}
	}
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
