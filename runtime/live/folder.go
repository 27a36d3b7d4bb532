package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Info says what run it is.
type Info struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"` // of the spec
	Spec    string    `json:"spec"` // its file, as given on the command line
	Dir     string    `json:"dir"`  // absolute: the spec's folder
	Cwd     string    `json:"cwd"`  // absolute: where mprun was started
	PID     int       `json:"pid"`  // of the supervisor
	Started time.Time `json:"started"`

	path string
}

const (
	infoName   = "run.json"
	socketName = "socket"
)

// A Folder is that of a run of this process.
type Folder struct {
	path string
	lock *os.File // run.json
}

// bases are the folders in which runs have theirs, the preferred one first.
func bases() []string {
	list := []string{filepath.Join("/tmp", "mprun-"+strconv.Itoa(os.Getuid()))}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			list = slices.Insert(list, 0, filepath.Join(dir, "mprun"))
		}
	}
	return list
}

// Around is the folder in which Make makes those of the runs. It goes with the last of them.
func Around() string { return bases()[0] }

// Path is the folder that Make makes for the run with an id.
func Path(id string) string { return filepath.Join(Around(), id) }

// Make makes the folder of a run.
func Make(info Info) (*Folder, error) {
	base := Around()
	for tries := 0; ; tries++ {
		f, err := makeIn(base, info)
		if errors.Is(err, fs.ErrNotExist) && tries < 100 { // the folder around was empty, and another run took it away
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("making the run's folder: %w", err)
		}
		return f, nil
	}
}

func makeIn(base string, info Info) (_ *Folder, err error) {
	if err := os.Mkdir(base, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	around, err := lockBase(base)
	if err != nil {
		return nil, err
	}
	defer around.Close()
	if !isAt(around, base) {
		return nil, fs.ErrNotExist
	}
	sweep(base)
	f := &Folder{path: filepath.Join(base, info.ID)}
	if err := os.Mkdir(f.path, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.drop()
		}
	}()
	text, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	if f.lock, err = os.OpenFile(filepath.Join(f.path, infoName), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	if _, err := f.lock.Write(append(text, '\n')); err != nil {
		return nil, err
	}
	return f, unix.Flock(int(f.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

// lockBase locks the folder around those of the runs, which must be ours alone. Nobody takes it away, or makes or sweeps anything in it, but under
// its lock and while it is the one that is there (isAt).
func lockBase(base string) (*os.File, error) {
	fd, err := unix.Open(base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: base, Err: err}
	}
	f := os.NewFile(uintptr(fd), base)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.Close()
		return nil, err
	}
	if int(st.Uid) != os.Getuid() || st.Mode&0o077 != 0 {
		f.Close()
		return nil, fmt.Errorf("%s is open to others: its mode is %#o and its owner %d", base, st.Mode&0o777, st.Uid)
	}
	for {
		if err = unix.Flock(fd, unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// isAt says whether a folder that is open is still the one at path: whoever has waited for its lock may have that of one that was taken away,
// while others are at work in its successor.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

// Remove removes the folder, and the one around it if no other run has one.
func (f *Folder) Remove() {
	base := filepath.Dir(f.path)
	around, err := lockBase(base)
	f.drop()
	if err == nil {
		removeBase(around, base)
	}
}

// drop removes the folder. The caller holds the lock of the one around it, if it can be had.
func (f *Folder) drop() {
	_ = os.RemoveAll(f.path)
	if f.lock != nil {
		f.lock.Close()
	}
}

// removeBase removes the folder around those of the runs, which the caller has locked, unless there are some in it, and ends the lock.
func removeBase(around *os.File, base string) {
	if isAt(around, base) {
		_ = os.Remove(base) // fails while there are others
	}
	around.Close()
}

// sweep removes the folders whose runs are no more. The caller holds the lock of base.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return // there is nothing to sweep that could be seen
	}
	for _, e := range entries {
		path := filepath.Join(base, e.Name())
		f, err := os.OpenFile(filepath.Join(path, infoName), os.O_RDWR, 0)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && e.IsDir() {
				_ = os.RemoveAll(path)
			}
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		f.Close()
	}
}

// List is the runs of this user that are under way, the oldest first. An error says that there are none where one could look, and that somewhere
// one could not.
func List() ([]Info, error) {
	var list []Info
	var wrong error
	for _, base := range bases() {
		around, err := lockBase(base)
		if err != nil {
			if wrong == nil && !errors.Is(err, fs.ErrNotExist) {
				wrong = fmt.Errorf("listing runs: %w", err)
			}
			continue
		}
		if isAt(around, base) {
			sweep(base)
			list = append(list, listIn(base)...)
		}
		removeBase(around, base)
	}
	if len(list) == 0 {
		return nil, wrong
	}
	slices.SortStableFunc(list, func(a, b Info) int { return a.Started.Compare(b.Started) })
	return list, nil
}

func listIn(base string) []Info {
	entries, err := os.ReadDir(base)
	if err != nil {
		return nil
	}
	var list []Info
	for _, e := range entries {
		info := Info{path: filepath.Join(base, e.Name())}
		text, err := os.ReadFile(filepath.Join(info.path, infoName))
		if err == nil && json.Unmarshal(text, &info) == nil && info.ID == e.Name() {
			list = append(list, info)
		}
	}
	return list
}
