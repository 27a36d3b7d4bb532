package stages

import (
	"encoding/binary"
	"math"
)

const (
	hashSeed  = 0xcbf29ce484222325 // FNV-1a's offset
	hashPrime = 0x100000001b3
)

// Hash is a hash of an item that depends on nothing but the item: the same in every process, on every machine, in every version.
// Items that Compare as the same have the same hash, so an int and the float of the same value do.
func Hash(item any) uint64 { return mix64(hashItem(hashSeed, item)) }

func hashItem(h uint64, item any) uint64 {
	switch v := item.(type) {
	case bool:
		return hashByte(hashByte(h, 'b'), byte(truth(v)))
	case int:
		return hashWord(hashByte(h, 'i'), uint64(v))
	case float64:
		if v == math.Trunc(v) && v >= -1<<63 && v < 1<<63 {
			return hashWord(hashByte(h, 'i'), uint64(int(v)))
		}
		if math.IsNaN(v) {
			v = math.NaN() // there are many
		}
		return hashWord(hashByte(h, 'f'), math.Float64bits(v))
	case string:
		return hashString(hashByte(h, 's'), v)
	case []byte:
		return hashString(hashByte(h, 'y'), string(v))
	case []any:
		h = hashWord(hashByte(h, 'l'), uint64(len(v)))
		for _, e := range v {
			h = hashItem(h, e)
		}
		return h
	case map[string]any:
		h = hashWord(hashByte(h, 'm'), uint64(len(v)))
		for _, key := range sortedKeys(v) {
			h = hashItem(hashString(h, key), v[key])
		}
		return h
	}
	return hashByte(h, 'n')
}

func hashByte(h uint64, b byte) uint64 { return (h ^ uint64(b)) * hashPrime }

func hashWord(h, word uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], word)
	for _, c := range b {
		h = hashByte(h, c)
	}
	return h
}

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = hashByte(h, s[i])
	}
	return hashByte(h, 0xff) // no text of UTF-8 has it: "ab", "c" is not "a", "bc"
}

// funcHash leaves the sign out, so that hash(x) % n counts from 0.
func funcHash(_ *Env, a []any) (any, error) { return int(Hash(a[0]) >> 1), nil }
