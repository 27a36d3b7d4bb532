//go:build linux

package shm

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	goruntime "runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// An Arena is the mapped shared memory of a run. Its methods may be called concurrently but for Close, after which neither the arena
// nor anything that came from it may be used.
type Arena struct {
	layout     *layout
	mem        []byte
	files      []*os.File // arena, state, spill files, segments
	segments   [][]byte
	head       *arenaHeader
	queues     []Queue
	primitives []primitive
	owned      []int // the semaphores that are Owned
	cores      int

	mu      sync.Mutex       // guards windows
	windows map[int64][]byte // mapped starts of state logs and logs of effects, by their offset in the file

	recovering sync.Mutex // one recovery at a time in this process; taken before any of its steps, never by workers
}

// Create makes the arena of a run: a sealed memfd, a second one for the state logs, an unlinked file for each unbounded queue, and
// one for each segment.
// The supervisor calls it once.
func Create(cfg Config) (*Arena, error) {
	cfg, err := cfg.normalise()
	if err != nil {
		return nil, fmt.Errorf("lay out shared memory: %w", err)
	}
	l := newLayout(cfg)
	files, err := createFiles(l)
	if err != nil {
		return nil, err
	}
	a, err := mapArena(l, files)
	if err != nil {
		closeAll(files)
		return nil, err
	}
	if err := checkFutex(&a.head.stop); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.cores = min(goruntime.NumCPU(), goruntime.GOMAXPROCS(0))
	a.writeHeaders()
	return a, nil
}

// writeHeaders fills the words that are constant from then on. Nobody else has the memory yet. The magic word comes last.
func (a *Arena) writeHeaders() {
	cfg := a.layout.config
	for i, c := range cfg.Queues {
		h := a.queues[i].head
		h.capacity, h.maxItem, h.maxBytes = int64(c.Capacity), int64(c.MaxItem), c.MaxBytes
		h.maxDeliveries, h.readersMax, h.nameLen = int64(c.MaxDeliveries), int64(c.Readers), int64(len(c.Name))
		copy(h.name[:], c.Name)
	}
	for i, c := range cfg.Primitives {
		a.primitives[i].write(c)
	}
	for i := range cfg.Slots {
		a.slot(i).epoch.Store(1)
	}
	h := a.head
	h.version, h.cores, h.hash, h.planHash = layoutVersion, uint32(a.cores), cfg.hash(), cfg.PlanHash
	h.slots, h.queues, h.board, h.size = uint32(cfg.Slots), uint32(len(cfg.Queues)), uint32(cfg.Board), a.layout.size
	h.primitives = uint32(len(cfg.Primitives))
	h.limits = uint32(cfg.Limits)
	h.magic = layoutMagic
}

// Open maps the arena behind files that came from Files, in the same order. A worker calls it. The files belong to the arena afterwards,
// also when Open gives an error. A header that this program would not have written gives ErrLayout.
func Open(files []*os.File) (*Arena, error) {
	l, cores, err := readLayout(files)
	if err != nil {
		closeAll(files)
		return nil, fmt.Errorf("open shared memory: %w", err)
	}
	a, err := mapArena(l, files)
	if err != nil {
		closeAll(files)
		return nil, err
	}
	a.cores = cores
	return a, nil
}

// readLayout reads the headers with pread, so that a file which is too short is an error, and computes the layout anew.
func readLayout(files []*os.File) (*layout, int, error) {
	if len(files) < 2 {
		return nil, 0, fmt.Errorf("%w: %d files", ErrLayout, len(files))
	}
	var h arenaHeader
	if _, err := files[0].ReadAt(bytesOf(&h), 0); err != nil {
		return nil, 0, fmt.Errorf("%w: read the header: %w", ErrLayout, err)
	}
	if err := h.check(); err != nil {
		return nil, 0, err
	}
	cfg := Config{Slots: int(h.slots), Board: int(h.board), Limits: int(h.limits), PlanHash: h.planHash, Queues: make([]QueueConfig, h.queues)}
	heads := make([]queueHeader, h.queues)
	if _, err := files[0].ReadAt(bytesOfSlice(heads), arenaHeaderBytes); err != nil {
		return nil, 0, fmt.Errorf("%w: read the headers of %d queues: %w", ErrLayout, h.queues, err)
	}
	for i := range heads {
		q := &heads[i]
		if q.nameLen < 0 || q.nameLen > nameBytes {
			return nil, 0, fmt.Errorf("%w: queue %d has a name of %d bytes", ErrLayout, i, q.nameLen)
		}
		cfg.Queues[i] = QueueConfig{
			Name: string(q.name[:q.nameLen]), Capacity: int(q.capacity), MaxItem: int(q.maxItem), MaxBytes: q.maxBytes,
			MaxDeliveries: int(q.maxDeliveries), Readers: int(q.readersMax),
		}
	}
	if err := cfg.readPrimitives(files[0], int(h.primitives)); err != nil {
		return nil, 0, err
	}
	cfg, err := cfg.normalise()
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrLayout, err)
	}
	if cfg.hash() != h.hash {
		return nil, 0, fmt.Errorf("%w: layout hash %#x, this program computes %#x", ErrLayout, h.hash, cfg.hash())
	}
	l := newLayout(cfg)
	return l, int(h.cores), checkFiles(l, h.size, files)
}

func checkFiles(l *layout, size int64, files []*os.File) error {
	if want := 2 + l.spills() + len(l.segments); len(files) != want {
		return fmt.Errorf("%w: %d files instead of %d", ErrLayout, len(files), want)
	}
	st, err := files[0].Stat()
	if err != nil {
		return fmt.Errorf("look at the arena's file: %w", err)
	}
	if size != l.size || st.Size() < l.size {
		return fmt.Errorf("%w: %d bytes of %d", ErrLayout, st.Size(), l.size)
	}
	seals, err := unix.FcntlInt(files[0].Fd(), unix.F_GET_SEALS, 0)
	if err != nil || seals&unix.F_SEAL_SHRINK == 0 {
		return fmt.Errorf("%w: the file is not sealed against shrinking", ErrLayout)
	}
	return nil
}

// mapArena maps the files.
func mapArena(l *layout, files []*os.File) (*Arena, error) {
	mem, err := unix.Mmap(int(files[0].Fd()), 0, int(l.mapped), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %d MiB of shared memory: %w", l.mapped>>20, err)
	}
	// Huge pages would make every sparse block cost 2 MiB. A kernel without them refuses the advice, which is as good.
	_ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	segments, err := l.mapSegments(files)
	if err != nil {
		return nil, errors.Join(err, unix.Munmap(mem))
	}
	return viewArena(l, files, mem, segments), nil
}

// viewArena sets up the views of each part of the mapped memory.
func viewArena(l *layout, files []*os.File, mem []byte, segments [][]byte) *Arena {
	a := &Arena{layout: l, mem: mem, files: files, segments: segments, head: at[arenaHeader](mem, 0), queues: make([]Queue, len(l.queues)), primitives: make([]primitive, len(l.primitives))}
	for i := range a.queues {
		a.queues[i].init(a, i)
	}
	for i := range a.primitives {
		a.primitives[i].init(a, i)
		if c := &a.primitives[i].c; c.Kind == KindSemaphore && c.Owned {
			a.owned = append(a.owned, i)
		}
	}
	return a
}

// Close unmaps the memory and closes the files. Nothing of the arena may be in use.
func (a *Arena) Close() error {
	err := unix.Munmap(a.mem)
	if err != nil {
		err = fmt.Errorf("unmap shared memory: %w", err)
	}
	for _, window := range a.windows {
		err = errors.Join(err, unix.Munmap(window))
	}
	err = errors.Join(err, unmapAll(a.segments))
	a.mem, a.head, a.windows, a.segments = nil, nil, nil, nil
	return errors.Join(err, closeAll(a.files))
}

// Files are the open files to hand to Open in another process, in this order. They stay the arena's.
func (a *Arena) Files() []*os.File { return append([]*os.File(nil), a.files...) }

// PlanHash is Config.PlanHash as given to Create.
func (a *Arena) PlanHash() uint64 { return a.layout.config.PlanHash }

// Slots is the number of slots.
func (a *Arena) Slots() int { return a.layout.config.Slots }

// Queues is the number of queues.
func (a *Arena) Queues() int { return len(a.queues) }

// Queue is queue number i, in the order of Config.Queues. It panics if there is none.
func (a *Arena) Queue(i int) *Queue { return &a.queues[i] }

func (a *Arena) slot(i int) *slotHeader {
	return at[slotHeader](a.mem, a.layout.slots+int64(i)*slotBytes)
}

// row is the counters of one slot, one for each queue.
func (a *Arena) row(slot int) []counterRow {
	n := int64(len(a.queues))
	return sliceAt[counterRow](a.mem, a.layout.rows+int64(slot)*n*counterBytes, n)
}

// wakeAll bumps every wait word and wakes everybody: waiters look again at what they wait for.
func (a *Arena) wakeAll() {
	for i := range a.queues {
		a.queues[i].wakeAll()
	}
	for i := range a.primitives {
		a.primitives[i].head.waiters.bumpAndWake()
	}
	a.head.changed.bumpAndWake()
}

// ring wakes the slots that sleep for a lock.
func (a *Arena) ring() {
	for i := range a.Slots() {
		if h := a.slot(i); h.attached.Load() != 0 {
			h.bell.bumpAndWake()
		}
	}
}

// Interrupt makes every wait of every process return Interrupted, now and from then on. Any process may call it.
func (a *Arena) Interrupt() {
	a.head.stop.Store(1)
	a.wakeAll()
	a.ring()
}

// StopSlot makes the waits of one slot return Interrupted until its next owner attaches. Any process may call it.
func (a *Arena) StopSlot(slot int) {
	a.slot(slot).stop.Store(1)
	a.wakeWaiter(slot)
}

// maySpin says whether spinning can help: whoever would make the condition true has a core to run on.
func (a *Arena) maySpin() bool {
	n := 0
	for i := range (a.layout.config.Slots + 63) / 64 {
		n += bits.OnesCount64(a.head.runnable[i].Load())
	}
	return a.cores > 1 && n <= a.cores
}

func (a *Arena) setRunnable(slot int, on bool) {
	word, bit := &a.head.runnable[slot/64], uint64(1)<<(slot%64)
	if on {
		word.Or(bit)
	} else {
		word.And(^bit)
	}
}
