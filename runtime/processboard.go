package runtime

import (
	"fmt"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
)

// The supervisor writes down on the arena's board where each replica is in its life, so that expressions read it without asking: a
// word for each replica, in the order of the plan.
//
//	63 54    53       52        51        48 47        32 31                  0
//	+-----+---------+---------+-------------+------------+--------------------+
//	|  0  | settled | has code|    state    | exit code  |         pid        |
//	+-----+---------+---------+-------------+------------+--------------------+
//
// Settled says that all replicas of the process have ended, and what they wrote is in its place.
//
// State, code and pid change in one store: a reader never sees those of different moments.

// replicaWord is a word of the board. Zero is a replica that the supervisor has not come to yet.
type replicaWord uint64

const (
	wordPIDBits   = 32
	wordCodeBits  = 16
	wordStateBits = 4
	wordHasCode   = 1 << (wordPIDBits + wordCodeBits + wordStateBits)
	wordSettled   = wordHasCode << 1
)

// word is the replica as the board shows it.
func (r *replica) word() replicaWord {
	w := replicaWord(uint32(r.pid)) | replicaWord(uint16(int16(r.code)))<<wordPIDBits | replicaWord(r.state)<<(wordPIDBits+wordCodeBits)
	if r.state != replicaRunning && !r.ended.IsZero() {
		w |= wordHasCode
	}
	if r.process.settled {
		w |= wordSettled
	}
	return w
}

func (w replicaWord) state() replicaState {
	s := replicaState(w >> (wordPIDBits + wordCodeBits) & (1<<wordStateBits - 1))
	if s == replicaInvalid {
		return replicaWaiting
	}
	return s
}

// settled says whether the whole process has ended, and what it wrote is in its place.
func (w replicaWord) settled() bool { return w&wordSettled != 0 }

// pid is that of the process, or of the last one; null before the first start.
func (w replicaWord) pid() any {
	if pid := int(uint32(w)); pid != 0 {
		return pid
	}
	return nil
}

// code is the exit code of the last end; null while the process runs or has not been started.
func (w replicaWord) code() any {
	if w&wordHasCode == 0 {
		return nil
	}
	return int(int16(uint16(w >> wordPIDBits)))
}

// become changes a replica's state, for the board's readers too. Its pid and exit code are shown with it.
func (s *supervisor) become(r *replica, state replicaState) {
	r.state = state
	s.arena.Board().Store(r.line, uint64(r.word()))
}

// processEntry is a process as a worker finds it on the board.
type processEntry struct {
	Name     string `json:"name"`
	Replicas int    `json:"replicas"` // 0: it is not part of this run
}

// processEntries lists the processes in the order of their words, then those that are not part of the run.
func processEntries(plan *planner.Plan) []processEntry {
	var list []processEntry
	for i := range plan.Processes {
		list = append(list, processEntry{plan.Processes[i].Name, plan.Processes[i].Replicas})
	}
	for _, name := range plan.Absent {
		list = append(list, processEntry{name, 0})
	}
	return list
}

// processObject is a process in an expression: its replicas are its elements, and the fields of the only one are its own. What it says
// is of the moment.
type processObject struct {
	board    shm.Board
	first    int // word of the first replica
	replicas int
	name     string
}

// Value implements stages.Object.
func (p processObject) Value() (any, error) {
	if p.replicas <= 1 {
		return p.replica(0), nil
	}
	list := make([]any, p.replicas)
	for i := range list {
		list[i] = p.replica(i)
	}
	return list, nil
}

// Field implements stages.Fielded.
func (p processObject) Field(name string) (any, error) {
	if p.replicas > 1 {
		return nil, fmt.Errorf("%s has %d replicas: read %s[0].%s, or any(%s, it.%s)", p.name, p.replicas, p.name, name, p.name, name)
	}
	return p.replica(0)[name], nil
}

// Len implements stages.Indexed.
func (p processObject) Len() int { return p.replicas }

// At implements stages.Indexed.
func (p processObject) At(i int) (any, error) { return p.replica(i), nil }

// replica is what the board says of one; a process that is not part of the run has none, and reads as absent.
func (p processObject) replica(i int) map[string]any {
	if i >= p.replicas {
		return map[string]any{"alive": false, "exitcode": nil, "pid": nil, "state": "absent"}
	}
	w := replicaWord(p.board.Load(p.first + i))
	return map[string]any{"alive": w.state() == replicaRunning, "exitcode": w.code(), "pid": w.pid(), "state": w.state().String()}
}
