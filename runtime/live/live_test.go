package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestChoose(t *testing.T) {
	runs := []Info{
		{ID: "aa11", Dir: "/specs", Cwd: "/work", Spec: "a.yaml"},
		{ID: "aa22", Dir: "/other", Cwd: "/other", Spec: "b.yaml"},
		{ID: "bb33", Dir: "/other", Cwd: "/home", Spec: "c.yaml"},
	}
	tests := []struct {
		name, id, env, dir string
		runs               []Info
		want, err          string
	}{
		{name: "by id", id: "aa22", env: "aa11", dir: "/specs", runs: runs, want: "aa22"},
		{name: "by the beginning of an id", id: "b", runs: runs, want: "bb33"},
		{name: "a beginning of two", id: "aa", runs: runs, err: "2 runs have ids that begin with aa:\n  aa11  a.yaml"},
		{name: "an id of none", id: "cc", runs: runs, err: "there is no run cc:\n  aa11  a.yaml"},
		{name: "an id of none, and there are none", id: "cc", err: "there is no run cc; nothing is running"},
		{name: "by the environment", env: "bb33", dir: "/specs", runs: runs, want: "bb33"},
		{name: "the environment's run has ended", env: "cc", runs: runs, err: "there is no run cc ($MPRUN_RUN):"},
		{name: "of the spec's folder", dir: "/specs/", runs: runs, want: "aa11"},
		{name: "of the folder it was started in", dir: "/work", runs: runs, want: "aa11"},
		{name: "two of the folder", dir: "/other", runs: runs, err: "2 runs belong to this folder: choose one with --run:\n  aa22  b.yaml"},
		{name: "the only one", dir: "/tmp", runs: runs[:1], want: "aa11"},
		{name: "one of several", dir: "/tmp", runs: runs, err: "3 runs are under way, none of them in this folder: choose one with --run:"},
		{name: "none", dir: "/tmp", err: "nothing is running"},
	}
	for _, test := range tests {
		got, err := Choose(test.runs, test.id, test.env, test.dir)
		if got.ID != test.want || test.err == "" && err != nil || test.err != "" && (err == nil || !strings.HasPrefix(err.Error(), test.err)) {
			t.Errorf("%s: %q, %v", test.name, got.ID, err)
		}
	}
}

// own gives the test a place for runs of its own.
func own(t *testing.T) (base string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return filepath.Join(dir, "mprun")
}

func make1(t *testing.T, id string) *Folder {
	t.Helper()
	f, err := Make(Info{ID: id, Spec: id + ".yaml", PID: os.Getpid(), Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// listed is the ids of the runs below base.
func listed(t *testing.T, base string) []string {
	t.Helper()
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range list {
		if filepath.Dir(i.path) == base {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func TestFoldersComeAndGo(t *testing.T) {
	base := own(t)
	a, b := make1(t, "a"), make1(t, "b")
	if diff := cmp.Diff([]string{"a", "b"}, listed(t, base)); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{base, Path("a")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is %v, %v", path, info, err)
		}
	}
	// One whose owner was killed, and one that was not even finished.
	b.lock.Close()
	if err := os.Mkdir(filepath.Join(base, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, listed(t, base)); diff != "" {
		t.Error(diff)
	}
	if entries, _ := os.ReadDir(base); len(entries) != 1 {
		t.Errorf("left are %v", entries)
	}
	a.Remove()
	if _, err := os.Stat(base); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder around is there: %v", err)
	}
	if got := listed(t, base); got != nil {
		t.Errorf("listed are %v", got)
	}
}

func TestAFolderOfOthersIsRefused(t *testing.T) {
	base := own(t)
	for _, test := range []struct {
		name string
		make func() error
	}{
		{"open to others", func() error { return errors.Join(os.Mkdir(base, 0o700), os.Chmod(base, 0o755)) }},
		{"a link", func() error { return os.Symlink(t.TempDir(), base) }},
		{"a file", func() error { return os.WriteFile(base, nil, 0o600) }},
	} {
		if err := test.make(); err != nil {
			t.Fatal(err)
		}
		if f, err := Make(Info{ID: "a"}); err == nil {
			t.Errorf("%s: a folder is made in it", test.name)
			f.Remove()
		}
		if list, err := List(); err == nil && len(list) == 0 {
			t.Errorf("%s: it is said that nothing runs", test.name)
		}
		if err := os.RemoveAll(base); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFoldersAreMadeWhileOthersGo has several make and remove folders in the same place at once.
func TestFoldersAreMadeWhileOthersGo(t *testing.T) {
	base := own(t)
	done := make(chan error, 4)
	for i := range 4 {
		go func() {
			for range 50 {
				f, err := Make(Info{ID: strings.Repeat("x", i+1)})
				if err != nil {
					done <- err
					return
				}
				f.Remove()
			}
			done <- nil
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(base); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder around is there: %v", err)
	}
}

func infoOf(f *Folder) Info { return Info{ID: filepath.Base(f.path), path: f.path} }

func TestCalls(t *testing.T) {
	// An address holds 108 bytes; the folder's name is longer.
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	f := make1(t, "a")
	defer f.Remove()
	gone := make(chan struct{})
	s, err := f.Serve(map[string]Call{
		"double": func(_ context.Context, e *Exchange) error {
			var n []int
			if err := e.Args(&n); err != nil {
				return err
			}
			for _, n := range n {
				if err := e.Reply(2 * n); err != nil {
					return err
				}
			}
			return nil
		},
		"fail": func(context.Context, *Exchange) error { return errors.New("it is broken") },
		"files": func(_ context.Context, e *Exchange) error {
			var files []*os.File
			for range 300 { // more than one message carries
				fd, err := unix.MemfdCreate("x", unix.MFD_CLOEXEC)
				if err != nil {
					return err
				}
				m := os.NewFile(uintptr(fd), "x")
				defer m.Close()
				if _, err := m.WriteString("number " + string(rune('0'+len(files)%10))); err != nil {
					return err
				}
				files = append(files, m)
			}
			return e.Reply("here", files...)
		},
		"listen": func(ctx context.Context, e *Exchange) error {
			defer close(gone)
			if err := e.Reply(1); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tests := []struct {
		call string
		args any
		want []string
		err  string
	}{
		{"double", []int{1, 2}, []string{"2", "4"}, ""},
		{"double", nil, nil, ""},
		{"double", "x", nil, "the arguments are wrong: json: cannot unmarshal string into Go value of type []int"},
		{"fail", nil, nil, "it is broken"},
		{"nothing", nil, nil, `the run knows no call "nothing"; it knows double, fail, files, listen`},
	}
	for _, test := range tests {
		got, err := replies(infoOf(f), test.call, test.args)
		if diff := cmp.Diff(test.want, got); diff != "" || text(err) != test.err {
			t.Errorf("%s %v: %v%s", test.call, test.args, err, diff)
		}
	}
	answer, err := infoOf(f).Call("files", nil)
	if err != nil {
		t.Fatal(err)
	}
	var said string
	files, err := answer.Next(&said)
	if err != nil || said != "here" || len(files) != 300 {
		t.Fatalf("%q with %d files, %v", said, len(files), err)
	}
	for i, m := range files {
		if b, err := io.ReadAll(io.NewSectionReader(m, 0, 100)); err != nil || string(b) != "number "+string(rune('0'+i%10)) {
			t.Errorf("file %d is %q, %v", i, b, err)
		}
		m.Close()
	}
	answer.Close()
	// Who hangs up ends the call.
	if answer, err = infoOf(f).Call("listen", nil); err != nil {
		t.Fatal(err)
	}
	var one int
	if _, err := answer.Next(&one); err != nil || one != 1 {
		t.Errorf("%d, %v", one, err)
	}
	answer.Close()
	<-gone
}

// replies is all that a call gives.
func replies(i Info, call string, args any) ([]string, error) {
	answer, err := i.Call(call, args)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var got []string
	for {
		var r json.RawMessage
		_, err := answer.Next(&r)
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, string(r))
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestAServerThatEnds hangs up on those who listen, and on those who say nothing.
func TestAServerThatEnds(t *testing.T) {
	own(t)
	f := make1(t, "a")
	defer f.Remove()
	s, err := f.Serve(map[string]Call{"listen": func(ctx context.Context, e *Exchange) error {
		if err := e.Reply(1); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := infoOf(f).Call("listen", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	var n int
	if _, err := answer.Next(&n); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := answer.Next(&n); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the end of the run is no end of the answer: %v", err)
	}
	if _, err := infoOf(f).Call("listen", nil); err == nil {
		t.Error("a run that has ended is reached")
	}
}

func TestBases(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/nowhere/at/all")
	if got := bases(); len(got) != 1 || !strings.HasPrefix(got[0], "/tmp/mprun-") {
		t.Errorf("%v", got)
	}
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if got := bases(); !slices.Equal(got[:1], []string{filepath.Join(dir, "mprun")}) || len(got) != 2 {
		t.Errorf("%v", got)
	}
}
