package runtime

import (
	"slices"
	"strings"
	"time"

	"github.com/mprun/mprun/stages"
)

// Progress is how far a run has come. It is read from counters in the arena: no process is asked for it.
//
// Done and Total are items of the run's sources: of the stages at the head of chains that make their items themselves (range, items, matrix,
// files, every, read), over all processes. An item is done when its chain has worked it off, tasks of pools included, and, where chains
// put to queues, as far as these are: if half of what stands in the queue that is furthest behind is finished, half of the items are. Of a run
// without such sources, the items that were finished in its queues count.
type Progress struct {
	Elapsed   time.Duration     `json:"-"`
	Seconds   float64           `json:"seconds"`
	Done      int               `json:"done"`
	Total     int               `json:"total,omitempty"` // 0: not known
	Rate      float64           `json:"rate"`            // items a second, lately
	Left      float64           `json:"left,omitempty"`  // seconds until the end at that rate; 0: not known
	Replaced  int               `json:"replaced"`        // workers replaced after a death
	Over      bool              `json:"over,omitempty"`  // this is the last of the run
	Processes []ProcessProgress `json:"processes"`
	Queues    []QueueProgress   `json:"queues"`
}

// Fraction is how much of the run is done, from 0 to 1; ok is false where the total is not known.
func (p *Progress) Fraction() (f float64, ok bool) {
	if p.Total == 0 {
		return 0, false
	}
	return min(1, float64(p.Done)/float64(p.Total)), true
}

// ProcessProgress is one process of a run.
type ProcessProgress struct {
	Name     string `json:"name"`
	State    string `json:"state"` // of the replica that is furthest behind
	Running  int    `json:"running"`
	Ended    int    `json:"ended"`
	Replicas int    `json:"replicas"`
	Replaced int    `json:"replaced"`        // workers replaced after a death
	Done     int    `json:"done,omitempty"`  // items of its source that its chain has worked off
	Total    int    `json:"total,omitempty"` // of these; 0: not known, or it has no source
}

// QueueProgress is one queue of a run. Items are counted.
type QueueProgress struct {
	Name     string `json:"name"`
	Waiting  int    `json:"waiting"`
	Put      uint64 `json:"put"`
	Finished uint64 `json:"finished"`
	Closed   bool   `json:"closed"`

	read bool // somebody reads it
}

// progress is how far the run has come.
func (s *supervisor) progress() Progress {
	elapsed := time.Since(s.began)
	p := Progress{Elapsed: elapsed, Seconds: elapsed.Seconds()}
	total, known, sources := 0, true, false
	for _, process := range s.processes {
		pp, sure, counts := s.processProgress(process)
		p.Processes = append(p.Processes, pp)
		p.Replaced += pp.Replaced
		if counts {
			sources = true
			p.Done += pp.Done
			total += pp.Total
		}
		known = known && sure
	}
	p.Queues = s.queueProgress()
	p.finished(sources)
	if sources && known {
		p.Total = total
	}
	s.pace.note(&p)
	return p
}

// finished has what queues hold back not count as done.
func (p *Progress) finished(sources bool) {
	share, finished := 1.0, uint64(0)
	for _, q := range p.Queues {
		if finished += q.Finished; q.Put > 0 && q.read {
			share = min(share, float64(q.Finished)/float64(q.Put))
		}
	}
	if sources {
		p.Done = int(float64(p.Done)*share + 0.5)
		return
	}
	p.Done = int(finished)
}

// processProgress is how far one process has come. counts says that it has a source that counts; sure, that no more is to come from it than it
// has said.
func (s *supervisor) processProgress(process *process) (pp ProcessProgress, sure, counts bool) {
	state := replicaEnded
	pp = ProcessProgress{Name: process.plan.Name, Replicas: len(process.replicas)}
	sure = true
	for _, r := range process.replicas {
		state = min(state, r.state)
		pp.Replaced += r.deaths
		switch r.state {
		case replicaRunning:
			pp.Running++
		case replicaEnded:
			pp.Ended++
		}
		done, total, ok := 0, 0, false
		if r.slot >= 0 {
			done, total, ok = howFar(s.arena.Board(), howFarLine(s.lines, s.arena.Slots(), r.slot))
		}
		if ok {
			counts = true
			if total < 0 && r.state == replicaEnded {
				total = done
			}
			pp.Done += done
			pp.Total += max(total, 0)
		}
		sure = sure && (ok && total >= 0 || r.state == replicaEnded || !process.makesItems())
	}
	if !sure {
		pp.Total = 0
	}
	pp.State = state.String()
	return pp, sure, counts
}

// makesItems says whether items may come into the run by a process that nobody has counted yet: by a source at its head, or by a program.
func (p *process) makesItems() bool {
	if p.plan.Daemon || p.plan.Finally {
		return false
	}
	if len(p.plan.Stages) == 0 {
		return true
	}
	op := stages.Lookup(p.plan.Stages[0].Op)
	return op != nil && op.Source && p.plan.Stages[0].Op != "get"
}

// queueProgress is how far the queues of the spec are.
func (s *supervisor) queueProgress() []QueueProgress {
	var list []QueueProgress
	stats := s.arena.Stats()
	for i, part := range s.parts {
		st := stats.Queues[part.index]
		if i == 0 || s.parts[i-1].def != part.def { // the parts of a queue stand together
			list = append(list, QueueProgress{Name: part.def.Name, Closed: true})
		}
		q := &list[len(list)-1]
		q.Waiting += int(st.Waiting)
		q.Put += st.Published
		q.Finished += st.Finished
		q.Closed = q.Closed && st.Closed
		q.read = q.read || len(part.readers) > 0
	}
	return slices.DeleteFunc(list, func(q QueueProgress) bool { return strings.HasPrefix(q.Name, "#") }) // mprun's own
}

// pace is how fast a run has been lately: over the last paceWindow, or since its beginning.
type pace struct{ marks []mark }

// mark is how much was done at a time.
type mark struct {
	at   time.Duration
	done int
}

const (
	paceWindow = 15 * time.Second
	paceEvery  = 250 * time.Millisecond // between marks
)

// note completes p with the rate and the time left.
func (c *pace) note(p *Progress) {
	if len(c.marks) == 0 {
		c.marks = []mark{{}}
	}
	if n := len(c.marks); p.Elapsed-c.marks[n-1].at >= paceEvery {
		c.marks = append(c.marks, mark{p.Elapsed, p.Done})
	}
	for len(c.marks) > 2 && p.Elapsed-c.marks[1].at >= paceWindow {
		c.marks = c.marks[1:]
	}
	from := c.marks[0]
	if p.Over { // at the end, the rate is that of the whole run
		from = mark{}
	}
	if span := (p.Elapsed - from.at).Seconds(); span > 0 {
		p.Rate = max(0, float64(p.Done-from.done)/span)
	}
	if p.Total > p.Done && p.Rate > 0 {
		p.Left = float64(p.Total-p.Done) / p.Rate
	}
}
