package planner

import (
	"fmt"
	"strconv"
	"strings"
)

// Part is one queue of shared memory out of several that a queue of the spec is made of: there is one for each member of a family, with
// `broadcast` one of each for every process that reads it, and with `key` one of each for every replica of the reading process. Capacity
// and MaxBytes hold for each part.
type Part struct {
	Name    string   `json:"name"`             // jobs[2], news>alice, words>count[1]
	Member  int      `json:"member,omitempty"` // of the family, from 0
	Readers []Worker `json:"readers,omitempty"`
	Writers []Worker `json:"writers,omitempty"`
	Cycle   string   `json:"cycle,omitempty"` // the same text for all that are on one cycle
}

// AllReplicas is the Worker.Replica of a whole process.
const AllReplicas = -1

// Worker is a replica of a process, or all of them. As text, and so in JSON, it is count[1], or count for all.
type Worker struct {
	Process string
	Replica int
}

// String is the worker's name as reports have it.
func (w Worker) String() string {
	if w.Replica == AllReplicas {
		return w.Process
	}
	return w.Process + "[" + strconv.Itoa(w.Replica) + "]"
}

// MarshalText implements encoding.TextMarshaler.
func (w Worker) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Worker) UnmarshalText(text []byte) error {
	name, index, one := strings.Cut(string(text), "[")
	*w = Worker{Process: name, Replica: AllReplicas}
	if !one {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || n < 0 {
		return fmt.Errorf("%q names no replica", text)
	}
	w.Replica = n
	return nil
}

// Member is the name of a member of the queue: jobs[2] of a family, the queue's own else.
func (q *Queue) Member(i int) string { return memberName(q.Name, q.Count, i) }

// memberName is the name of a member of a family, or what is no family by its own.
func memberName(name string, count, i int) string {
	if count == 0 {
		return name
	}
	return name + "[" + strconv.Itoa(i) + "]"
}
