package stages

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// packedText is the text of packed files: what testdata/lines.bz2 holds.
func packedText() string {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "line %d of a text that is compressed\n", i+1)
	}
	return b.String()
}

// packedAs is text as a compressed file; bzip2 can only be read, so there the text is packedText.
func packedAs(t testing.TB, kind compression, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	switch kind {
	case gzipped:
		return []byte(gzipOf(text))
	case zstandard:
		w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	case xzipped:
		w, err := xz.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	case bzipped:
		data, err := os.ReadFile("testdata/lines.bz2")
		if err != nil {
			t.Fatal(err)
		}
		return data
	default:
		return []byte(text)
	}
	return b.Bytes()
}

// readPacked is the lines of a file with these bytes, and the error.
func readPacked(t testing.TB, kind compression, data []byte) (lines []string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newReader(formatLines, csvHeader{})
	defer r.close()
	for {
		var items Column
		if err = r.open(path, kind); err == nil {
			err = r.next(100, &items, func() {})
		}
		for i := range items.Len() {
			lines = append(lines, items.At(i).(string))
		}
		if err != nil {
			return lines, err
		}
	}
}

var packings = []compression{gzipped, zstandard, xzipped, bzipped}

// TestUnpack: files of one part, of several, of none.
func TestUnpack(t *testing.T) {
	text := packedText()
	want := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, kind := range packings {
		one := packedAs(t, kind, text)
		for parts := range 4 {
			lines, err := readPacked(t, kind, bytes.Repeat(one, parts))
			if fmt.Sprint(err) != "EOF" || len(lines) != parts*len(want) {
				t.Errorf("%s of %d parts: %d lines, not %d: %v", kind, parts, len(lines), parts*len(want), err)
			}
			for i, line := range lines {
				if line != want[i%len(want)] {
					t.Fatalf("%s of %d parts: line %d is %q", kind, parts, i, line)
				}
			}
		}
	}
	skippable := append([]byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}, packedAs(t, zstandard, "a\n")...)
	if lines, err := readPacked(t, zstandard, append(skippable, skippable...)); fmt.Sprint(lines, err) != "[a a] EOF" {
		t.Error("skippable frames:", lines, err)
	}
	padded := append(packedAs(t, gzipped, "a\n"), make([]byte, 1000)...)
	if lines, err := readPacked(t, gzipped, append(bytes.Clone(padded), padded...)); fmt.Sprint(lines, err) != "[a a] EOF" {
		t.Error("members with zeros behind them:", lines, err)
	}
}

// TestUnpackCut: a file that is cut off anywhere gives lines that were there, and an error that says so.
func TestUnpackCut(t *testing.T) {
	whole := strings.Split(packedText(), "\n")
	for _, kind := range packings {
		data := packedAs(t, kind, packedText())
		for cut := 1; cut < len(data); cut += 1 + len(data)/60 {
			lines, err := readPacked(t, kind, data[:cut])
			if want := fmt.Sprintf("the %s file is cut off", kind); err == nil || err.Error() != want {
				t.Errorf("%s, cut at byte %d of %d: %v", kind, cut, len(data), err)
			}
			checkLines(t, kind, lines, whole)
		}
	}
}

// TestUnpackDamaged: whatever is wrong with a file, what was read before is right, or the damage is in a part without checksum.
func TestUnpackDamaged(t *testing.T) {
	for _, tt := range []struct {
		kind compression
		data string
		want string
	}{
		{gzipped, "plain text, and enough of it to be more than a head", "not in the format of gzip, or something else follows its data"},
		{zstandard, "plain text, and enough of it to be more than a head", "not in the format of zstd, or something else follows its data"},
		{xzipped, "plain text, and enough of it to be more than a head", "not in the format of xz, or something else follows its data"},
		{bzipped, "plain text, and enough of it to be more than a head", "the bzip2 file is damaged: bzip2 data invalid: bad magic value"},
		{zstandard, "\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00", "the zstd file needs more than 128 MiB of memory to decompress"},
		{xzipped, "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x28" + strings.Repeat("\x00", 40), "the xz file needs more than 128 MiB of memory to decompress"},
		{xzipped, "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00\x04\x01\x16" + strings.Repeat("\x00", 40), "the xz file is damaged: it uses a filter other than LZMA2, which is not supported"},
		{gzipped, string(packedAs(t, gzipped, "a\n")) + "more", "not in the format of gzip, or something else follows its data"},
		{gzipped, "\x00\x00" + string(packedAs(t, gzipped, "a\n")), "not in the format of gzip, or something else follows its data"},
	} {
		if _, err := readPacked(t, tt.kind, []byte(tt.data)); err == nil || err.Error() != tt.want {
			t.Errorf("%s of %.20q: %v\nwant %s", tt.kind, tt.data, err, tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range packings {
		data := packedAs(t, kind, packedText())
		refused := 0
		for range 200 {
			bad := bytes.Clone(data)
			bad[rng.IntN(len(bad))] ^= byte(1 << rng.IntN(8))
			if _, err := readPacked(t, kind, bad); fmt.Sprint(err) != "EOF" {
				refused++
			}
		}
		if refused < 180 { // of gzip's head some bits mean nothing
			t.Errorf("%s: only %d of 200 flipped bits were noticed", kind, refused)
		}
	}
}

// checkLines holds that lines are the first ones of whole.
func checkLines(t *testing.T, kind compression, lines, whole []string) {
	t.Helper()
	for i, line := range lines {
		if line != whole[i] {
			t.Fatalf("%s: line %d is %q", kind, i+1, line)
		}
	}
}

// TestUnpackGoesOn: a replacement goes on at the offset, and decompresses again no more than the part that it lies in.
func TestUnpackGoesOn(t *testing.T) {
	const parts = 40
	var text strings.Builder
	files := map[compression]*bytes.Buffer{gzipped: {}, zstandard: {}}
	for i := range parts {
		part := strings.Repeat(fmt.Sprintf("some text in part %d\n", i), 4000)
		text.WriteString(part)
		for kind, file := range files {
			file.Write(packedAs(t, kind, part))
		}
	}
	want := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	for kind, file := range files {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		r := newReader(formatLines, csvHeader{})
		var items Column
		var err error
		for i, life := 0, 0; ; life++ {
			if life%50 == 49 {
				var w StateWriter
				r.save(&w, true)
				r.close()
				r = newReader(formatLines, csvHeader{})
				r.load(&StateReader{buf: w.buf}, true)
				if again := r.offset() - r.origin.plain; again > 250_000 {
					t.Errorf("%s: %d bytes at offset %d are decompressed again", kind, again, r.offset())
				}
			}
			items.Reset()
			if err = r.open(path, kind); err == nil {
				err = r.next(1000, &items, func() {})
			}
			for _, line := range items.Strings {
				if line != want[i] {
					t.Fatalf("%s: line %d is %q, not %q", kind, i+1, line, want[i])
				}
				i++
			}
			if err != nil {
				if i != len(want) {
					t.Errorf("%s: %d lines, not %d", kind, i, len(want))
				}
				break
			}
		}
		if err.Error() != "EOF" {
			t.Error(kind, err)
		}
		r.close()
	}
}

// FuzzUnpack: no file makes a decompressor panic, and reading one twice gives the same.
func FuzzUnpack(f *testing.F) {
	for i, kind := range packings {
		f.Add(i, packedAs(f, kind, "a\nb\n"))
	}
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		if kind < 0 || kind >= len(packings) || len(data) > 1<<12 {
			t.Skip()
		}
		read := func(size int) (out []byte, err error) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			in, err := openPacked(file, packings[kind], 0, place{})
			if err != nil {
				return nil, err
			}
			defer in.Close()
			for piece := make([]byte, size); len(out) < 1<<20; {
				n, err := in.Read(piece)
				out = append(out, piece[:n]...)
				if err != nil {
					return out, err
				}
			}
			return out[:1<<20], errors.New("large")
		}
		once, err1 := read(4096)
		again, err2 := read(1000)
		if !bytes.Equal(once, again) || fmt.Sprint(err1) != fmt.Sprint(err2) {
			t.Errorf("%s: %q %v, and %q %v", packings[kind], once, err1, again, err2)
		}
	})
}
