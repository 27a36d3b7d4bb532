//go:build linux

package shm

import "fmt"

// A tag names an owner: slot+1 in 13 bits, epoch in 16. The zero tag is nobody. An epoch may wrap: recovery leaves no word with
// an older epoch of its slot but held leases, which are matched by their slot.
type tag uint32

const (
	tagBits   = 29
	epochBits = 16
	epochMask = 1<<epochBits - 1
)

func makeTag(slot int, epoch uint32) tag { return tag(slot+1)<<epochBits | tag(epoch&epochMask) }

// slot is the owner's slot, -1 for nobody.
func (t tag) slot() int { return int(t>>epochBits) - 1 }

func (t tag) String() string {
	if t == 0 {
		return "nobody"
	}
	return fmt.Sprintf("slot %d epoch %d", t.slot(), t&epochMask)
}

// blockState is where a block of a queue stands. Free is the zero, so that untouched memory is a table of free blocks.
//
//	Free --Reserve--> Filling(me) --publish--> Ready --Lease--> Leased(me, tries+1) --release--> Free
//	  ^----cancel, death---'                     ^----- death of the leaser ---'
type blockState uint8

const (
	blockFree blockState = iota
	blockFilling
	blockReady
	blockLeased
)

func (s blockState) String() string {
	switch s {
	case blockFree:
		return "FREE"
	case blockFilling:
		return "FILLING"
	case blockReady:
		return "READY"
	case blockLeased:
		return "LEASED"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// A blockWord is the one word that owns a block: state (3 bits), tries (12), generation (20), tag (29).
// The generation is raised by each Reserve, so that a stale handle is recognised.
type blockWord uint64

const (
	triesShift = 3
	genShift   = triesShift + 12
	ownerShift = genShift + 20
	genMask    = 1<<20 - 1
)

func makeWord(s blockState, tries int, gen uint32, owner tag) blockWord {
	return blockWord(s) | blockWord(min(tries, MaxTries))<<triesShift | blockWord(gen&genMask)<<genShift | blockWord(owner)<<ownerShift
}

func (w blockWord) state() blockState { return blockState(w & 7) }
func (w blockWord) tries() int        { return int(w >> triesShift & MaxTries) }
func (w blockWord) gen() uint32       { return uint32(w >> genShift & genMask) }
func (w blockWord) owner() tag        { return tag(w >> ownerShift) }

func (w blockWord) String() string {
	return fmt.Sprintf("%v (%v, tries %d, generation %d)", w.state(), w.owner(), w.tries(), w.gen())
}

// valid says whether the word can have been written by this package in an arena of so many slots.
func (w blockWord) valid(slots int) bool {
	switch w.state() {
	case blockFree, blockReady:
		return w.owner() == 0
	case blockFilling, blockLeased:
		return w.owner().slot() >= 0 && w.owner().slot() < slots
	}
	return false
}

// recordState is what a slot's redo record asks for.
//
//	Idle --one store of Commit--> Committed --outputs published, inputs released--> Idle
type recordState uint8

const (
	recordIdle      recordState = 0
	recordCommitted recordState = 1
)

// A recordWord is the one word that makes a commit: sequence (63 bits) and state (1 bit). The sequence counts commits; its last bit
// chooses which of the two commit headers is current.
type recordWord uint64

func makeRecord(seq uint64, s recordState) recordWord { return recordWord(seq<<1) | recordWord(s) }

func (w recordWord) seq() uint64        { return uint64(w) >> 1 }
func (w recordWord) state() recordState { return recordState(w & 1) }
