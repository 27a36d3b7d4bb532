package stages

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"
)

// anyItem draws an item of any kind.
func anyItem(depth int) *rapid.Generator[any] {
	scalar := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(), rapid.Int().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(),
		rapid.SampledFrom([]any{math.MinInt, math.MaxInt, 0, -1, 23, 24, 255, 256, 65535, 65536, 1 << 32, math.Inf(1), math.NaN(), math.Copysign(0, -1)}),
		rapid.SliceOf(rapid.Byte()).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalar...)
	}
	list := rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(anyItem(depth-1), 0, 4).Draw(t, "list") })
	mapping := rapid.Custom(func(t *rapid.T) any { return rapid.MapOfN(rapid.String(), anyItem(depth-1), 0, 4).Draw(t, "map") })
	return rapid.OneOf(append(scalar, list, mapping)...)
}

// anyColumn draws a column of any kind.
func anyColumn() *rapid.Generator[Column] {
	return rapid.Custom(func(t *rapid.T) Column {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return Column{Kind: Ints, Ints: rapid.SliceOf(rapid.Int()).Draw(t, "ints")}
		case 1:
			return Column{Kind: Floats, Floats: rapid.SliceOf(rapid.Float64()).Draw(t, "floats")}
		case 2:
			return Column{Kind: Strings, Strings: rapid.SliceOf(rapid.String()).Draw(t, "texts")}
		}
		return Column{Any: rapid.SliceOf(anyItem(3)).Draw(t, "items")}
	})
}

// sameItems compares columns by their items; NaN is the same as NaN.
func sameItems(a, b *Column) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if x, y := a.At(i), b.At(i); KindOf(x) != KindOf(y) || Compare(x, y) != 0 {
			return false
		}
	}
	return true
}

func TestColumnsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyColumn().Draw(t, "column")
		to := rapid.IntRange(0, c.Len()).Draw(t, "to")
		from := rapid.IntRange(0, to).Draw(t, "from")
		part := c.Slice(from, to)
		data := AppendColumn([]byte("x"), &c, from, to)[1:]
		if size := EncodedSize(&c, from, to); len(data) > size {
			t.Fatalf("%d bytes, but at most %d were expected", len(data), size)
		}
		got, err := DecodeColumn(data)
		if err != nil {
			t.Fatal(err)
		}
		if !sameItems(&got, &part) {
			t.Fatalf("%v became %v", part, got)
		}
	})
}

// TestWireIsCBOR holds the codec against another one, both ways.
func TestWireIsCBOR(t *testing.T) {
	decoder, err := cbor.DecOptions{
		DefaultMapType: reflect.TypeFor[map[string]any](), IntDec: cbor.IntDecConvertSignedOrFail, MaxArrayElements: math.MaxInt32,
	}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := cbor.EncOptions{InfConvert: cbor.InfConvertNone, NaNConvert: cbor.NaNConvertNone}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Column{Any: rapid.SliceOf(anyItem(3)).Draw(t, "items")}
		var theirs []any
		if err := decoder.Unmarshal(AppendColumn(nil, &c, 0, c.Len()), &theirs); err != nil {
			t.Fatal("they do not read what we write:", err)
		}
		normal, err := Normalize(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Column{Any: normal.([]any)}); !sameItems(&got, &c) {
			t.Fatalf("they read %v of %v", theirs, c.Any)
		}
		data, err := encoder.Marshal(c.Any)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := DecodeColumn(data)
		if c.Any != nil && (err != nil || !sameItems(&ours, &c)) {
			t.Fatalf("we read %v of %v: %v", ours, c.Any, err)
		}
	})
}

func TestTypedArrays(t *testing.T) {
	for _, test := range []struct {
		name   string
		column Column
		data   string
	}{
		{"no ints", Column{Kind: Ints}, "\xd8\x4f\x40"},
		{"ints", ColumnOf(1, -2), "\xd8\x4f\x50\x01\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff"},
		{"floats", ColumnOf(1.5), "\xd8\x56\x48\x00\x00\x00\x00\x00\x00\xf8\x3f"},
		{"texts", ColumnOf("a", ""), "\x82\x61a\x60"},
		{"mixed", ColumnOf(nil, true, 1, -1, "x", []byte{7}), "\x86\xf6\xf5\x01\x20\x61x\x41\x07"},
	} {
		if got := AppendColumn(nil, &test.column, 0, test.column.Len()); string(got) != test.data {
			t.Errorf("%s: %x, want %x", test.name, got, test.data)
		}
	}
}

func TestDamagedWire(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":                  "",
		"an int":                   "\x01",
		"more than one":            "\x80\x80",
		"cut":                      "\x82\x01",
		"cut head":                 "\x99\x01",
		"cut ints":                 "\xd8\x4f\x48\x00",
		"odd ints":                 "\xd8\x4f\x41\x00",
		"another tag":              "\xd8\x50\x40",
		"many items":               "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		"long text":                "\x81\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
		"long map":                 "\x81\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
		"indefinite":               "\x9f\x01\xff",
		"an int beyond 64 bits":    "\x81\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
		"a small float":            "\x81\xf9\x00\x00",
		"a key that is no text":    "\x81\xa1\x01\x01",
		"a key twice":              "\x81\xa2\x61a\x01\x61a\x02",
		"deep":                     strings.Repeat("\x81", 1<<20),
		"claims at many levels":    strings.Repeat("\x9a\x00\x01\x00\x00", 1<<16),
		"a text and then too much": "\x82\x61a\x78\xff",
	} {
		if c, err := DecodeColumn([]byte(data)); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func FuzzDecodeColumn(f *testing.F) {
	for _, c := range []Column{ColumnOf(1, 2), ColumnOf(1.5), ColumnOf("a", "b"), ColumnOf("a", 1), ColumnOf(map[string]any{"k": []any{nil, true}})} {
		f.Add(AppendColumn(nil, &c, 0, c.Len()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		kept := bytes.Clone(data)
		c, err := DecodeColumn(data)
		if err != nil {
			return
		}
		again := AppendColumn(nil, &c, 0, c.Len())
		clear(data) // shared memory is used again
		back, err := DecodeColumn(again)
		if err != nil || !sameItems(&back, &c) {
			t.Errorf("%x gives %v, which does not come back: %v, %v", kept, c, back, err)
		}
	})
}

func BenchmarkWire(b *testing.B) {
	ints := Column{Kind: Ints}
	texts := Column{Kind: Strings}
	for i := range 1024 {
		ints.Append(i * 7919)
	}
	for range 64 {
		texts.Append(strings.Repeat("x", 1024))
	}
	for _, c := range []struct {
		name   string
		column *Column
	}{{"ints", &ints}, {"texts", &texts}} {
		data := AppendColumn(nil, c.column, 0, c.column.Len())
		b.Run("encode "+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			buf := make([]byte, 0, EncodedSize(c.column, 0, c.column.Len()))
			for b.Loop() {
				buf = AppendColumn(buf[:0], c.column, 0, c.column.Len())
			}
		})
		b.Run("decode "+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			var c Column
			for b.Loop() {
				if err := c.Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
