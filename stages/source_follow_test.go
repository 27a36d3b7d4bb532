package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// followed is a log that somebody writes and rotates.
type followed struct {
	t    *testing.T
	path string
}

func (f followed) write(name, text string, flags int) {
	f.t.Helper()
	file, err := os.OpenFile(filepath.Join(filepath.Dir(f.path), name), os.O_WRONLY|os.O_CREATE|flags, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		f.t.Fatal(err)
	}
}

func (f followed) add(text string)     { f.write(filepath.Base(f.path), text, os.O_APPEND) }
func (f followed) cut(text string)     { f.write(filepath.Base(f.path), text, os.O_TRUNC) }
func (f followed) late(to, add string) { f.write(to, add, os.O_APPEND) }

func (f followed) rename(to string) { f.move(filepath.Base(f.path), to) }

func (f followed) move(from, to string) {
	f.t.Helper()
	dir := filepath.Dir(f.path)
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		f.t.Fatal(err)
	}
}

// TestFollow: a file that is followed is read as it grows, is rotated and cut, and in a worker that dies again and again.
func TestFollow(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 8))
		w := newWorld()
		w.dir = t.TempDir()
		f := followed{t, filepath.Join(w.dir, "log")}
		steps := []func(){
			func() { f.add("one\ntwo\nhal") },
			func() { f.add("f") },
			func() { f.add("\n") },
			func() { f.add("more\n"); f.rename("log.1") },
			func() { f.late("log.1", "late\n") },
			func() { f.add("three\n") },
			func() { f.cut("4\n") },
			func() { f.add("five\nno end") },
			func() { f.rename("log.2"); f.add("six\nseven\n") },
			func() { f.add("eight\n") },
		}
		const want = `["one", "two", "half", "more", "late", "three", "4", "five", "no end", "six", "seven", "eight"]`
		stages := []Stage{stage("read", textList("log"), "follow", srcLiteral(true), "count", srcLiteral(12))}
		deaths := 0
		for {
			h, err := w.start(stages, Options{BlockItems: 1 + rng.IntN(4)})
			if err != nil {
				t.Fatal(err)
			}
			h.die = func() bool { return seed > 0 && deaths < 30 && rng.IntN(6) == 0 }
			h.onWait = func() {
				if len(steps) == 0 {
					t.Fatalf("seed %d: it waits although there is all it needs: %s", seed, AppendJSON(nil, w.queue("out").put))
				}
				steps[0]()
				steps = steps[1:]
			}
			err = h.finish()
			h.chain.Reset()
			if err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			deaths++
		}
		if got := string(AppendJSON(nil, w.queue("out").put)); got != want {
			t.Fatalf("seed %d, %d deaths:\ngot  %s\nwant %s", seed, deaths, got, want)
		}
	}
}

// TestFollowRotatedWhileDead: what was written before a rotation is read by a replacement that finds the file under another name; when
// it finds none, it goes on with the new one.
func TestFollowRotatedWhileDead(t *testing.T) {
	for _, tt := range []struct {
		rotate func(f followed)
		want   string
	}{
		{func(f followed) { f.add("two\n"); f.rename("log.1"); f.add("three\n") }, `["one, longer", "two", "three"]`},
		{func(f followed) { f.add("two\n"); f.rename("log.1"); f.move("log.1", "log.2"); f.add("three\nfour\n") }, `["one, longer", "two", "three"]`},
		{func(f followed) { f.add("two\n"); f.rename("../gone"); f.add("three\nfour\n") }, `["one, longer", "three", "four"]`},
		{func(f followed) { f.cut("2\n3\n") }, `["one, longer", "2", "3"]`},
	} {
		w := newWorld()
		w.dir = filepath.Join(t.TempDir(), "logs")
		if err := os.Mkdir(w.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		f := followed{t, filepath.Join(w.dir, "log")}
		f.add("one, longer\n")
		stages := []Stage{stage("read", textList("log"), "follow", srcLiteral(true), "count", srcLiteral(3))}
		h, err := w.start(stages, Options{})
		if err != nil {
			t.Fatal(err)
		}
		h.onWait = func() { h.die = func() bool { return true } }
		h.die = func() bool { return len(w.queue("out").put) == 1 }
		if err := h.finish(); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		h.chain.Reset()
		tt.rotate(f)
		if h, err = w.start(stages, Options{}); err != nil {
			t.Fatal(err)
		}
		h.onWait = func() { t.Fatal("it waits although there is all it needs") }
		if err := h.finish(); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(string(AppendJSON(nil, w.queue("out").put))); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestFollowEmptyRotatedWhileDead: which file is followed is known to a replacement even if nothing had come of it, by a host that does
// not commit where nothing has happened.
func TestFollowEmptyRotatedWhileDead(t *testing.T) {
	w := newWorld()
	w.dir = t.TempDir()
	f := followed{t, filepath.Join(w.dir, "log")}
	f.add("")
	stages := []Stage{stage("read", textList("log"), "follow", srcLiteral(true), "count", srcLiteral(2))}
	h, err := w.start(stages, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.lazy = true
	h.onWait = func() {
		f.add("one\n")
		h.die = func() bool { return true }
	}
	if err := h.finish(); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	h.chain.Reset()
	f.rename("log.1")
	f.add("two\n")
	if h, err = w.start(stages, Options{}); err != nil {
		t.Fatal(err)
	}
	h.onWait = func() { t.Fatal("it waits although there is all it needs") }
	if err := h.finish(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(string(AppendJSON(nil, w.queue("out").put))); got != `["one", "two"]` {
		t.Errorf("got %s", got)
	}
}
