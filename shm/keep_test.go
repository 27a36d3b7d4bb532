//go:build linux

package shm

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAKeptArenaIsTheSame(t *testing.T) {
	a := busyArena(t)
	var kept bytes.Buffer
	if err := a.Keep(&kept); err != nil {
		t.Fatal(err)
	}
	b, err := OpenKept(bytes.NewReader(kept.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if diff := cmp.Diff(a.Stats(), b.Stats(), cmp.AllowUnexported(WaitInfo{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a.Check(), b.Check()); diff != "" {
		t.Error(diff)
	}
	if len(b.Check()) != 0 {
		t.Errorf("problems: %v", b.Check())
	}
}

// What is in a segment is kept, too.
func TestAKeptSegment(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "x", Value: 20, Segment: 1})
	change(t, s[0], func(tx *Tx) { tx.Change(a.Array(0), Change{Kind: Int64, Off: 8, Number: IntNumber(42)}) })
	var kept bytes.Buffer
	if err := a.Keep(&kept); err != nil {
		t.Fatal(err)
	}
	b, err := OpenKept(&kept)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if n := b.Array(0).Load(8, Int64).Int(); n != 42 {
		t.Errorf("it has %d instead of 42", n)
	}
}

// TestADamagedKeptArena cuts a kept arena off everywhere in its beginning, and changes each word of its frame.
func TestADamagedKeptArena(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q", Capacity: 8, MaxItem: 100})
	var kept bytes.Buffer
	if err := a.Keep(&kept); err != nil {
		t.Fatal(err)
	}
	whole := kept.Bytes()
	open := func(text []byte) error {
		b, err := OpenKept(bytes.NewReader(text))
		if err == nil {
			b.Check()
			b.Close()
		}
		return err
	}
	for n := range 64 {
		if err := open(whole[:n]); !errors.Is(err, ErrLayout) {
			t.Errorf("the first %d bytes give %v", n, err)
		}
	}
	for _, n := range []int{len(whole) / 2, len(whole) - 1} {
		if err := open(whole[:n]); !errors.Is(err, ErrLayout) {
			t.Errorf("the first %d bytes give %v", n, err)
		}
	}
	if err := open(append(bytes.Clone(whole), 0)); !errors.Is(err, ErrLayout) {
		t.Errorf("one byte more gives %v", err)
	}
	for at := range 40 { // magic, number of files, size, offset and length of the first extent
		larger := at >= 16 && at < 24 // a size may be larger: there is a hole behind the rest
		for _, v := range []byte{0x80, 0xff} {
			text := bytes.Clone(whole)
			text[at] ^= v
			if err := open(text); err == nil && !larger {
				t.Errorf("byte %d changed by %#x is not noticed", at, v)
			}
		}
	}
}
