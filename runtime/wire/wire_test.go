package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"
)

type colour uint8

// secret keeps its text to itself.
type secret struct{ text string }

func (s secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.text) }

func (s *secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.text) }

type place struct{ Row, Column int }

type inner struct {
	Name   string
	Hidden string `json:"-"`
	Next   *inner
	own    int
}

type everything struct {
	place
	B     bool
	I     int64
	U     uint16
	F     float64
	S     string
	C     colour
	Took  time.Duration
	Bytes []byte
	Names []string
	Inner []inner
	Pair  [2]inner
	P     *place
	M     map[string][]int
	Keep  secret
	Keeps map[colourName]secret
	Spare []place
}

type colourName string

var example = everything{
	place: place{1, -2}, B: true, I: math.MinInt64, U: math.MaxUint16, F: math.Inf(-1), S: "a\x00b\xff", C: 7, Took: -time.Second, Bytes: []byte{0, 255},
	Names: []string{"", "x"}, Inner: []inner{{Name: "n", Next: &inner{Name: "m"}}, {}}, Pair: [2]inner{1: {Name: "p"}}, P: &place{},
	M: map[string][]int{"": nil, "none": {}, "some": {3, -4}}, Keep: secret{"kept"}, Keeps: map[colourName]secret{"red": {"rot"}},
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, want := range []everything{{}, example} {
		data, err := Append(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		var got everything
		if err := Read(data, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v\nof %+v", got, want)
		}
	}
}

func TestHiddenFieldsStay(t *testing.T) {
	data, err := Append(nil, inner{Name: "n", Hidden: "h", own: 1})
	if want := "\x01\x01n\x00"; err != nil || string(data) != want {
		t.Errorf("%q instead of %q, %v", data, want, err)
	}
}

// Any part of what was written, and what has been changed, is an error or another value, and never a fault.
func TestCutBytes(t *testing.T) {
	data, err := Append(nil, example)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		if err := Read(data[:n], new(everything)); err == nil {
			t.Fatalf("%d of %d bytes are read", n, len(data))
		}
	}
	if err := Read(append(data, 0), new(everything)); !errors.Is(err, ErrCut) {
		t.Errorf("a byte too many gives %v", err)
	}
}

func FuzzRead(f *testing.F) {
	data, err := Append(nil, example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var v everything
		if Read(data, &v) != nil {
			return
		}
		again, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := Read(again, new(everything)); err != nil {
			t.Errorf("what was read and written again gives %v", err)
		}
	})
}

func TestWhatCannotTravel(t *testing.T) {
	for _, v := range []any{
		struct{ F func() }{func() {}}, struct{ A any }{1}, struct{ C chan int }{make(chan int)}, map[int]int{1: 1}, struct{ C complex128 }{1},
	} {
		if _, err := Append(nil, v); err == nil {
			t.Errorf("%T is written", v)
		}
	}
	if err := Read([]byte{0}, new(any)); err == nil {
		t.Error("an interface is read")
	}
}
