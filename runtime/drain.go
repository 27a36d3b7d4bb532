package runtime

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"github.com/mprun/mprun/shm"
)

// The outlet's size. Its records are texts of many lines each.
const (
	outletName      = "#outlet"
	outletRecords   = 1024
	outletBytes     = 16 << 20
	outletMaxRecord = 64 << 20 // the largest text of one print, in bytes
)

// drain is the supervisor's end of the outlet: one goroutine that takes records and writes them out.
type drain struct {
	s     *supervisor
	queue *shm.Queue
	slot  *shm.Slot
	files *outFiles
	done  chan struct{}

	abandoned bool // it is not waited for any more; owned by the supervisor's loop

	mu     sync.Mutex
	ending []endedProcess // processes whose files are to be put in place
	over   bool           // nobody looks at ending any more

	// Owned by the goroutine; read after done.
	finished uint64 // records that were taken
	stdout   standardStream
	stderr   standardStream
	results  map[string]any
	skipped  map[string]int // items whose programs did not need to run, by replica
	err      error          // the first failure; after it records are taken and dropped
}

// endedProcess is a process whose files are complete when so many records have been taken.
type endedProcess struct {
	process *process
	success bool
	records uint64
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
		s: s, queue: s.arena.Queue(s.arena.Queues() - 1), slot: slot, files: newOutFiles(s.guardian, s.id, s.folders),
		done: make(chan struct{}), results: map[string]any{}, skipped: map[string]int{},
		stdout: standardStream{name: "standard output", around: s.opt.Around}, stderr: standardStream{name: "standard error", around: s.opt.Around},
	}
	go d.loop()
	return d, nil
}

// processEnded has the files of a process that has ended, and whose slots are recovered, put in place, or removed, once everything it
// wrote is in them; then then is called by the supervisor's loop. What it wrote has been counted by now, and records are taken in the
// order in which they became visible: when as many have been taken as are counted now, its own are among them.
func (d *drain) processEnded(p *process, success bool, then func()) {
	published := d.s.arena.QueueStats(d.queue.Index()).Published
	d.mu.Lock()
	over := d.over
	d.ending = append(d.ending, endedProcess{process: p, success: success, records: published, then: then})
	d.mu.Unlock()
	if over {
		then()
		return
	}
	d.slot.Wake()
}

// close ends a drain that was not finished; the supervisor's loop is over.
func (d *drain) close() {
	d.queue.CloseWriters()
	<-d.done
}

// steps is a number that grows as the drain gets on: also within a record, which may be a file of any size. It may be called at any time.
func (d *drain) steps() uint64 {
	return d.s.arena.SlotStats(d.slot.Index()).Commits + d.stdout.moved.Load() + d.stderr.moved.Load()
}

func (d *drain) loop() {
	defer close(d.done)
	defer d.files.close()
	for {
		d.settleFiles(false)
		if err := d.files.flush(); err != nil {
			d.failed(err)
		}
		block, status, err := d.queue.Lease(d.slot)
		switch {
		case err != nil:
		case status == shm.Leased:
			err = d.takeBlock(block)
		case status == shm.Ended:
			d.settleFiles(true)
			return
		default:
			_, err = d.queue.WaitReadable(d.slot, shm.Wait{Timeout: d.files.untilFlush()})
		}
		if err != nil {
			d.failed(err)
			d.settleFiles(true)
			return
		}
	}
}

// settleFiles puts the files of ended processes in place whose records have all been taken; at the end of the drain, no more will be:
// where some are missing, the file is not complete.
func (d *drain) settleFiles(atEnd bool) {
	d.mu.Lock()
	d.over = atEnd
	var complete, rest []endedProcess
	for _, e := range d.ending {
		taken := d.finished >= e.records
		e.success = e.success && (taken || !atEnd)
		if taken || atEnd {
			complete = append(complete, e)
		} else {
			rest = append(rest, e)
		}
	}
	d.ending = rest
	d.mu.Unlock()
	for _, e := range complete {
		if err := d.files.settle(e.process.plan.Name, e.success && d.err == nil); err != nil {
			d.failed(err)
		}
		d.s.call(e.then)
	}
}

// takeBlock writes out a block and finishes it.
func (d *drain) takeBlock(block *shm.Block) error {
	d.take(block)
	d.finished += uint64(block.Items())
	tx := d.slot.Begin()
	tx.Release(block)
	return d.slot.Commit(tx)
}

// take writes the records of a block out.
func (d *drain) take(block *shm.Block) {
	payload, err := block.Payload()
	for err == nil && len(payload) > 0 {
		var r record
		if r, payload, err = nextRecord(payload); err == nil && d.takes(r.kind) {
			err = d.write(r)
		}
	}
	if err != nil {
		d.failed(err)
	}
}

// takes says whether a record of a kind can still be written: when standard output has lost its reader, what is left to say of the run
// can be said elsewhere.
func (d *drain) takes(kind recordKind) bool {
	if d.err == nil || kind == recordRequest {
		return true
	}
	elsewhere := kind == recordStderr || kind == recordStderrFile || kind == recordResult || kind == recordLog
	return elsewhere && errors.Is(d.err, errStdoutClosed)
}

func (d *drain) write(r record) error {
	switch r.kind {
	case recordStdout:
		return d.stdout.write(d.s.opt.Stdout, r)
	case recordStderr:
		return d.stderr.write(d.s.opt.Stderr, r)
	case recordStdoutFile:
		return d.stdout.passFile(d.s.opt.Stdout, string(r.data))
	case recordStderrFile:
		return d.stderr.passFile(d.s.opt.Stderr, string(r.data))
	case recordCreate, recordAppend:
		return d.files.write(destinationOf(r), r.data)
	case recordResult:
		value, err := resultValue(r.data)
		if err != nil {
			return err
		}
		d.addResult(string(r.name), value)
		return nil
	case recordRequest:
		q, err := decodeRequest(r.data)
		if err != nil {
			return err
		}
		d.s.call(func() { d.s.carryOut(q) })
		return nil
	case recordSkipped:
		d.skipped[string(r.name)]++
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
