package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// Creation is a file, or a folder, that a program creates as a whole or not at all (`creates`): the program writes to a temporary beside
// the target, which takes the target's place when the program has ended well. What is at the target is trusted by later runs, so that it
// is on the disk before it is there.
//
// As for make, the target is up to date if no input is newer; the same time counts as up to date, since clocks of file systems are coarse.
type Creation struct {
	Target string // absolute; behind the links of the path that was asked for
	Temp   string // absolute, in the target's folder and ending in its name: programs choose a format by the extension

	inputs []string
	newest time.Time // of the inputs before the program ran
}

// NewCreation is the creation of path, which counts from dir. Nothing is touched.
func NewCreation(dir, path string) (*Creation, error) {
	if path == "" {
		return nil, errors.New("the path to be created is empty")
	}
	target := filepath.Clean(resolve(dir, path))
	if behind, err := filepath.EvalSymlinks(target); err == nil {
		target = behind
	}
	c := &Creation{Target: target}
	c.Temp = filepath.Join(filepath.Dir(target), fmt.Sprintf(".mprun-%016x.%s", rand.Uint64(), lastOf(filepath.Base(target))))
	return c, nil
}

// longestKept is how many bytes of a target's name its temporary has: a name may be 255 bytes long.
const longestKept = 200

// lastOf is the end of a name, with its extension.
func lastOf(name string) string {
	if len(name) <= longestKept {
		return name
	}
	from := len(name) - longestKept
	for from < len(name) && !utf8.RuneStart(name[from]) {
		from++
	}
	return name[from:]
}

// DependOnWords adds those words of a command that are paths of files, counted from dir, to the inputs. The name of the program is a path
// only if there is a slash in it, as in a shell.
func (c *Creation) DependOnWords(dir string, words []string) {
	if !strings.Contains(words[0], "/") {
		words = words[1:]
	}
	c.DependOn(dir, words...)
}

// DependOn adds those of the texts that are paths of files, counted from dir, to the inputs. What is no regular file does not count: the
// time of a folder tells little, and that of the target's own changes with each creation.
func (c *Creation) DependOn(dir string, texts ...string) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if path := filepath.Clean(resolve(dir, text)); path != c.Temp {
			c.inputs = append(c.inputs, path)
		}
	}
}

// UpToDate says whether the target is there and no input is newer.
func (c *Creation) UpToDate() (bool, error) {
	c.newest = c.newestInput()
	made, err := os.Stat(c.Target)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return false, nil // what is wrong with its folder shows when that is made
	case err != nil:
		return false, err
	case !made.Mode().IsRegular() && !made.IsDir():
		return false, fmt.Errorf("%s is neither a file nor a folder", c.Target)
	}
	return !c.newest.After(made.ModTime()), nil
}

// newestInput is when the youngest of the inputs was changed.
func (c *Creation) newestInput() time.Time {
	var newest time.Time
	for _, path := range c.inputs {
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() && path != c.Target && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// Prepare makes the target's folder. A folder at the target is an error, since it cannot be replaced in one step.
func (c *Creation) Prepare() error {
	if info, err := os.Lstat(c.Target); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder, which is not replaced: remove it to have it created anew", c.Target)
	}
	return os.MkdirAll(filepath.Dir(c.Target), 0o777)
}

// errNotCreated says that a program ended well without having made what it was to make.
var errNotCreated = errors.New("it ended well but did not create ${{ out }}, which is also in $OUT")

// Complete puts what the program has made in place. After an error nothing is left of it.
func (c *Creation) Complete() error {
	err := c.complete()
	if err != nil {
		c.Discard()
	}
	return err
}

func (c *Creation) complete() error {
	info, err := os.Lstat(c.Temp)
	if errors.Is(err, fs.ErrNotExist) {
		return errNotCreated
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		if err := c.date(info.ModTime()); err != nil {
			return err
		}
		if err := syncFile(c.Temp); err != nil {
			return err
		}
	}
	err = os.Rename(c.Temp, c.Target)
	var link *os.LinkError
	if errors.As(err, &link) {
		return fmt.Errorf("putting %s in place: %w", c.Target, link.Err)
	}
	return err
}

// date gives what was made the time of the inputs that it was made of, where its own would lie: programs that copy the time of something
// must not make it look old for ever, nor the future date of an input, and where an input has changed meanwhile, it must look old.
func (c *Creation) date(made time.Time) error {
	if !c.newest.After(made) && !c.newestInput().After(c.newest) {
		return nil
	}
	return os.Chtimes(c.Temp, c.newest, c.newest)
}

// syncFile has a file on the disk; see fsync(2). One that its program has closed to readers is taken as it is.
func syncFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Discard removes what a program that failed has left.
func (c *Creation) Discard() { _ = os.RemoveAll(c.Temp) }
