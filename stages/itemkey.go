package stages

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// keyIndex numbers keys in the order in which they are first seen. Two items are the same key if they are equal (Equal), and NaN
// is the same key as NaN. The usual kinds of key have a map of their own, so that they are compact.
type keyIndex struct {
	ints   map[int]int32
	shorts shortTexts
	texts  map[string]int32 // that are longer
	others map[string]int32 // by canonical encoding
	n      int32
	last   string // the longer text that was numbered last
	buf    []byte
}

// len is how many keys there are.
func (x *keyIndex) len() int { return int(x.n) }

// number is the number of the key, and whether it has been seen for the first time.
func (x *keyIndex) number(key any) (n int, isNew bool) {
	switch k := key.(type) {
	case int:
		return x.ofInt(k)
	case string:
		return x.ofText(k)
	case float64:
		if i, ok := wholeFloat(k); ok {
			return x.ofInt(i)
		}
	}
	x.buf = appendCanonical(x.buf[:0], key)
	if n, ok := x.others[string(x.buf)]; ok {
		return int(n), false
	}
	if x.others == nil {
		x.others = map[string]int32{}
	}
	x.others[string(x.buf)] = x.n
	return x.grow(), true
}

func (x *keyIndex) ofInt(k int) (int, bool) {
	if n, ok := x.ints[k]; ok {
		return int(n), false
	}
	if x.ints == nil {
		x.ints = map[int]int32{}
	}
	x.ints[k] = x.n
	return x.grow(), true
}

func (x *keyIndex) ofText(k string) (int, bool) {
	if len(k) <= longestShort {
		n, isNew := x.shorts.number(k, x.n)
		if isNew {
			x.n++
		}
		return int(n), isNew
	}
	if n, ok := x.texts[k]; ok {
		return int(n), false
	}
	if x.texts == nil {
		x.texts = map[string]int32{}
	}
	x.last = strings.Clone(k) // the text may be part of a large block, which it would keep with it
	x.texts[x.last] = x.n
	return x.grow(), true
}

func (x *keyIndex) grow() int {
	x.n++
	return int(x.n - 1)
}

// forgetLast takes back the key that has just been numbered.
func (x *keyIndex) forgetLast(key any) {
	x.n--
	switch k := key.(type) {
	case int:
		delete(x.ints, k)
		return
	case string:
		if len(k) <= longestShort {
			x.shorts.removeLast(k)
		} else {
			delete(x.texts, k)
		}
		return
	case float64:
		if i, ok := wholeFloat(k); ok {
			delete(x.ints, i)
			return
		}
	}
	delete(x.others, string(appendCanonical(x.buf[:0], key)))
}

// kept is the key that has just been numbered, as it is to be kept for long.
func (x *keyIndex) kept(key any) any {
	if text, ok := key.(string); ok && len(text) > longestShort {
		return x.last
	}
	return detached(key)
}

func (x *keyIndex) reset() {
	x.ints, x.shorts, x.texts, x.others, x.n = nil, shortTexts{}, nil, nil, 0
}

// save writes all keys, in no order.
func (x *keyIndex) save(w *StateWriter) {
	ints := Column{Kind: Ints, Ints: slices.Collect(maps.Keys(x.ints))}
	texts := Column{Kind: Strings, Strings: slices.AppendSeq(x.shorts.all(), maps.Keys(x.texts))}
	var others Column
	for encoded := range x.others {
		d := wireReader{data: []byte(encoded)}
		others.Append(d.item(0))
	}
	for _, c := range []*Column{&ints, &texts, &others} {
		w.Column(c, 0, c.Len())
	}
}

// load reads what save wrote; the keys are numbered anew.
func (x *keyIndex) load(r *StateReader) {
	x.reset()
	for range 3 {
		x.add(r.Column())
	}
}

// add adds keys.
func (x *keyIndex) add(keys Column) {
	for i := range keys.Len() {
		x.number(keys.At(i))
	}
}

// wholeFloat is a float as the int that it equals, if there is one.
func wholeFloat(f float64) (int, bool) {
	if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int(f), true
}

// appendCanonical appends bytes that are the same for items that are the same key, and for no others: CBOR with maps sorted by
// key, whole floats written as ints, and one NaN.
func appendCanonical(dst []byte, item any) []byte {
	switch v := item.(type) {
	case float64:
		if i, ok := wholeFloat(v); ok {
			return appendItem(dst, i)
		}
		if math.IsNaN(v) {
			return appendItem(dst, math.NaN())
		}
	case []any:
		dst = appendHead(dst, cborArray, uint64(len(v)))
		for _, e := range v {
			dst = appendCanonical(dst, e)
		}
		return dst
	case map[string]any:
		dst = appendHead(dst, cborMap, uint64(len(v)))
		var some [manyFields]field
		for _, f := range sortedFields(some[:0], v) {
			dst = append(appendHead(dst, cborText, uint64(len(f.key))), f.key...)
			dst = appendCanonical(dst, f.value)
		}
		return dst
	}
	return appendItem(dst, item)
}
