//go:build linux

package shm

import (
	"sync/atomic"
	"unsafe"
)

// The layout is these structures. Words written by different processes lie on different lines of 64 bytes.

// arenaHeader is the start of the arena. Its first line is written once, before anybody else maps it.
type arenaHeader struct {
	magic      uint64
	version    uint32
	cores      uint32 // usable when the arena was made: affinity and control group of the supervisor
	hash       uint64
	planHash   uint64
	slots      uint32
	queues     uint32
	size       int64
	board      uint32 // words
	primitives uint32
	limits     uint32
	_          [4]byte

	stop     atomic.Uint32 // nonzero: every wait returns Interrupted
	changed  waitWord      // a word of the board has changed
	_        [56]byte
	runnable [MaxSlots/64 + 1]atomic.Uint64 // one bit a slot: attached and not asleep; a hint for spinning
	_        [arenaHeaderBytes - 128 - (MaxSlots/64+1)*8]byte
}

// queueHeader is one queue. Its first lines are written once, but for what says that an end has come: everybody reads that all the time.
type queueHeader struct {
	capacity      int64
	maxItem       int64
	maxBytes      int64
	maxDeliveries int64
	readersMax    int64
	nameLen       int64
	closed        atomic.Uint32
	gone          atomic.Uint32 // all readers have ended
	_             [8]byte
	name          [nameBytes]byte

	// What the lock guards; all but lock and dirty are hints, rebuilt from the table.
	lock          lockWord
	dirty         atomic.Uint32
	head          atomic.Uint32 // of the ring: the next block to lease
	tail          atomic.Uint32 // of the ring: where the next block goes
	readyItems    atomic.Int64
	reservedItems atomic.Int64
	readyBytes    atomic.Int64
	reservedBytes atomic.Int64
	used          atomic.Uint32 // blocks from here on have never been reserved; no hint: raised before its block is taken
	_             [12]byte

	sequence atomic.Uint64 // items published, counted before their block is READY
	_        [56]byte

	readers waitWord
	hungry  atomic.Uint32 // a reader is looking for a block; a hint for batching
	_       [56]byte

	writers waitWord
	_       [60]byte

	finished waitWord // all items are finished
	_        [60]byte
}

// blockEntry is one block of a queue's table. Beside the word, the fields belong to the owner that the word names; those of a READY
// block do not change.
type blockEntry struct {
	word   atomic.Uint64 // blockWord
	seq    atomic.Uint64
	items  atomic.Uint32 // FILLING: reserved
	cursor atomic.Uint32 // items already done
	bytes  atomic.Int64  // FILLING: reserved
	_      [32]byte
}

// slotHeader is one worker's place.
type slotHeader struct {
	epoch    atomic.Uint32
	attached atomic.Uint32 // process id of who attached it, 0 for nobody
	pid      atomic.Uint32 // as reported by SetPID
	pgid     atomic.Uint32
	stop     atomic.Uint32 // nonzero: this slot's waits return Interrupted
	_        [44]byte

	wake atomic.Uint32 // nonzero: the next wait returns Woken
	bell waitWord      // who sleeps for a lock sleeps on this, too
	_    [56]byte

	waiting waitRecord
	record  redoRecord
}

// waitRecord says what the worker waits for, for the supervisor and tools. head is written last and cleared first.
type waitRecord struct {
	head    atomic.Uint64 // see waitrecord.go
	since   atomic.Int64  // Unix time in nanoseconds
	targets [MaxInputs]atomic.Uint32
	args    [waitArgs]atomic.Uint64 // of the first targets; of a wait for room the bytes that it needs
}

// redoRecord is a slot's transaction: everything that must still happen once word says COMMITTED.
type redoRecord struct {
	word    atomic.Uint64 // recordWord
	outputs atomic.Uint32
	inputs  atomic.Uint32
	effects atomic.Uint64 // bytes of the log of effects
	_       [40]byte
	headers [2]commitHeader // the one that word's sequence chooses is current
	out     [MaxOutputs]recordOutput
	in      [MaxInputs]recordInput
}

// commitHeader is what a commit leaves behind for the slot's replacement.
type commitHeader struct {
	log    atomic.Uint32 // which of the two state logs
	resume atomic.Uint32 // nonzero: items are in flight, a replacement must adopt
	length atomic.Uint64 // bytes of the log that are committed
	held   atomic.Uint32 // leases that stay with the slot
	locks  atomic.Uint32 // locks that do
	owes   atomic.Uint32 // nonzero: it has acquired more of an owned semaphore than released
	_      [36]byte
	leases [MaxInputs]atomic.Uint64    // queue<<32 | block
	lock   [MaxHeldLocks]atomic.Uint64 // primitive<<32 | depth
}

// recordOutput is one block to publish, with absolute numbers.
type recordOutput struct {
	block atomic.Uint64 // queue<<32 | block
	items atomic.Uint64
	bytes atomic.Int64
	total atomic.Uint64 // the slot's published items of this queue, afterwards
}

// recordInput is one block to release or to advance, with absolute numbers.
type recordInput struct {
	block  atomic.Uint64 // queue<<32 | block
	cursor atomic.Uint64 // cursor<<32 | tries<<1 | 1 if the block is released
	total  atomic.Uint64 // the slot's finished items of this queue, afterwards
	_      [8]byte
}

// counterRow is what one slot has put to and finished from one queue, in items. Only the slot (or its recovery) writes it.
type counterRow struct {
	published atomic.Uint64
	finished  atomic.Uint64
}

const (
	arenaHeaderBytes = pageBytes
	queueHeaderBytes = 512
	entryBytes       = 64
	slotBytes        = 64 + 64 + 128 + recordBytes
	recordBytes      = 64 + 2*(64+8*MaxInputs+8*MaxHeldLocks) + MaxOutputs*32 + MaxInputs*32
	counterBytes     = 16
	wordBytes        = 8
)

// A size that is not what the constants say does not compile.
var (
	_ [arenaHeaderBytes]byte = [unsafe.Sizeof(arenaHeader{})]byte{}
	_ [queueHeaderBytes]byte = [unsafe.Sizeof(queueHeader{})]byte{}
	_ [entryBytes]byte       = [unsafe.Sizeof(blockEntry{})]byte{}
	_ [slotBytes]byte        = [unsafe.Sizeof(slotHeader{})]byte{}
	_ [recordBytes]byte      = [unsafe.Sizeof(redoRecord{})]byte{}
	_ [counterBytes]byte     = [unsafe.Sizeof(counterRow{})]byte{}
	_ [64]byte               = [unsafe.Offsetof(arenaHeader{}.stop)]byte{}
	_ [192]byte              = [unsafe.Offsetof(queueHeader{}.lock)]byte{}
	_ [256]byte              = [unsafe.Offsetof(queueHeader{}.sequence)]byte{}
	_ [320]byte              = [unsafe.Offsetof(queueHeader{}.readers)]byte{}
	_ [384]byte              = [unsafe.Offsetof(queueHeader{}.writers)]byte{}
	_ [8]byte                = [unsafe.Sizeof(uintptr(0))]byte{} // 64-bit machines only
)

// at is the structure at an offset of the mapping. An offset outside panics: offsets come from the layout, never from the arena.
func at[T any](mem []byte, off int64) *T {
	var zero T
	_ = mem[off : off+int64(unsafe.Sizeof(zero))]
	return (*T)(unsafe.Pointer(&mem[off]))
}

// sliceAt is n structures from an offset on.
func sliceAt[T any](mem []byte, off, n int64) []T {
	if n == 0 {
		return nil
	}
	var zero T
	_ = mem[off : off+n*int64(unsafe.Sizeof(zero))]
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[off])), n)
}

// bytesOfSlice is the memory of structures that follow each other.
func bytesOfSlice[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), uintptr(len(s))*unsafe.Sizeof(zero))
}

// bytesOf is a structure's memory, for reading a header without mapping it.
func bytesOf[T any](p *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)) }
