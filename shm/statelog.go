//go:build linux

package shm

import (
	"fmt"
	"os"
)

// trimBytes is the size from which on freed payloads and replaced state logs are given back to the kernel.
const trimBytes = 64 << 10

// A stateLog is a slot's committed state: one of two logs, and how many of its bytes are committed. What lies behind is invisible and is
// overwritten. A commit appends to the current log or starts the other one; commitHeader carries the choice.
type stateLog struct {
	file   *os.File
	slot   int
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

// write puts the change behind the committed bytes, or into the other log, and gives the log as it will be once that is committed.
func (l stateLog) write(c stateChange) (stateLog, error) {
	next := l
	switch c.kind {
	case stateUnchanged:
		return l, nil
	case stateReplace:
		next.log, next.length = 1-l.log, 0
	case stateAppend:
	}
	if next.length+int64(len(c.bytes)) > stateLogBytes {
		return l, fmt.Errorf("write the state of slot %d: %w", l.slot, ErrTooLarge)
	}
	if _, err := l.file.WriteAt(c.bytes, stateOffset(l.slot, next.log)+next.length); err != nil {
		return l, fmt.Errorf("write the state of slot %d: %w", l.slot, err)
	}
	next.length += int64(len(c.bytes))
	return next, nil
}

// trim gives back the log that next has replaced.
func (l stateLog) trim(next stateLog) {
	if l.log != next.log && l.length > trimBytes {
		punch(l.file, stateOffset(l.slot, l.log), l.length)
	}
}
