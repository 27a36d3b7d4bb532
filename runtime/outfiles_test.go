package runtime

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// fileBench is an outFiles with a folder to write to.
type fileBench struct {
	*outFiles
	t   *testing.T
	dir string
}

func newFileBench(t *testing.T) *fileBench {
	b := &fileBench{newOutFiles(nil, "id", newOutFolders(nil)), t, t.TempDir()}
	t.Cleanup(b.close)
	return b
}

// put writes text as a process.
func (b *fileBench) put(process, name, header, text string, appends bool) error {
	b.t.Helper()
	return b.write(destination{process: process, path: filepath.Join(b.dir, name), header: header, appends: appends}, []byte(text))
}

func (b *fileBench) mustPut(process, name, text string, appends bool) {
	b.t.Helper()
	b.ok(b.put(process, name, "", text, appends))
}

func (b *fileBench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// has holds what is in a file, decompressed.
func (b *fileBench) has(name, want string) {
	b.t.Helper()
	got := unpackFile(b.t, filepath.Join(b.dir, name))
	if got != want {
		b.t.Errorf("%s has %d bytes, %.100q, expected %d, %.100q", name, len(got), got, len(want), want)
	}
}

// left is the names of all files and folders.
func (b *fileBench) left() string {
	b.t.Helper()
	var names []string
	b.ok(filepath.WalkDir(b.dir, func(path string, _ os.DirEntry, err error) error {
		if path != b.dir {
			names = append(names, strings.TrimPrefix(path, b.dir+"/"))
		}
		return err
	}))
	return strings.Join(names, " ")
}

// unpackFile is what a file has, decompressed by its name.
func unpackFile(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var from io.Reader = bytes.NewReader(data)
	switch filepath.Ext(path) {
	case ".gz":
		from, err = gzip.NewReader(from)
	case ".zst":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(from); err == nil {
			defer d.Close()
			from = d
		}
	case ".xz":
		from, err = xz.NewReader(from)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	plain, err := io.ReadAll(from)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(plain)
}

func TestOutFilesAppearWhenAllWritersEndedWell(t *testing.T) {
	for _, name := range []string{"out", "out.gz", "out.zst", "out.xz"} {
		t.Run(name, func(t *testing.T) {
			b := newFileBench(t)
			b.mustPut("x", name, "old", false)
			b.ok(b.settle("x", true))
			delete(b.placed, filepath.Join(b.dir, name))
			b.mustPut("a", name, "A", false)
			b.mustPut("b", name, "B", false)
			b.ok(b.settle("a", true))
			b.has(name, "old")
			b.ok(b.settle("b", true))
			b.has(name, "AB")
			b.mustPut("a", name, "X", false)
			b.ok(b.settle("a", false))
			b.has(name, "AB")
			b.mustPut("c", name, "again", false)
			b.ok(b.settle("c", true))
			b.has(name, "ABagain")
			b.mustPut("a", name, "C", true)
			b.ok(b.settle("a", false))
			b.has(name, "ABagainC")
			b.close()
			if got := b.left(); got != name {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

// TestOutFilesArePacked in pieces of a size that pays, in order, several files at a time, whatever the size of what comes.
func TestOutFilesArePacked(t *testing.T) {
	for _, ext := range []string{".gz", ".zst", ".xz"} {
		t.Run(ext, func(t *testing.T) {
			b := newFileBench(t)
			rng := rand.New(rand.NewPCG(1, 2))
			var want [3]strings.Builder
			total := 3 << 20
			if ext != ".gz" {
				total = 9 << 20
			}
			for i := 0; i < total; {
				text := strings.Repeat(fmt.Sprintf("line %d\n", rng.IntN(1000)), 1+rng.IntN(4000))
				k := rng.IntN(3)
				want[k].WriteString(text)
				b.mustPut("p", fmt.Sprint(k, ext), text, false)
				i += len(text)
			}
			b.ok(b.settle("p", true))
			for k := range want {
				b.has(fmt.Sprint(k, ext), want[k].String())
			}
			data, err := os.ReadFile(filepath.Join(b.dir, "0.gz"))
			if ext == ".gz" && (err != nil || bytes.Count(data, []byte("\x1f\x8b\x08\x00\x00\x09\x6e\x88")) > want[0].Len()/gzipPiece+1) {
				t.Errorf("too many members: %v", err)
			}
		})
	}
}

// TestPackedItemsShareAMember: what comes item by item does not become a member each, also in a file that is appended to.
func TestPackedItemsShareAMember(t *testing.T) {
	for _, appends := range []bool{false, true} {
		b := newFileBench(t)
		var want strings.Builder
		for i := range 2000 {
			line := fmt.Sprintln("item", i)
			want.WriteString(line)
			b.mustPut("p", "x.gz", line, appends)
			b.ok(b.flush())
		}
		b.ok(b.settle("p", true))
		b.has("x.gz", want.String())
		if info, err := os.Stat(filepath.Join(b.dir, "x.gz")); err != nil || info.Size() > int64(want.Len()/2) {
			t.Errorf("%d bytes of %d, %v", info.Size(), want.Len(), err)
		}
	}
}

// TestAppendedIsThereSoon: a compressed file that is appended to is whole whenever it is looked at, and up to date after a second.
func TestAppendedIsThereSoon(t *testing.T) {
	b := newFileBench(t)
	b.mustPut("p", "x.gz", "one\n", true)
	if b.untilFlush() <= 0 || b.untilFlush() > flushEvery {
		t.Errorf("flushed in %v", b.untilFlush())
	}
	b.flushAt = b.flushAt.Add(-flushEvery)
	b.ok(b.flush())
	b.has("x.gz", "one\n")
	if b.untilFlush() != 0 {
		t.Errorf("again in %v", b.untilFlush())
	}
	b.mustPut("p", "x.gz", "two\n", true)
	b.has("x.gz", "one\n")
	b.ok(b.settle("p", false)) // what is appended stays, even so
	b.has("x.gz", "one\ntwo\n")
}

// TestAFailedFileIsDropped, with what is being compressed of it, and others go on.
func TestAFailedFileIsDropped(t *testing.T) {
	b := newFileBench(t)
	text := strings.Repeat("0123456789abcdef", gzipPiece/16)
	for range 5 {
		b.mustPut("bad", "bad.gz", text, false)
		b.mustPut("good", "good.gz", text, false)
	}
	b.ok(b.settle("bad", false))
	b.ok(b.settle("good", true))
	b.has("good.gz", strings.Repeat(text, 5))
	if got := b.left(); got != "good.gz" {
		t.Errorf("left: %s", got)
	}
}

// TestAPieceThatCannotBeWritten fails its own file, although it is another one whose pieces are waited for: it is not put in place without
// the piece, and what is appended to it stays a beginning.
func TestAPieceThatCannotBeWritten(t *testing.T) {
	for _, appends := range []bool{false, true} {
		b := newFileBench(t)
		write, pieces := b.packer.write, 0
		b.packer.write = func(f *outFile, packed []byte) error {
			if filepath.Base(f.path) == "bad.gz" {
				if pieces++; pieces == 2 {
					return &fileError{f.last, syscall.ENOSPC}
				}
			}
			return write(f, packed)
		}
		b.packer.most = 100
		text := strings.Repeat("0123456789abcdef", gzipPiece/16)
		for range 3 {
			b.mustPut("p", "bad.gz", text, appends)
			b.mustPut("p", "a.gz", text, appends) // it is settled first
		}
		if err := b.settle("p", true); err == nil || !strings.HasSuffix(err.Error(), "bad.gz: no space left on device") {
			t.Errorf("append: %t: %v", appends, err)
		}
		b.has("a.gz", strings.Repeat(text, 3))
		left := "a.gz"
		if appends {
			left = "a.gz bad.gz"
			b.has("bad.gz", text)
		}
		if got := b.left(); got != left {
			t.Errorf("append: %t: left: %s", appends, got)
		}
	}
}

// TestEmptyFiles: a file into which nothing was written is an empty one, of its format.
func TestEmptyFiles(t *testing.T) {
	for _, name := range []string{"x", "x.gz", "x.zst", "x.xz"} {
		for _, appends := range []bool{false, true} {
			b := newFileBench(t)
			b.mustPut("p", name, "", appends)
			b.ok(b.settle("p", true))
			b.has(name, "")
		}
	}
}

// TestManyFiles: there may be more than can be open.
func TestManyFiles(t *testing.T) {
	const files = 3000
	for _, ext := range []string{"", ".gz"} {
		b := newFileBench(t)
		b.open.most = 7
		for round := range 3 {
			for i := range files {
				b.mustPut("p", fmt.Sprintf("%d/%d%s", i%10, i, ext), fmt.Sprintln(round), i%2 == 0)
			}
		}
		if n := b.open.recent.Len(); n > 7 {
			t.Errorf("%d files are open", n)
		}
		b.ok(b.settle("p", true))
		for i := range files {
			b.has(fmt.Sprintf("%d/%d%s", i%10, i, ext), "0\n1\n2\n")
		}
		b.close()
		if got := strings.Count(b.left(), " ") + 1; got != files+10 {
			t.Errorf("%d entries", got)
		}
	}
}

// TestHeaders: a header is there once, whoever writes; writers that do not agree are told.
func TestHeaders(t *testing.T) {
	for _, ext := range []string{"", ".gz", ".zst", ".xz"} {
		t.Run("csv"+ext, func(t *testing.T) {
			b, name := newFileBench(t), "x.csv"+ext
			b.ok(b.put("a", name, "n,m\n", "1,2\n", false))
			b.ok(b.put("b", name, "n,m\n", "3,4\n", false))
			err := b.put("c", name, "n,o\n", "", false)
			if err == nil || !strings.Contains(err.Error(), "x.csv"+ext+": it has the CSV header n,m, another writer n,o") {
				t.Errorf("another header: %v", err)
			}
			if err := b.put("c", name, "n,m\n", "", true); err == nil || !strings.Contains(err.Error(), "append: true") {
				t.Errorf("appended: %v", err)
			}
			b.ok(b.settle("a", true))
			b.ok(b.settle("b", true))
			b.ok(b.put("d", name, "n,m\n", "5,6\n", false))
			b.ok(b.settle("d", true))
			if err := b.put("d", name, "", "5,6\n", false); err == nil || !strings.Contains(err.Error(), "another writer none") {
				t.Errorf("no header: %v", err)
			}
			b.has(name, "n,m\n1,2\n3,4\n5,6\n")
			b.ok(b.put("e", name, "n,m\n", "7,8\n", true))
			b.ok(b.settle("e", true))
			b.has(name, "n,m\n1,2\n3,4\n5,6\n7,8\n")
			if err := b.put("e", name, "m,n\n", "7,8\n", true); err == nil || !strings.Contains(err.Error(), `it begins with "n,m", the CSV header would be "m,n"`) {
				t.Errorf("appended with another header: %v", err)
			}
			b.ok(b.put("f", "empty.csv"+ext, "", "", true))
			b.ok(b.settle("f", true))
			b.ok(b.put("f", "empty.csv"+ext, "n\n", "1\n", true))
			b.ok(b.settle("f", true))
			b.has("empty.csv"+ext, "n\n1\n")
		})
	}
}

// TestTornLine: what is appended does not become part of a line that has no end, where the file has lines.
func TestTornLine(t *testing.T) {
	for _, tt := range []struct {
		before, header, text string
		lines                bool
		want                 string
	}{
		{"one", "", "two\n", true, "one\ntwo\n"},
		{"one\n", "", "two\n", true, "one\ntwo\n"},
		{"", "", "two\n", true, "two\n"},
		{"one", "", "", true, "one"},
		{"one", "", "two", false, "onetwo"},
		{"a,b\n1,2", "a,b\n", "3,4\n", true, "a,b\n1,2\n3,4\n"},
		{"a,b", "a,b\n", "3,4\n", true, "a,b\n3,4\n"},
	} {
		for _, name := range []string{"x", "x.gz", "x.zst", "x.xz"} {
			b := newFileBench(t)
			b.mustPut("before", name, tt.before, true)
			b.ok(b.settle("before", true))
			to := destination{process: "p", path: filepath.Join(b.dir, name), header: tt.header, appends: true, lines: tt.lines}
			b.ok(b.write(to, []byte(tt.text)))
			b.ok(b.write(to, nil))
			b.ok(b.settle("p", true))
			b.has(name, tt.want)
		}
	}
}

// TestNothingIsAddedToADamagedFile: what comes behind the damage could not be read.
func TestNothingIsAddedToADamagedFile(t *testing.T) {
	for _, name := range []string{"x.gz", "x.zst", "x.xz"} {
		b := newFileBench(t)
		b.mustPut("before", name, strings.Repeat("lines\n", 1000), true)
		b.ok(b.settle("before", true))
		path := filepath.Join(b.dir, name)
		info, err := os.Stat(path)
		b.ok(err)
		b.ok(os.Truncate(path, info.Size()-3))
		err = b.write(destination{process: "p", path: path, appends: true, lines: true}, []byte("x\n"))
		if err == nil || !strings.Contains(err.Error(), "adding to what is there") || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHeaderOfALongLine is looked at no further than it takes to tell that it is another.
func TestHeaderOfALongLine(t *testing.T) {
	b := newFileBench(t)
	path := filepath.Join(b.dir, "x")
	b.ok(os.WriteFile(path, nil, 0o600))
	b.ok(os.Truncate(path, 1<<40)) // of zeros, without any on the disk
	if err := b.put("p", "x", "a\n", "1\n", true); err == nil || !strings.Contains(err.Error(), "it begins with") {
		t.Error(err)
	}
}

// TestFoldersAreMade, and those that a failed run has made are gone with it.
func TestFoldersAreMade(t *testing.T) {
	b := newFileBench(t)
	b.mustPut("good", "a/b/c/x", "1", false)
	b.mustPut("bad", "a/d/e/x", "1", false)
	b.mustPut("bad", "log/x", "1", true)
	b.ok(b.settle("good", true))
	b.ok(b.settle("bad", false))
	b.close()
	b.folders.close()
	if got, want := b.left(), "a a/b a/b/c a/b/c/x log log/x"; got != want {
		t.Errorf("left: %s\nwant  %s", got, want)
	}
}

// TestExpectedFolders are gone in the end where nothing came into them, and only those that were not there before.
func TestExpectedFolders(t *testing.T) {
	b := newFileBench(t)
	b.ok(os.Mkdir(filepath.Join(b.dir, "there"), 0o700))
	for _, path := range []string{"there/x", "used/x", "empty/a/b/x", "empty/a/c/x"} {
		b.folders.expect(filepath.Join(b.dir, path))
		b.ok(os.MkdirAll(filepath.Dir(filepath.Join(b.dir, path)), 0o700))
	}
	b.ok(os.WriteFile(filepath.Join(b.dir, "used/x"), nil, 0o600))
	b.folders.close()
	if got, want := b.left(), "there used used/x"; got != want {
		t.Errorf("left: %s\nwant  %s", got, want)
	}
}

// TestOneFileByManyNames is one file, whoever writes to it by which, there already or not.
func TestOneFileByManyNames(t *testing.T) {
	for _, appends := range []bool{false, true} {
		b := newFileBench(t)
		b.ok(os.Mkdir(filepath.Join(b.dir, "d"), 0o700))
		b.ok(os.Symlink("d", filepath.Join(b.dir, "folder")))
		b.ok(os.Symlink("../d/x", filepath.Join(b.dir, "d/link")))
		b.ok(os.Symlink(filepath.Join(b.dir, "folder/link"), filepath.Join(b.dir, "far")))
		b.ok(os.Symlink("x", filepath.Join(b.dir, "d/packed.gz")))
		for i, name := range []string{"d/x", "folder/x", "far", "d/link"} {
			b.mustPut("p", name, fmt.Sprintln(i), appends)
		}
		if err := b.put("p", "d/packed.gz", "", "x", appends); err == nil || !strings.Contains(err.Error(), "compressed in another way") {
			t.Errorf("by a name of another compression: %v", err)
		}
		b.ok(b.settle("p", true))
		b.has("d/x", "0\n1\n2\n3\n")
		b.mustPut("q", "folder/link", "4\n", appends) // what the run has put in place is added to
		b.ok(b.settle("q", true))
		b.has("far", "0\n1\n2\n3\n4\n")
		if got, want := b.left(), "d d/link d/packed.gz d/x far folder"; got != want {
			t.Errorf("left: %s\nwant  %s", got, want)
		}
	}
}

// TestRealPathOfACircle comes to an end.
func TestRealPathOfACircle(t *testing.T) {
	b := newFileBench(t)
	b.ok(os.Symlink("b", filepath.Join(b.dir, "a")))
	b.ok(os.Symlink("a", filepath.Join(b.dir, "b")))
	if err := b.put("p", "a", "", "x", false); err == nil {
		t.Error("written to a link in a circle")
	}
}

// TestFullDiskKeepsWhatWasThere: a record that does not fit is not there in part.
func TestFullDiskKeepsWhatWasThere(t *testing.T) {
	b := newFileBench(t)
	if err := syscall.Mount("tmpfs", b.dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mounting a small disk: %v", err)
	}
	defer func() {
		b.close()
		if err := syscall.Unmount(b.dir, 0); err != nil {
			t.Error(err)
		}
	}()
	line := strings.Repeat("x", 1500) + "\n"
	for n := 0; ; n++ {
		if err := b.put("p", "log", "", line, true); err != nil {
			if !strings.HasSuffix(err.Error(), "log: no space left on device") {
				t.Error(err)
			}
			b.has("log", strings.Repeat(line, n))
			return
		}
	}
}
