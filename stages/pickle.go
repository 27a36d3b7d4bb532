package stages

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Items go to a Python and come back as pickles (PEP 3154 and PEP 574; the opcodes are those of CPython's Lib/pickletools.py): of what
// every Python has, it is read and written fastest, by five times that of JSON. A batch is a pickle of one list. What comes back is data
// only: nothing in it makes anything run here.
const (
	pickleProto     = 0x80
	pickleFrame     = 0x95
	pickleStop      = '.'
	pickleMark      = '('
	pickleNone      = 'N'
	pickleTrue      = 0x88
	pickleFalse     = 0x89
	pickleInt8      = 'K' // BININT1, without a sign
	pickleInt16     = 'M' // BININT2, without a sign
	pickleInt32     = 'J' // BININT
	pickleLong      = 0x8a
	pickleLong4     = 0x8b
	pickleFloat     = 'G'
	pickleText8     = 0x8c
	pickleText32    = 'X'
	pickleText64    = 0x8d
	pickleBytes8    = 'C'
	pickleBytes32   = 'B'
	pickleBytes64   = 0x8e
	pickleBytearray = 0x96
	pickleList      = ']'
	pickleAppend    = 'a'
	pickleAppends   = 'e'
	pickleDict      = '}'
	pickleSetItem   = 's'
	pickleSetItems  = 'u'
	pickleTuple0    = ')'
	pickleTuple1    = 0x85
	pickleTuple2    = 0x86
	pickleTuple3    = 0x87
	pickleTuple     = 't'
	pickleSet       = 0x8f
	pickleAddItems  = 0x90
	pickleFrozenSet = 0x91
	pickleGlobal    = 0x93 // STACK_GLOBAL
	pickleReduce    = 'R'
)

// appendPickle appends the items from up to, but without, to of c as a pickled list.
func appendPickle(dst []byte, c *Column, from, to int) ([]byte, error) {
	dst = append(dst, pickleProto, 4, pickleList, pickleMark)
	var err error
	for i := from; i < to; i++ {
		switch c.Kind {
		case Ints:
			dst = picklesInt(dst, c.Ints[i])
		case Floats:
			dst = picklesFloat(dst, c.Floats[i])
		case Strings:
			dst, err = picklesText(dst, c.Strings[i])
		default:
			dst, err = picklesItem(dst, c.At(i))
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, pickleAppends, pickleStop), nil
}

func picklesItem(dst []byte, item any) ([]byte, error) {
	switch v := item.(type) {
	case nil:
		return append(dst, pickleNone), nil
	case bool:
		if v {
			return append(dst, pickleTrue), nil
		}
		return append(dst, pickleFalse), nil
	case int:
		return picklesInt(dst, v), nil
	case float64:
		return picklesFloat(dst, v), nil
	case string:
		return picklesText(dst, v)
	case []byte:
		return append(picklesSize(dst, pickleBytes8, pickleBytes32, pickleBytes64, len(v)), v...), nil
	case []any:
		dst = append(dst, pickleList, pickleMark)
		var err error
		for _, e := range v {
			if dst, err = picklesItem(dst, e); err != nil {
				return dst, err
			}
		}
		return append(dst, pickleAppends), nil
	case map[string]any:
		dst = append(dst, pickleDict, pickleMark)
		var err error
		for _, key := range sortedKeys(v) {
			if dst, err = picklesText(dst, key); err != nil {
				return dst, err
			}
			if dst, err = picklesItem(dst, v[key]); err != nil {
				return dst, err
			}
		}
		return append(dst, pickleSetItems), nil
	default:
		return dst, Failf("format", "%s cannot be given to Python", aKind(item))
	}
}

func picklesInt(dst []byte, v int) []byte {
	switch {
	case v >= 0 && v <= math.MaxUint8:
		return append(dst, pickleInt8, byte(v))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		return binary.LittleEndian.AppendUint32(append(dst, pickleInt32), uint32(v))
	default:
		return binary.LittleEndian.AppendUint64(append(dst, pickleLong, 8), uint64(v))
	}
}

func picklesFloat(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, pickleFloat), math.Float64bits(v))
}

func picklesText(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, Failf("format", "a text that is not UTF-8 cannot be given to Python: %s", ShortJSON(s))
	}
	return append(picklesSize(dst, pickleText8, pickleText32, pickleText64, len(s)), s...), nil
}

// picklesSize appends the opcode for something of n bytes, and n.
func picklesSize(dst []byte, short, medium, long byte, n int) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(dst, short, byte(n))
	case n <= math.MaxUint32:
		return binary.LittleEndian.AppendUint32(append(dst, medium), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(dst, long), uint64(n))
	}
}
