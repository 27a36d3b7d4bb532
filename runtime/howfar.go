package runtime

import "github.com/mprun/mprun/shm"

// Each worker notes on the arena's board, with each commit, how far the source of its chain has come, so that progress is read without
// asking anybody: two words for each slot, behind those of the requests.
//
//	word 0: items of the source that have been worked off
//	word 1: 0: the chain has no source that counts; 1: how many there will be is not known; n+2: n
//
// The words are stored one after the other: a reader may see a new count beside an old total, which the next look mends. They are of the last
// commit, and stay when the worker ends; a replacement goes on from there.

const howFarWords = 2

// howFarLine is the first of a slot's two words, of an arena with so many slots and so many words before those of the requests.
func howFarLine(lines, slots, slot int) int { return lines + slots + slot*howFarWords }

// noteHowFar notes how far the chain has come.
func (h *host) noteHowFar() {
	done, total, ok := h.chain.HowFar()
	if !ok {
		return
	}
	board := h.arena.Board()
	at := howFarLine(h.handoff.requestLine()-h.handoff.Slot, h.arena.Slots(), h.slot.Index())
	board.Note(at, uint64(done))
	board.Note(at+1, uint64(total+2))
}

// howFar is what a worker has noted: the items that it has worked off, and all there will be; -1: that is not known. ok is false if the
// slot's chain has no source that counts, or has not committed yet.
func howFar(board shm.Board, at int) (done, total int, ok bool) {
	word := board.Load(at + 1)
	if word == 0 {
		return 0, 0, false
	}
	return int(board.Load(at)), int(word) - 2, true
}
