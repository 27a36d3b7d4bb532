package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// piecewise is an input that comes in pieces.
type piecewise struct {
	data   []byte
	at     int
	piece  func() int  // how many bytes a Read gives at most
	notYet func() bool // whether there seems to be nothing at the moment
	once   bool        // it cannot be read again
	broken error       // what its end is, instead of io.EOF
}

func (p *piecewise) Read(b []byte) (int, error) {
	if p.notYet != nil && p.notYet() {
		return 0, errNotYet
	}
	if p.at == len(p.data) {
		if p.broken != nil {
			return 0, p.broken
		}
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), max(1, p.piece()))], p.data[p.at:])
	p.at += n
	return n, nil
}

func (p *piecewise) Close() error   { return nil }
func (p *piecewise) waiter() Waiter { return nil }
func (p *piecewise) again() bool    { return !p.once }
func (p *piecewise) size() int64    { return int64(len(p.data) - p.at) }

// readAll is everything that a reader gives, errors of records included, as lines. replace is called before each step and may give
// another reader that goes on.
func readAll(t *reader, limit func() int, replace func(*reader) *reader) (lines []string) {
	var items Column
	for {
		t = replace(t)
		items.Reset()
		err := t.next(limit(), &items, func() {})
		for i := range items.Len() {
			lines = append(lines, string(AppendJSON(nil, items.At(i))))
		}
		var broken *brokenRecord
		switch {
		case err == nil, errors.Is(err, errNotYet):
		case errors.Is(err, io.EOF):
			return lines
		case errors.As(err, &broken):
			lines = append(lines, fmt.Sprintf("%s: %s (%s)", broken.at("f"), broken.message, AppendJSON(nil, broken.piece)))
		default:
			return append(lines, err.Error())
		}
	}
}

func same(t *reader) *reader { return t }

// inOneGo is what a reader gives of data that comes all at once.
func inOneGo(f format, header csvHeader, data []byte) []string {
	t := newReader(f, header)
	t.in = &piecewise{data: data, piece: func() int { return len(data) }}
	return readAll(t, func() int { return 1 << 20 }, same)
}

// inPieces is what readers give of data that comes in pieces, and that replace each other.
func inPieces(f format, header csvHeader, data []byte, rng *rand.Rand) []string {
	once := rng.IntN(2) == 0
	chance := func(n int) func() bool { return func() bool { return rng.IntN(n) == 0 } }
	open := func(t *reader, at int64) {
		t.chunk = 1 + rng.IntN(64)
		if t.ended {
			return
		}
		t.in = &piecewise{data: data, at: int(at), piece: func() int { return 1 + rng.IntN(20) }, once: once, notYet: chance(3)}
		t.stream = once
	}
	t := newReader(f, header)
	open(t, 0)
	var saved [][]byte
	replace := func(t *reader) *reader {
		if rng.IntN(3) == 0 {
			var w StateWriter
			full := len(saved) == 0 || rng.IntN(4) == 0
			if full {
				saved = nil
			}
			t.save(&w, full)
			saved = append(saved, bytes.Clone(w.buf))
			if rng.IntN(2) == 0 {
				t = newReader(f, header)
				for i, state := range saved {
					t.load(&StateReader{buf: state}, i == 0)
				}
				open(t, t.base+int64(t.size))
			}
		}
		return t
	}
	return readAll(t, func() int { return 1 + rng.IntN(4) }, replace)
}

var readerFormats = []struct {
	format format
	header csvHeader
}{
	{format: formatLines},
	{format: formatNul},
	{format: formatJSONL},
	{format: formatCSV},
	{format: formatCSV, header: csvHeader{none: true}},
	{format: formatCSV, header: csvHeader{names: []string{"x", "y"}}},
	{format: formatBytes},
	{format: formatFrames},
}

var readerSeeds = []string{
	"\x00\x00\x00\x01a\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x02bc", "\x00\x00\x00\x03ab", "\x00\x00\x00\x01a\xff\xff\xff\xfe",
	"", "\n", "a", "a\nb\n", "a\n\nb", "one\r\ntwo\r\n", "\xff\nok\n\xc3", "ä\nö\x00\x00ü",
	"a,b\n1,2\n3\n4,5,6\n", "a,b\r\n\"1\n\n2\",\"\"\"\"\r\n", "a,b\n\"x\"y,1\nz\"z,2\n3,4\n", "a,b\n\"never closed\n1,2\n3,4\n", "a,a\n1,2\n",
	"\ufeffa,b\n1,2\n", "\n\r\n\ra,b\n", "a,b\n\"1\",\"\r", "a\n\"x\"\r", "\"\n\"\n", "x,y\n\"\"\",\"\n\"\xff\",1\n", "\"a\"\"",
	"1\n2.5\n\"x\"\n{\"a\": [1, null]}\n", "{\"a\"\n\n \t\r\n[1 2]\n1 2\n99999999999999999999\n\ufeff1\nnull", "\ufeff{}\n",
}

// FuzzReader: what is read does not depend on how the input comes in pieces, nor on when a reader is replaced by another one that
// goes on where it stood.
func FuzzReader(f *testing.F) {
	for _, seed := range readerSeeds {
		f.Add([]byte(seed), uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		for _, kind := range readerFormats {
			want := inOneGo(kind.format, kind.header, data)
			for i := range uint64(4) {
				got := inPieces(kind.format, kind.header, data, rand.New(rand.NewPCG(seed, i)))
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%s %v, seed %d, %d, of %q:\ngot  %q\nwant %q", kind.format, kind.header, seed, i, data, got, want)
				}
			}
		}
	})
}

// TestReaderRandom does the same with texts made of what matters.
func TestReaderRandom(t *testing.T) {
	bricks := []string{"a", "b", ",", "\n", "\n", "\r\n", "\"", "\"\"", "\x00", "1", "{", "}", "[", "]", ":", " ", "ä", "\xc3", "\"x\"", "{\"k\": 1}", "-1.5e3", "\\u00"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 700 {
		var data []byte
		for range rng.IntN(30) {
			data = append(data, bricks[rng.IntN(len(bricks))]...)
		}
		for _, kind := range readerFormats {
			want := inOneGo(kind.format, kind.header, data)
			got := inPieces(kind.format, kind.header, data, rng)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s %v of %q:\ngot  %q\nwant %q", kind.format, kind.header, data, got, want)
			}
		}
	}
}

// TestReaderLimits: records of any length up to the limit are read; longer ones are an error, and what came before is delivered.
func TestReaderLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format format
		data   string
		want   []string
	}{
		{"a line at the limit", formatLines, "0123456789012345678\nx\n", []string{`"0123456789012345678"`, `"x"`}},
		{"a line behind it", formatLines, "a\nb\n" + string(bytes.Repeat([]byte("x"), 100)) + "\nc\n", []string{`"a"`, `"b"`, "line 3 is longer than 0 MiB"}},
		{"a last line behind it", formatLines, "a\n" + string(bytes.Repeat([]byte("x"), 100)), []string{`"a"`, "line 2 is longer than 0 MiB"}},
		{"a quote that swallows the rest", formatCSV, "a\n1\n\"2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n3\n4\n", []string{
			`{"a": "1"}`, `f:3:1: a quoted field has no end ("\"2")`, `{"a": "3"}`, `{"a": "4"}`, `{"a": "5"}`, `{"a": "6"}`, `{"a": "7"}`,
			`{"a": "8"}`, `{"a": "9"}`, `{"a": "0"}`, `{"a": "1"}`, `{"a": "2"}`, `{"a": "3"}`, `{"a": "4"}`,
		}},
		{"bytes", formatBytes, "0123456789012345678901234567890", []string{"is larger than 0 MiB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReader(tt.format, csvHeader{})
			r.chunk, r.limit = 4, 20
			r.in = &piecewise{data: []byte(tt.data), piece: func() int { return 3 }}
			got := readAll(r, func() int { return 2 }, same)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestReaderFailing: an input that breaks off delivers the whole records before, and not what may be half a one.
func TestReaderFailing(t *testing.T) {
	r := newReader(formatLines, csvHeader{})
	r.in = &piecewise{data: []byte("a\nb\nhalf"), piece: func() int { return 5 }, broken: errors.New("cut")}
	got := readAll(r, func() int { return 1 }, same)
	if fmt.Sprint(got) != `["a" "b" cut]` {
		t.Errorf("got %q", got)
	}
}

// TestReaderMemory: a long record does not hold its memory for ever.
func TestReaderMemory(t *testing.T) {
	data := append(bytes.Repeat([]byte("x"), 4<<20), "\nshort\n"...)
	data = append(data, bytes.Repeat([]byte("short\n"), 1<<16)...)
	r := newReader(formatLines, csvHeader{})
	r.in = &piecewise{data: data, piece: func() int { return 1 << 20 }}
	readAll(r, func() int { return 1024 }, same)
	if len(r.buf) > 4*readChunk {
		t.Errorf("%d bytes are held", len(r.buf))
	}
}
