package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/mprun/mprun/shm"
)

// The outlet's size. Its records are texts of many lines each.
const (
	outletName      = "#outlet"
	outletRecords   = 1024
	outletBytes     = 16 << 20
	outletMaxRecord = 64 << 20 // the largest text of one print, in bytes
)

// errStdoutClosed says that who read the run's standard output has gone away.
var errStdoutClosed = errors.New("standard output is closed")

// drain is the supervisor's end of the outlet: one goroutine that takes records and writes them out.
type drain struct {
	s     *supervisor
	queue *shm.Queue
	slot  *shm.Slot
	files *outFiles
	done  chan struct{}

	mu     sync.Mutex
	ending []endedProcess // processes whose files are to be put in place

	// Owned by the goroutine; read after done.
	results map[string]any
	err     error // the first failure; after it records are taken and dropped
}

type endedProcess struct {
	process *process
	success bool
	then    func()
}

// startDrain starts the goroutine.
func startDrain(s *supervisor) (*drain, error) {
	slots := s.arena.Slots()
	slot, err := s.arena.Attach(slots - 1)
	if err != nil {
		return nil, err
	}
	if _, err := slot.Adopt(); err != nil {
		return nil, err
	}
	d := &drain{
		s: s, queue: s.arena.Queue(s.arena.Queues() - 1), slot: slot, files: newOutFiles(s.guardian, s.id),
		done: make(chan struct{}), results: map[string]any{},
	}
	go d.loop()
	return d, nil
}

// processEnded has the files of a process that has ended put in place, or removed, once everything it wrote is in them; then then
// is called by the supervisor's loop.
func (d *drain) processEnded(p *process, success bool, then func()) {
	d.mu.Lock()
	d.ending = append(d.ending, endedProcess{process: p, success: success, then: then})
	d.mu.Unlock()
	d.slot.Wake()
}

// finish takes what is left, and ends the goroutine. No worker is running any more. It is called by the supervisor's loop.
func (d *drain) finish() {
	d.queue.CloseWriters()
	for {
		select {
		case <-d.done:
			return
		case call := <-d.s.calls:
			call()
		}
	}
}

// close ends a drain that was not finished; the supervisor's loop is over.
func (d *drain) close() {
	d.queue.CloseWriters()
	<-d.done
}

func (d *drain) loop() {
	defer close(d.done)
	defer d.files.close()
	for {
		// What a process put before it ended is in the queue by now, so that an empty queue means that all of it has been taken.
		ending := d.takeEnding()
		block, status, err := d.queue.Lease(d.slot)
		switch {
		case err != nil:
			d.failed(err)
			return
		case status == shm.Leased:
			d.requeue(ending)
			err = d.takeBlock(block)
		case len(ending) > 0:
			d.settleFiles(ending)
		case status == shm.Ended:
			return
		default:
			_, err = d.queue.WaitReadable(d.slot, shm.Wait{})
		}
		if err != nil {
			d.failed(err)
			return
		}
	}
}

func (d *drain) takeEnding() []endedProcess {
	d.mu.Lock()
	defer d.mu.Unlock()
	ending := d.ending
	d.ending = nil
	return ending
}

func (d *drain) requeue(ending []endedProcess) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ending = append(ending, d.ending...)
}

// settleFiles puts the files of ended processes in place.
func (d *drain) settleFiles(ending []endedProcess) {
	for _, e := range ending {
		if err := d.files.settle(e.process.plan.Name, e.success && d.err == nil); err != nil {
			d.failed(err)
		}
		d.s.call(e.then)
	}
}

// takeBlock writes out a block and finishes it.
func (d *drain) takeBlock(block *shm.Block) error {
	d.take(block)
	tx := d.slot.Begin()
	tx.Release(block)
	return d.slot.Commit(tx)
}

// take writes the records of a block out.
func (d *drain) take(block *shm.Block) {
	payload, err := block.Payload()
	for err == nil && len(payload) > 0 {
		var r record
		if r, payload, err = nextRecord(payload); err == nil && d.err == nil {
			err = d.write(r)
		}
	}
	if err != nil {
		d.failed(err)
	}
}

func (d *drain) write(r record) error {
	switch r.kind {
	case recordStdout:
		return writeStandard(d.s.opt.Stdout, "standard output", r.data)
	case recordStderr:
		return writeStandard(d.s.opt.Stderr, "standard error", r.data)
	case recordCreate, recordAppend:
		process, path, _ := strings.Cut(string(r.name), "\x00")
		return d.files.write(process, path, r.kind == recordAppend, r.data)
	case recordResult:
		value, err := resultValue(r.data)
		if err != nil {
			return err
		}
		d.addResult(string(r.name), value)
		return nil
	default:
		process, level, _ := strings.Cut(string(r.name), "\x00")
		d.s.log.Log(context.Background(), logLevel(level), string(r.data), "process", process)
		return nil
	}
}

// addResult keeps the value of a result; several make a list.
func (d *drain) addResult(name string, value any) {
	old, ok := d.results[name]
	list, many := old.(resultList)
	switch {
	case !ok:
		d.results[name] = value
	case many:
		d.results[name] = append(list, value)
	default:
		d.results[name] = resultList{old, value}
	}
}

// resultList is the values of a result that was given several times, apart from a list that was given once.
type resultList []any

func (d *drain) failed(err error) {
	if d.err == nil {
		d.err = err
		d.s.call(func() { d.s.outletFailed(err) })
	}
}

// writeStandard writes to a standard stream of the run.
func writeStandard(f *os.File, name string, p []byte) error {
	_, err := f.Write(p)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE) && name == "standard output":
		return errStdoutClosed
	default:
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return fmt.Errorf("writing to %s: %w", name, err)
	}
}

// logLevel is the level that a word names.
func logLevel(word string) slog.Level {
	switch word {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error", "critical":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
