//go:build linux

package shm

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A segment is a file of its own with the bytes of one array, or of several one behind the other, that other programs can open and map as they
// would what shm_open(3) gives. Such an array has one side there, which is always the one that counts, and one in the arena, to which
// Array.Rewrite writes; a commit copies that over, and so does recovery if the lock of the stripe still names the dead:
//
//	segment: bytes of array i | bytes of array j | ...     stripes of each in the arena: lock | 0 | scratch of as many bytes
//
// The file has no name until LinkSegment gives it one. Other programs know nothing of the arena's locks: what they write is there at once, and
// what a commit writes at that moment may be what it read before. Somebody may even cut the file off; then what is mapped behind its end
// faults, and Faults makes an error of that.

const (
	// MaxSegments is how many segments an arena has at most: each is an open file in every worker.
	MaxSegments = 64
	// SegmentFolder is where shm_open(3) keeps its objects.
	SegmentFolder = "/dev/shm"
)

// createSegment makes a file without a name, of mode 0600, with room for all of its bytes: a full file system is an error here, and not a
// SIGBUS later.
func createSegment(dir string, size int64) (*os.File, error) {
	if dir == "" {
		dir = SegmentFolder
	}
	if err := checkFileLimit(size); err != nil {
		return nil, err
	}
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a segment in %s: %w", dir, err)
	}
	f := os.NewFile(uintptr(fd), "segment")
	err = unix.Fallocate(fd, 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = unix.Ftruncate(fd, size)
	}
	if err == nil {
		err = unix.Fchmod(fd, 0o600) // whatever the umask says
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make room for a segment of %d bytes in %s: %w", size, dir, err), f.Close())
	}
	return f, nil
}

// mapSegment maps all of a segment's file, which must have the bytes that the layout says.
func mapSegment(f *os.File, size int64) ([]byte, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at a segment: %w", err)
	}
	if st.Size() < size {
		return nil, fmt.Errorf("%w: it has %d bytes of %d", ErrSegmentCut, st.Size(), size)
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map a segment of %d bytes: %w", size, err)
	}
	return mem, nil
}

// mapSegments maps the files of all segments, which are the last.
func (l *layout) mapSegments(files []*os.File) ([][]byte, error) {
	var segments [][]byte
	for i, f := range files[len(files)-len(l.segments):] {
		mem, err := mapSegment(f, l.segments[i])
		if err != nil {
			return nil, errors.Join(fmt.Errorf("array %s: %w", l.firstInSegment(i+1), err), unmapAll(segments))
		}
		segments = append(segments, mem)
	}
	return segments, nil
}

// firstInSegment is the name of the first array of a segment, from 1.
func (l *layout) firstInSegment(segment int) string {
	i := slices.IndexFunc(l.primitives, func(p primitiveLayout) bool { return p.Kind == KindArray && p.Segment == segment })
	return l.primitives[i].Name
}

func unmapAll(segments [][]byte) error {
	var errs []error
	for _, mem := range segments {
		errs = append(errs, unix.Munmap(mem))
	}
	return errors.Join(errs...)
}

// segmentFile is the file of segment i, from 1 as in PrimitiveConfig.Segment.
func (a *Arena) segmentFile(i int) *os.File { return a.files[len(a.files)-len(a.segments)+i-1] }

// Segments is the number of segments.
func (a *Arena) Segments() int { return len(a.segments) }

// SegmentInode says which file segment i is, from 1 as in PrimitiveConfig.Segment: whoever is to remove its name can see whether that is still the
// segment's.
func (a *Arena) SegmentInode(i int) (dev, ino uint64, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(a.segmentFile(i).Fd()), &st); err != nil {
		return 0, 0, fmt.Errorf("look at segment %d: %w", i, err)
	}
	return st.Dev, st.Ino, nil
}

// LinkSegment gives segment i, from 1, its name: a path in the folder where it was made. Where something has that name already it stays, and
// the error is fs.ErrExist. A segment gets one name in its life. See open(2), O_TMPFILE.
func (a *Arena) LinkSegment(i int, path string) error {
	from := "/proc/self/fd/" + strconv.Itoa(int(a.segmentFile(i).Fd()))
	if err := unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.PathError{Op: "name a segment", Path: path, Err: err}
	}
	return nil
}

// Faults runs f, and where that touches what was of a segment before somebody cut its file off, the error is ErrSegmentCut. Locks that f has
// taken then stay taken: the caller's process must end.
func (a *Arena) Faults(f func() error) (err error) {
	if len(a.segments) == 0 {
		return f()
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // of runtime.Error; see debug.SetPanicOnFault
			name, ok := a.segmentAt(r.Addr())
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("array %s: %w", name, ErrSegmentCut)
		default:
			panic(r)
		}
	}()
	return f()
}

// segmentAt is the name of the array that has an address in a segment.
func (a *Arena) segmentAt(addr uintptr) (name string, ok bool) {
	for i := range a.primitives {
		p := &a.primitives[i]
		if start := uintptr(unsafe.Pointer(unsafe.SliceData(p.segment))); addr >= start && addr-start < uintptr(len(p.segment)) {
			return p.c.Name, true
		}
	}
	return "", false
}

// copyOver makes what was rewritten of a stripe what counts. It may be done again while the stripe's lock is held.
func (a Array) copyOver(stripe int) {
	begin, end := int64(stripe)*a.stripeSize, min(int64(stripe+1)*a.stripeSize, a.c.Value)
	live, fresh := a.memory(0), a.memory(1)
	for at := begin; at < end; at += rewritePart {
		copy(live[at:min(at+rewritePart, end)], fresh[at:])
		crashpoint(pointStripePart)
	}
}

// Numbers of one or two bytes in a segment are loaded and stored alone, for what stands beside them in their word may be another program's.

// loadAlone is the bits of such a number.
func loadAlone(mem []byte, off int64, size int) uint64 {
	if size == 1 {
		return uint64(mem[off])
	}
	return uint64(*(*uint16)(unsafe.Pointer(&mem[off : off+2][0])))
}

// storeAlone writes them.
func storeAlone(mem []byte, off int64, size int, bits uint64) {
	if size == 1 {
		mem[off] = byte(bits)
		return
	}
	*(*uint16)(unsafe.Pointer(&mem[off : off+2][0])) = uint16(bits)
}
