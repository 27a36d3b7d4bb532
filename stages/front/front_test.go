package front

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestRoundTrip: what was appended comes back, and nothing is taken of what is cut.
func TestRoundTrip(t *testing.T) {
	data := binary.AppendUvarint(nil, math.MaxUint64)
	data = binary.AppendVarint(data, math.MinInt64)
	data = append(data, "text"...)
	p := data
	u, ok := Uvarint(&p)
	if !ok || u != math.MaxUint64 {
		t.Error(u, ok)
	}
	i, ok := Varint(&p)
	if !ok || i != math.MinInt64 {
		t.Error(i, ok)
	}
	if b, ok := Bytes(&p, 5); ok || b != nil || len(p) != 4 {
		t.Error(b, ok, p)
	}
	b, ok := Bytes(&p, 4)
	if !ok || string(b) != "text" || len(p) != 0 {
		t.Error(b, ok, p)
	}
	for _, cut := range [][]byte{nil, data[:3]} {
		p := cut
		if u, ok := Uvarint(&p); ok || u != 0 || len(p) != len(cut) {
			t.Error(cut, u, ok, p)
		}
		if i, ok := Varint(&p); ok || i != 0 || len(p) != len(cut) {
			t.Error(cut, i, ok, p)
		}
	}
}
