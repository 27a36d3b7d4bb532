//go:build linux

package shm

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// inSegment is primitives of which arrays are in one segment.
func inSegment(primitives []PrimitiveConfig) []PrimitiveConfig {
	primitives = slices.Clone(primitives)
	for i := range primitives {
		if primitives[i].Kind == KindArray {
			primitives[i].Segment = 1
		}
	}
	return primitives
}

// segmentBytes is what another program finds in a segment.
func segmentBytes(t testing.TB, a *Arena, segment int) []byte {
	t.Helper()
	f := a.segmentFile(segment)
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, st.Size())
	if _, err := f.ReadAt(p, 0); err != nil {
		t.Fatal(err)
	}
	return p
}

// sameInSegment fails if another program finds anything else of an array in its segment than Read does.
func sameInSegment(t testing.TB, a Array) {
	t.Helper()
	got := make([]byte, a.Len())
	if err := a.Read(got, 0); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, segmentBytes(t, a.arena, a.c.Segment)[a.shift:][:a.Len()]) {
		t.Errorf("array %s is something else in its segment", a.Name())
	}
}

// Arrays of one segment lie one behind the other, and what commits write and others write there is one memory.
func TestASegmentHasItsArrays(t *testing.T) {
	a, s := newPrimitives(t, 1,
		PrimitiveConfig{Kind: KindArray, Name: "x[0]", Value: 3, Segment: 1}, PrimitiveConfig{Kind: KindLock, Name: "l"},
		PrimitiveConfig{Kind: KindArray, Name: "x[1]", Value: 3, Segment: 1}, PrimitiveConfig{Kind: KindArray, Name: "y", Value: 8, Segment: 2})
	if err := a.Array(2).Fill([]byte("def"), 0); err != nil {
		t.Fatal(err)
	}
	change(t, s[0], func(tx *Tx) {
		tx.Change(a.Array(0), Change{Kind: Uint8, Off: 2, Number: IntNumber('c')})
		tx.Change(a.Array(2), Change{Off: 1, Bytes: []byte("XY")}) // two bytes at an odd place of the segment
		tx.Change(a.Array(3), Change{Kind: Int64, Add: true, Number: IntNumber(258)})
	})
	if got := segmentBytes(t, a, 1); string(got) != "\x00\x00cdXY" {
		t.Errorf("the segment has %q", got)
	}
	if got := segmentBytes(t, a, 2); string(got) != "\x02\x01\x00\x00\x00\x00\x00\x00" {
		t.Errorf("the other segment has %q", got)
	}
	if _, err := a.segmentFile(2).WriteAt([]byte{7}, 1); err != nil {
		t.Fatal(err)
	}
	if n := a.Array(3).Load(0, Int64).Int(); n != 7*256+2 {
		t.Errorf("what another program has written is read as %d", n)
	}
}

// What a commit stores to a byte leaves alone what another program writes to the next one.
func TestASmallNumberIsStoredAlone(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "b", Value: 4, Segment: 1})
	theirs, err := mapSegment(a.segmentFile(1), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(theirs) }()
	done := make(chan int)
	stop := make(chan struct{})
	go func() {
		wrong := 0
		for n := byte(0); ; n++ {
			select {
			case <-stop:
				done <- wrong
				return
			default:
			}
			storeAlone(theirs, 1, 1, uint64(n))
			for range 20 {
				if loadAlone(theirs, 1, 1) != uint64(n) {
					wrong++
					break
				}
			}
		}
	}()
	for n := range 20_000 {
		change(t, s[0], func(tx *Tx) { tx.Change(a.Array(0), Change{Kind: Uint8, Number: IntNumber(int64(n % 200))}) })
	}
	close(stop)
	if wrong := <-done; wrong > 0 {
		t.Errorf("what another program wrote was lost %d times", wrong)
	}
}

// A segment has its name from LinkSegment on, unless somebody has it already.
func TestLinkSegment(t *testing.T) {
	dir := t.TempDir()
	a, err := Create(Config{Slots: 1, SegmentDir: dir, Primitives: []PrimitiveConfig{{Kind: KindArray, Name: "x", Value: 5, Segment: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	taken, free := filepath.Join(dir, "taken"), filepath.Join(dir, "free")
	if err := os.WriteFile(taken, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.LinkSegment(1, taken); !errors.Is(err, fs.ErrExist) {
		t.Errorf("LinkSegment over somebody's file gives %v", err)
	}
	if text, _ := os.ReadFile(taken); string(text) != "somebody's" {
		t.Errorf("somebody's file has %q", text)
	}
	if err := a.LinkSegment(1, free); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(free, &st); err != nil {
		t.Fatal(err)
	}
	dev, ino, err := a.SegmentInode(1)
	if err != nil || st.Dev != dev || st.Ino != ino || st.Mode&0o777 != 0o600 || st.Size != 5 {
		t.Errorf("the file is %d %d of mode %o with %d bytes; SegmentInode gives %d, %d, %v", st.Dev, st.Ino, st.Mode, st.Size, dev, ino, err)
	}
}

// A segment that another program has cut off is an error for who uses it, and no trouble for recovery.
func TestACutSegment(t *testing.T) {
	const size = 3 * leastStripe
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindArray, Name: "x", Value: size, Segment: 1}, PrimitiveConfig{Kind: KindEvent, Name: "e"})
	if err := a.segmentFile(1).Truncate(pageBytes); err != nil {
		t.Fatal(err)
	}
	read := func(off int64) error {
		return a.Faults(func() error { return a.Array(0).Read(make([]byte, 8), off) })
	}
	if err := read(0); err != nil {
		t.Errorf("what is there cannot be read: %v", err)
	}
	wantError(t, "reading what was cut off", read(size-8), ErrSegmentCut)
	tx := s[0].Begin()
	tx.Change(a.Array(0), Change{Off: size - 8, Bytes: make([]byte, 8)})
	tx.SetEvent(a.Event(1), true)
	wantError(t, "storing what was cut off", a.Faults(func() error { return s[0].Commit(tx) }), ErrSegmentCut)
	die(t, a, 0)
	if !a.Event(1).IsSet() {
		t.Error("the rest of the commit was not done")
	}
	if problems := a.Check(); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	defer func() {
		if recover() == nil {
			t.Error("another fault was taken for that of a segment")
		}
	}()
	_ = a.Faults(func() error { _ = *(*int)(nil); return nil }) //nolint:all // the fault is the point
}

// Segments are checked when an arena is made and opened.
func TestWrongSegments(t *testing.T) {
	array := func(segment int) PrimitiveConfig {
		return PrimitiveConfig{Kind: KindArray, Name: "x", Value: 8, Segment: segment}
	}
	for what, primitives := range map[string][]PrimitiveConfig{
		"a segment without arrays": {array(2)},
		"too many":                 {array(MaxSegments + 1)},
		"less than none":           {array(-1)},
	} {
		if a, err := Create(Config{Slots: 1, Primitives: primitives}); err == nil {
			a.Close()
			t.Errorf("%s is no error", what)
		}
	}
	if a, err := Create(Config{Slots: 1, SegmentDir: filepath.Join(t.TempDir(), "none"), Primitives: []PrimitiveConfig{array(1)}}); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			a.Close()
		}
		t.Errorf("a folder that is not there gives %v", err)
	}
	a, _ := newPrimitives(t, 1, array(1))
	if err := a.segmentFile(1).Truncate(7); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dupFiles(t, a))
	wantError(t, "opening a segment that is too short", err, ErrSegmentCut)
}

// The party of the crash worker with its arrays in a segment: every crash point of effects.
func TestPartyInASegment(t *testing.T) {
	path := crashWorker(t)
	for _, p := range []point{pointCommitCommitted, pointEffectLocked, pointEffectsStaged, pointEffectsLogged, pointEffectStored, pointEffectUnlocked, pointRewritten, pointStripePart} {
		sweepPoint(t, p, partyMembers, func(t *testing.T, n, victim int) int {
			m := newMeetingOf(t, path, 3, inSegment(partyPrimitives))
			m.dieAt(p, n, victim)
			m.run()
			sameInSegment(t, m.arena.Array(7))
			sameInSegment(t, m.arena.Array(8))
			return m.kills[0] + m.kills[1]
		})
	}
}
