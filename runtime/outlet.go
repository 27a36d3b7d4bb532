package runtime

import (
	"context"
	"path/filepath"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// outlet is a worker's end of the outlet queue: it implements stages.Outlet.
type outlet struct {
	host  *host
	queue *shm.Queue

	block   *shm.Block // reserved; nil if none
	records int
}

// outletBlockRecords is how many records are put into one block, at most.
const outletBlockRecords = 16

// Print implements stages.Outlet.
func (o *outlet) Print(to stages.Stream, text []byte) (bool, error) {
	kind := recordStdout
	if to == stages.Stderr {
		kind = recordStderr
	}
	return o.add(kind, "", text)
}

// Write implements stages.Outlet.
func (o *outlet) Write(to stages.File, data []byte) (bool, error) {
	switch to.Path { // what is opened under these names has a position of its own, and would overwrite what is printed
	case "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return o.add(recordStdout, to.Header, data)
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return o.add(recordStderr, to.Header, data)
	}
	kind := recordCreate
	if to.Appends {
		kind = recordAppend
	}
	if !filepath.IsAbs(to.Path) {
		to.Path = filepath.Join(o.host.handoff.Dir, to.Path)
	}
	to.Path = filepath.Clean(to.Path)
	return o.add(kind, fileName(o.host.handoff.Process.Name, to), data)
}

// Result implements stages.Outlet.
func (o *outlet) Result(name string, value any) (bool, error) {
	c := stages.ColumnOf(value)
	return o.add(recordResult, name, stages.AppendColumn(nil, &c, 0, 1))
}

// Skipped implements stages.Outlet.
func (o *outlet) Skipped() (bool, error) {
	return o.add(recordSkipped, displayName(&o.host.handoff.Process, o.host.handoff.Index), nil)
}

// Log implements stages.Outlet.
func (o *outlet) Log(level, text string) (bool, error) {
	return o.add(recordLog, displayName(&o.host.handoff.Process, o.host.handoff.Index)+"\x00"+level, []byte(text))
}

// add puts one record into the block that is being filled, or into a new one.
func (o *outlet) add(kind recordKind, name string, data []byte) (bool, error) {
	size := recordSize(name, data)
	if size > outletMaxRecord {
		return false, stages.Failf("max-item", "a text of %d bytes is larger than what can be written at once, %d bytes", len(data), outletMaxRecord)
	}
	if o.block != nil && (o.records == o.block.Granted() || o.block.Len()+size > blockBytes) {
		if err := o.host.close(o); err != nil {
			return false, err
		}
	}
	if o.block == nil {
		if len(o.host.sealed)+len(o.host.open) >= shm.MaxOutputs-1 {
			return false, nil
		}
		block, status, err := o.queue.Reserve(o.host.slot, outletBlockRecords, size)
		if err != nil {
			return false, err
		}
		if status != shm.Reserved {
			return false, nil
		}
		o.block, o.records = block, 0
		o.host.open = append(o.host.open, o)
	}
	at := o.block.Len()
	buf, err := o.block.Buffer(at + size)
	if err != nil {
		return false, err
	}
	appendRecord(buf[at:at], kind, name, data)
	o.records++
	o.host.dirty = true
	return true, nil
}

func (o *outlet) seal() error {
	if o.block == nil {
		return nil
	}
	o.host.sealed = append(o.host.sealed, sealedBlock{block: o.block, items: o.records})
	o.block = nil
	return nil
}

// drop gives the block back with what was put into it.
func (o *outlet) drop() {
	o.host.slot.Cancel(o.block)
	o.block = nil
}

// Wait implements stages.Waiter.
func (o *outlet) Wait(ctx context.Context) error {
	return o.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return o.queue.WaitWritable(o.host.slot, w) })
}
