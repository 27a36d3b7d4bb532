package runtime

import (
	"container/list"
	"io/fs"
	"os"
	"syscall"
)

// openFiles keeps the files open that were written last, so that a run may write more files than a process may have open.
type openFiles struct {
	most   int
	recent *list.List // of *outFile: the one that was written last first
}

// mostOpenFiles is how many files are kept open at most: a quarter of what the process may have, if that is less.
const mostOpenFiles = 256

func newOpenFiles() openFiles {
	d := openFiles{most: mostOpenFiles, recent: list.New()}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Cur/4 < mostOpenFiles {
		d.most = max(4, int(limit.Cur/4))
	}
	return d
}

// add opens what f writes to, for the first time.
func (d *openFiles) add(f *outFile, flag int, mode fs.FileMode) error {
	d.makeRoom()
	path := f.temp
	if path == "" {
		path = f.path
	}
	file, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return err
	}
	f.file = file
	if !f.stays {
		f.recent = d.recent.PushFront(f)
	}
	return nil
}

// get is the open file of f.
func (d *openFiles) get(f *outFile) (*os.File, error) {
	if f.file == nil {
		flag := os.O_WRONLY | os.O_APPEND
		if f.temp == "" {
			flag |= os.O_CREATE // it was moved away meanwhile, as logs are
		}
		if err := d.add(f, flag, 0o666); err != nil {
			return nil, err
		}
	} else if f.recent != nil {
		d.recent.MoveToFront(f.recent)
	}
	return f.file, f.err
}

// makeRoom closes the files that were not written for the longest time.
func (d *openFiles) makeRoom() {
	for d.recent.Len() >= d.most {
		f, _ := d.recent.Back().Value.(*outFile)
		if err := d.shut(f); err != nil && f.err == nil {
			f.err = err
		}
	}
}

// drop closes f for good, and says what was wrong with that, or with closing it before.
func (d *openFiles) drop(f *outFile) error {
	if err := d.shut(f); err != nil && f.err == nil {
		f.err = err
	}
	return f.err
}

func (d *openFiles) shut(f *outFile) error {
	if f.recent != nil {
		d.recent.Remove(f.recent)
		f.recent = nil
	}
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
