package runtime

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mprun/mprun/stages"
)

// outFile is a file that is being written.
type outFile struct {
	path    string // its one path, behind links; where it is put
	temp    string // what is written; "": path itself
	appends bool
	packing stages.Packing
	header  string
	begun   bool            // there is something in it
	torn    bool            // the line that it ends with has no end
	writers map[string]bool // processes that wrote; false: still running
	last    destination     // that wrote to it
	failed  bool

	// Of openFiles.
	file   *os.File // nil: closed meanwhile
	stays  bool     // must not be closed before the end: a device or named pipe
	recent *list.Element
	err    error // of closing it meanwhile

	// Of the packer.
	raw     []byte // what was not cut yet
	pieces  int    // that are being compressed
	dropped bool   // nobody wants them any more

	packFailed error // compressing or writing a piece
}

// create opens a file for the first time, or again after it was put in place: then what comes is added to it.
func (o *outFiles) create(path string, to destination) (*outFile, error) {
	f := &outFile{path: path, appends: to.appends, header: to.header, writers: map[string]bool{}, last: to}
	var err error
	if f.packing, err = to.packing(); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, syscall.EISDIR
	case errors.Is(err, syscall.ELOOP):
		return nil, reason(err)
	case len(filepath.Base(path)) > maxName:
		return nil, syscall.ENAMETOOLONG
	case err == nil && (!info.Mode().IsRegular() || isKernels(path)):
		f.stays = true // a device or named pipe has no temporary twin
		return f, o.open.add(f, os.O_WRONLY|os.O_APPEND, 0)
	case to.appends:
		return f, o.extend(f, info, to.lines)
	default:
		return f, o.replace(f, info)
	}
}

// maxName is the length of a name in bytes (NAME_MAX): one that is longer is better refused before the work than at its end.
const maxName = 255

// extend opens a file that is appended to.
func (o *outFiles) extend(f *outFile, info fs.FileInfo, lines bool) error {
	err := o.open.add(f, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err = o.folders.make(filepath.Dir(f.path)); err == nil {
			err = o.open.add(f, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
		}
	}
	if err != nil || info == nil || info.Size() == 0 {
		return err
	}
	if f.begun = true; f.header != "" {
		f.begun, err = f.hasHeader()
	}
	if err == nil && lines {
		if f.packing == stages.NotPacked {
			f.torn, err = f.isTorn()
		} else {
			f.torn, err = f.isTornWithin()
		}
	}
	if err != nil {
		_ = o.open.drop(f)
	}
	return err
}

// isTorn says whether a file that is not empty ends within a line.
func (f *outFile) isTorn() (bool, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrPermission) { // it can be written, but not read
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	if _, err = file.Seek(-1, io.SeekEnd); err != nil {
		return false, err
	}
	var last [1]byte
	_, err = io.ReadFull(file, last[:])
	return last[0] != '\n', err
}

// isTornWithin says so of a compressed file. Nothing in its bytes tells where the last of what it holds begins, so that all of it is
// decompressed. A file that is damaged or cut is an error: what is added to it could not be read.
func (f *outFile) isTornWithin() (bool, error) {
	from, err := stages.OpenUnpacked(f.path)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer from.Close()
	var last lastByte
	if _, err := io.Copy(&last, from); err != nil {
		return false, fmt.Errorf("adding to what is there: %w", err)
	}
	return last.any && last.b != '\n', nil
}

// lastByte is a Writer that keeps the last byte.
type lastByte struct {
	b   byte
	any bool
}

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b, l.any = p[len(p)-1], true
	}
	return len(p), nil
}

// replace makes the temporary twin of a file, and, if this run has put that in place before, copies what it has.
func (o *outFiles) replace(f *outFile, info fs.FileInfo) error {
	mode := fs.FileMode(0o666) // less the umask
	if info != nil {
		mode = info.Mode().Perm()
	} else if err := o.folders.make(filepath.Dir(f.path)); err != nil {
		return err
	}
	o.made++
	f.temp = filepath.Join(filepath.Dir(f.path), fmt.Sprintf(".%.100s.mprun-%s-%d", filepath.Base(f.path), o.runID, o.made))
	o.guardian.file(f.temp)
	if err := o.open.add(f, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, mode); err != nil {
		return err
	}
	var err error
	if header, again := o.placed[f.path]; again {
		err = f.takeOver(mode, header)
	} else if info != nil {
		err = f.file.Chmod(mode)
	}
	if err != nil {
		_ = o.open.drop(f)
		_ = os.Remove(f.temp)
	}
	return err
}

// takeOver copies what was put in place before, with its mode.
func (f *outFile) takeOver(mode fs.FileMode, header string) error {
	if f.begun = true; header != f.header {
		return otherHeader(header, f.header)
	}
	old, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer old.Close()
	if _, err := io.Copy(f.file, old); err != nil {
		return err
	}
	return f.file.Chmod(mode)
}

// accept says whether a file can be written as to has it.
func (f *outFile) accept(to destination) error {
	if f.appends != to.appends {
		return errors.New("one stage writes it with append: true, another without")
	}
	if packing, err := to.packing(); err != nil || packing != f.packing {
		return fmt.Errorf("it is the same file as %s, which is compressed in another way", f.last.path)
	}
	if f.header != to.header {
		return otherHeader(f.header, to.header)
	}
	return nil
}

// otherHeader is the error of two writers that do not agree what the fields are.
func otherHeader(first, second string) error {
	name := func(header string) string {
		if header == "" {
			return "none"
		}
		return strings.TrimSuffix(header, "\n")
	}
	return fmt.Errorf("it has the CSV header %s, another writer %s; `header: [names]` gives all of them one", name(first), name(second))
}

// write appends data to the file. Where not all of it can be written, what was there before stays as it was.
func (f *outFile) write(file *os.File, data []byte) error {
	if f.temp != "" || f.stays {
		_, err := file.Write(data)
		return err
	}
	before, err := file.Stat()
	if err != nil {
		return err
	}
	n, err := file.Write(data)
	if err != nil && n > 0 {
		if now, statErr := file.Stat(); statErr == nil && now.Size() == before.Size()+int64(n) { // nobody else has appended
			_ = file.Truncate(before.Size())
		}
	}
	return err
}

// packError is what has become of the pieces that were compressed.
func (f *outFile) packError() error {
	if f.packFailed == nil {
		return nil
	}
	var known *fileError
	if errors.As(f.packFailed, &known) {
		return f.packFailed
	}
	return &fileError{f.last, f.packFailed}
}

// settled says that all its writers have ended.
func (f *outFile) settled() bool {
	for _, ended := range f.writers {
		if !ended {
			return false
		}
	}
	return true
}

// isKernels says whether a path is in a folder in which files cannot be renamed: /dev/stdout is a link to an open file, whatever that is.
func isKernels(path string) bool {
	return strings.HasPrefix(path, "/proc/") || (strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/"))
}
