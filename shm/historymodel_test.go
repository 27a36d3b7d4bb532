//go:build linux

package shm

import (
	"encoding/binary"
	"slices"

	"github.com/anishathalye/porcupine"
)

// What a history is checked against: a lock, an owned semaphore and a queue in plain Go, that do one operation at a time. An operation of somebody who
// was killed in it has no known result: it may have been done before its slot was recovered, or not at all.

const historyClients = 4 // three workers, and this process at the end

type historyInput struct {
	client int
	life   int // from 0: so often had the client been recovered
	op     string
	arg    int64
}

type historyOutput struct {
	known bool
	n     int64
}

// says whether the result is n, as far as it is known.
func (o historyOutput) says(n int64) bool { return !o.known || o.n == n }

// lived is a state, and how often each client has been recovered.
type lived[S comparable] struct {
	state  S
	deaths [historyClients]int
}

// sequential is a model of states that can be compared.
func sequential[S comparable](initial S, step func(S, historyInput, historyOutput) (S, bool)) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return lived[S]{state: initial} },
		Step: func(state, in, out any) (bool, any) {
			s, i, o := state.(lived[S]), in.(historyInput), out.(historyOutput)
			next, ok := step(s.state, i, o)
			switch {
			case i.op == "recover":
				s.deaths[i.client]++
			case !o.known && (!ok || i.life != s.deaths[i.client]):
				return true, s // not done
			}
			s.state = next
			return ok, s
		},
	}
}

// lockState is who has the lock, 0 for nobody, and whether its last commit names it.
type lockState struct {
	owner int
	kept  bool
}

func yes(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func stepLock(s lockState, in historyInput, out historyOutput) (lockState, bool) {
	me := in.client + 1
	switch in.op {
	case "adopted":
		return s, out.says(yes(s.owner == me))
	case "try", "acquire":
		if s.owner == 0 {
			return lockState{owner: me}, out.says(1)
		}
		return s, out.says(0)
	case "keep":
		return lockState{me, true}, s.owner == me
	case "release":
		return lockState{}, s.owner == me
	case "recover":
		if s.owner == me && !s.kept {
			s = lockState{}
		}
		return s, true
	}
	return s, false
}

// semaphoreState is how many are left, and what each has: in all, and as its last commit says.
type semaphoreState struct {
	free        int64
	taken, kept [historyClients]int64
}

func stepSemaphore(s semaphoreState, in historyInput, out historyOutput) (semaphoreState, bool) {
	taken, kept := &s.taken[in.client], &s.kept[in.client]
	switch in.op {
	case "adopted":
		return s, out.says(*taken)
	case "try":
		if s.free == 0 {
			return s, out.says(0)
		}
		s.free--
		*taken++
		return s, out.says(1)
	case "keep":
		*kept = *taken
		return s, true
	case "release", "give":
		if *taken == 0 {
			return s, false
		}
		s.free++
		*taken--
		*kept = min(*kept, *taken)
		if in.op == "give" {
			*kept = *taken
		}
		return s, true
	case "recover":
		s.free += *taken - *kept
		*taken = *kept
		return s, true
	}
	return s, false
}

// A queue's state is its numbers in order, each with who has leased it and whether it is loose: put by somebody who was killed meanwhile. Such an
// item may overtake others, or be overtaken, for as long as its recovery takes: it gets its number at the end of the line, and is seen later.
type queuedItem struct {
	n     int64
	owner int // 0 for nobody
	loose bool
}

func encodeQueue(items []queuedItem) string {
	var p []byte
	for _, i := range items {
		p = append(binary.LittleEndian.AppendUint64(p, uint64(i.n)), byte(i.owner), byte(yes(i.loose)))
	}
	return string(p)
}

func decodeQueue(s string) []queuedItem {
	var items []queuedItem
	for p := []byte(s); len(p) > 0; p = p[10:] {
		items = append(items, queuedItem{int64(binary.LittleEndian.Uint64(p)), int(p[8]), p[9] != 0})
	}
	return items
}

func stepQueue(state string, in historyInput, out historyOutput) (string, bool) {
	items, me := decodeQueue(state), in.client+1
	mine := slices.IndexFunc(items, func(i queuedItem) bool { return i.owner == me })
	switch in.op {
	case "put", "move", "finish":
		if in.op != "finish" {
			if out.known && out.n == 0 { // no room, which those who fill a block have also taken
				return state, true
			}
			items = append(items, queuedItem{n: in.arg, loose: !out.known})
		}
		if in.op != "put" {
			if mine < 0 {
				return state, false
			}
			items = slices.Delete(items, mine, mine+1)
		}
	case "lease":
		next := slices.IndexFunc(items, func(i queuedItem) bool { return i.owner == 0 && !i.loose })
		switch {
		case mine >= 0:
			return state, false
		case !out.known:
			return stepUnknownLease(state, items, next, me)
		case out.n < 0:
			return state, next < 0
		}
		at := slices.IndexFunc(items, func(i queuedItem) bool { return i.n == out.n })
		if at < 0 || items[at].owner != 0 || at != next && !items[at].loose {
			return state, false
		}
		items[at].owner = me
	case "recover":
		if mine >= 0 {
			items[mine].owner = 0
		}
	default:
		return state, false
	}
	return encodeQueue(items), true
}

// stepUnknownLease is a lease of somebody who was killed: it comes back with the recovery, whatever it was.
func stepUnknownLease(state string, items []queuedItem, next, me int) (string, bool) {
	if next < 0 {
		return state, true
	}
	items[next].owner = me
	return encodeQueue(items), true
}
