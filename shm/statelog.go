//go:build linux

package shm

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// trimBytes is the size from which on freed payloads are given back to the kernel.
const trimBytes = 256 << 10

// stateWindow is how much of the start of each state log its worker maps, and effectWindow how much of its log of effects. Most commits fit in
// there and cost a copy; what does not goes through pwrite, which all workers' logs share a lock of the kernel for: they are one file.
const (
	stateWindow  = 256 << 10
	effectWindow = 64 << 10
)

// A stateLog is a slot's committed state: one of two logs, and how many of its bytes are committed. What lies behind is invisible and is
// overwritten. A commit appends to the current log or starts the other one; commitHeader carries the choice.
type stateLog struct {
	stateEnd
	file   *os.File
	slot   int
	window *[2][]byte // the mapped start of both logs
}

// stateEnd is how far a slot's state goes: what a commit changes.
type stateEnd struct {
	log    uint32
	length int64
}

// stateChange is what a transaction does to the log.
type stateChange struct {
	kind  stateChangeKind
	bytes []byte
}

type stateChangeKind uint8

const (
	stateUnchanged stateChangeKind = iota
	stateAppend
	stateReplace
)

// write puts the change behind the committed bytes, or into the other log, and says where the state will end once that is committed.
func (l *stateLog) write(c stateChange) (stateEnd, error) {
	next := l.stateEnd
	switch c.kind {
	case stateUnchanged:
		return next, nil
	case stateReplace:
		next = stateEnd{log: 1 - l.log}
	case stateAppend:
	}
	end := next.length + int64(len(c.bytes))
	switch {
	case end > stateLogBytes:
		return l.stateEnd, fmt.Errorf("write the state of slot %d: %w", l.slot, ErrTooLarge)
	case end <= stateWindow:
		copy(l.window[next.log][next.length:end], c.bytes)
	default:
		if _, err := l.file.WriteAt(c.bytes, stateOffset(l.slot, next.log)+next.length); err != nil {
			return l.stateEnd, fmt.Errorf("write the state of slot %d: %w", l.slot, err)
		}
	}
	next.length = end
	return next, nil
}

// trim gives back the log at whose end the state was, if it is the other one now.
func (l *stateLog) trim(before stateEnd) {
	if l.log != before.log && before.length > stateWindow {
		punch(l.file, stateOffset(l.slot, before.log), before.length)
	}
}

// mapState maps the start of both logs of a slot, until Close.
func (a *Arena) mapState(slot int) (*[2][]byte, error) {
	window := new([2][]byte)
	for log := range window {
		mem, err := a.mapLog(slot, uint32(log), stateWindow)
		if err != nil {
			return nil, err
		}
		window[log] = mem
	}
	return window, nil
}

// mapEffects maps the start of a slot's log of effects, until Close. Without primitives there are none.
func (a *Arena) mapEffects(slot int) ([]byte, error) {
	if len(a.primitives) == 0 {
		return nil, nil
	}
	return a.mapLog(slot, effectLog, effectWindow)
}

func (a *Arena) mapLog(slot int, log uint32, n int) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	offset := stateOffset(slot, log)
	if mem, ok := a.windows[offset]; ok { // of an owner of the slot before, in this process
		return mem, nil
	}
	mem, err := unix.Mmap(int(a.files[1].Fd()), offset, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map log %d of slot %d: %w", log, slot, err)
	}
	if a.windows == nil {
		a.windows = map[int64][]byte{}
	}
	a.windows[offset] = mem
	return mem, nil
}
