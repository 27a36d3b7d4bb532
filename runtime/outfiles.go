package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/mprun/mprun/stages"
)

// outFiles is the files that the run writes. A file that is not appended to is written under a temporary name in its folder and
// renamed when all processes that wrote to it ended well; else it is removed, and what stood at its path stays.
//
// It is used by one goroutine.
type outFiles struct {
	guardian *guardian
	runID    string
	names    map[string]string   // the one path of a file (realPath) by each that processes have for it
	files    map[string]*outFile // by their one path; those that are being written
	placed   map[string]string   // the headers of files that this run has put in place, by their one path
	made     int                 // temporary files so far
	folders  *outFolders
	open     openFiles
	packer   *packer
	flushAt  time.Time // when compressed files that are appended to are brought up to date; zero: they are
}

// flushEvery is how long what was appended to a compressed file may wait for more to be compressed with it.
const flushEvery = time.Second

// destination is where a process writes.
type destination struct {
	process string
	pos     stages.Pos // of the stage
	path    string
	header  string
	appends bool
	lines   bool // what is written is lines
	raw     bool // the path does not say how it is compressed
}

// packing is how the file is compressed.
func (d *destination) packing() (stages.Packing, error) {
	if d.raw {
		return stages.NotPacked, nil
	}
	return stages.PackingOf(d.path)
}

func newOutFiles(g *guardian, runID string, folders *outFolders) *outFiles {
	o := &outFiles{
		guardian: g, runID: runID, names: map[string]string{}, files: map[string]*outFile{}, placed: map[string]string{},
		folders: folders, open: newOpenFiles(),
	}
	o.packer = newPacker(o.append)
	return o
}

// write appends data to the file of a process.
func (o *outFiles) write(to destination, data []byte) error {
	path := o.name(to.path)
	f, ok := o.files[path]
	if !ok {
		var err error
		if f, err = o.create(path, to); err != nil {
			return &fileError{to, err}
		}
		o.files[path] = f
	}
	if err := f.accept(to); err != nil {
		return &fileError{to, err}
	}
	f.writers[to.process], f.last = false, to
	if to.header != "" && !f.begun {
		if err := o.add(f, []byte(to.header)); err != nil {
			return err
		}
	}
	if f.torn && len(data) > 0 {
		f.torn = false
		data = append([]byte("\n"), data...)
	}
	return o.add(f, data)
}

// name is the one path of a file. It is found out once: putting the file in place changes what a link leads to, and not which file is
// meant.
func (o *outFiles) name(path string) string {
	name, ok := o.names[path]
	if !ok {
		if name = path; !isKernels(path) {
			name = realPath(path)
		}
		o.names[path] = name
	}
	return name
}

// add writes data to a file, at once or compressed.
func (o *outFiles) add(f *outFile, data []byte) error {
	if f.packing == stages.NotPacked {
		return o.append(f, data)
	}
	if f.temp == "" && o.flushAt.IsZero() {
		o.flushAt = time.Now().Add(flushEvery)
	}
	if err := o.packer.add(f, data); err != nil {
		return err
	}
	f.begun = f.begun || len(data) > 0
	return nil
}

// append writes data to a file as it is.
func (o *outFiles) append(f *outFile, data []byte) error {
	file, err := o.open.get(f)
	if err == nil {
		err = f.write(file, data)
	}
	if err != nil {
		return &fileError{f.last, err}
	}
	f.begun = f.begun || len(data) > 0
	return nil
}

// flush brings compressed files that are appended to up to date, if it is time.
func (o *outFiles) flush() error {
	if o.flushAt.IsZero() || time.Now().Before(o.flushAt) {
		return nil
	}
	o.flushAt = time.Time{}
	for _, path := range slices.Sorted(maps.Keys(o.files)) {
		if f := o.files[path]; f.temp == "" && len(f.raw)+f.pieces > 0 {
			if err := o.packer.finish(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// untilFlush is how long until flush has something to do; 0: it has nothing.
func (o *outFiles) untilFlush() time.Duration {
	if o.flushAt.IsZero() {
		return 0
	}
	return max(time.Millisecond, time.Until(o.flushAt))
}

// settle deals with the files of a process that has ended.
func (o *outFiles) settle(process string, success bool) error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(o.files)) {
		f := o.files[path]
		if _, wrote := f.writers[process]; !wrote {
			continue
		}
		f.writers[process] = true
		f.failed = f.failed || !success
		if f.settled() {
			delete(o.files, path)
			if err := o.complete(f); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// complete puts a file in place, or removes it. What was appended to is complete either way.
func (o *outFiles) complete(f *outFile) error {
	var err error
	if f.packing != stages.NotPacked {
		if f.failed && f.temp != "" {
			o.packer.forget(f)
		} else {
			err = o.packer.finish(f)
		}
	}
	if closed := o.open.drop(f); err == nil && closed != nil {
		err = &fileError{f.last, closed}
	}
	if f.temp == "" {
		return err
	}
	defer o.guardian.fileGone(f.temp)
	if f.failed || err != nil {
		return errors.Join(err, os.Remove(f.temp))
	}
	if err := os.Rename(f.temp, f.path); err != nil {
		return errors.Join(&fileError{f.last, fmt.Errorf("putting it in place: %w", reason(err))}, os.Remove(f.temp))
	}
	o.placed[f.path] = f.header
	return nil
}

// close removes what was not completed.
func (o *outFiles) close() {
	for path, f := range o.files {
		f.failed = true
		_ = o.complete(f)
		delete(o.files, path)
	}
	o.packer.close()
}

// reason is an error without the operation and path that messages name themselves.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
