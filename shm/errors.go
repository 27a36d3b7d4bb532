//go:build linux

package shm

import (
	"errors"
	"fmt"
)

// Errors of this package; compare with errors.Is.
var (
	// ErrCorrupt says that words of the arena contradict the layout. The run cannot go on.
	ErrCorrupt = errors.New("shared memory is corrupt")
	// ErrLayout says that the files handed to Open are no arena of this program's layout.
	ErrLayout = errors.New("not an arena of this layout")
	// ErrQueueFull says that even the table of an unbounded queue is exhausted.
	ErrQueueFull = errors.New("the unbounded queue has no free block left")
	// ErrTooMany says that a slot holds, or a transaction names, more blocks than MaxOutputs or MaxInputs.
	ErrTooMany = errors.New("too many blocks at a time")
	// ErrTooLarge says that a block's bytes do not fit its queue's blocks.
	ErrTooLarge = errors.New("larger than a block of the queue")
	// ErrNotOwned says that a block is not, or no longer, held by the slot in the way that the call needs.
	ErrNotOwned = errors.New("the slot does not hold this block")
	// ErrAttached says that the slot is taken, or that its last owner has not been recovered.
	ErrAttached = errors.New("the slot is in use")
	// ErrNotOwner says that a lock is held by another slot, or that the lock of a condition is not held by this one.
	ErrNotOwner = errors.New("the lock is held by somebody else")
	// ErrKept says that a lock which the slot's last commit names was to be released without a commit.
	ErrKept = errors.New("the last commit keeps the lock, and only a commit can release it")
	// ErrReleasedTooOften says that nobody holds what is to be released.
	ErrReleasedTooOften = errors.New("released too often")
	// ErrTooManyLocks says that a slot holds MaxHeldLocks locks.
	ErrTooManyLocks = errors.New("too many locks at a time")
	// ErrBroken says that a barrier is, or while it was waited at became, broken.
	ErrBroken = errors.New("the barrier is broken")
	// ErrRange says that a number does not fit its type, or that an offset is not inside its array.
	ErrRange = errors.New("out of range")
	// ErrRewritten says that a slot was to wait, or to rewrite other stripes out of their order, while it holds rewritten ones.
	ErrRewritten = errors.New("stripes that were rewritten and not committed are held")
	// ErrSegmentCut says that another program has made a segment shorter than the arrays in it.
	ErrSegmentCut = errors.New("another program has cut off its segment (ftruncate)")
	// ErrMustAdopt says that the slot's committed state asks for Slot.Adopt before the first commit.
	ErrMustAdopt = errors.New("the slot's state was not adopted")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}
