package runtime

import (
	"fmt"
	"strings"
	"time"

	"github.com/mprun/mprun/runtime/deadlock"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Deadlock is where the processes of a run stood when none of them could go on.
type Deadlock struct {
	Cycle     []string   `json:"cycle,omitempty"` // each waits for the next, and the last for the first; none: what is waited for can come from nobody
	Processes []Standing `json:"processes"`       // those that can never go on
}

// Standing is what one replica of a process does at a moment.
type Standing struct {
	Process string     `json:"process"` // fork[2]
	State   string     `json:"state"`   // works, waits, stopped (by a signal), waiting (to be started), restarting or ended
	PID     int        `json:"pid,omitempty"`
	Stuck   bool       `json:"stuck"`            // it can never go on
	Stage   string     `json:"stage,omitempty"`  // the operator at which it waits
	Pos     stages.Pos `json:"pos,omitzero"`     // of the stage, or of the process
	Since   time.Time  `json:"since,omitzero"`   // of the wait, or of its first start
	Seconds float64    `json:"seconds"`          // since then
	Waits   []Awaited  `json:"waits,omitempty"`  // any of which makes it go on
	For     string     `json:"for,omitempty"`    // what it waits for outside of the shared memory: a pause to be over, a program, input
	Timed   bool       `json:"timed,omitempty"`  // it goes on by itself after a time
	Beside  bool       `json:"beside,omitempty"` // it goes on as well when a program beside it has something to say
}

// Awaited is one thing that a replica waits for.
type Awaited struct {
	Kind string   `json:"kind"`           // get, put, all items, lock, semaphore, event, condition, barrier; end: of a process; or process: what it depends on
	Name string   `json:"name"`           // jobs, fork[1]
	Come bool     `json:"come,omitempty"` // it is there: the replica is about to go on
	By   []string `json:"by,omitempty"`   // who holds it, or who may bring it about
	Here int      `json:"here,omitempty"` // barrier: how many have come
	Of   int      `json:"of,omitempty"`   // barrier: of so many
}

// standings says where each replica stands.
func (l *look) standings(s *supervisor, now time.Time) []Standing {
	list := make([]Standing, len(l.replicas))
	for i, r := range l.replicas {
		st := Standing{Process: r.name, State: r.state.String(), PID: r.pid, Stuck: l.stuck[i], Pos: r.process.plan.Pos, Since: r.started}
		if r.state == replicaRunning {
			st.State = "works"
		}
		if l.asleep[i] || l.drowsy[i] {
			st.State = "waits"
			s.waiting(&st, r, l.waits[i])
		}
		if r.state == replicaRunning && isStopped(r.pid) {
			st.State = "stopped"
		}
		if r.state == replicaWaiting && !r.process.begun && !r.process.plan.Finally {
			s.depends(&st, r.process)
		}
		for k := range st.Waits {
			if want := l.parties[i].Wants; k < len(want) {
				st.Waits[k].Come = want[k].Come
				st.Waits[k].By = l.by(want[k])
			}
		}
		if !st.Since.IsZero() {
			st.Seconds = now.Sub(st.Since).Seconds()
		}
		list[i] = st
	}
	return list
}

// by names those from whom it comes, first those who hold it; who has ended brings nothing about.
func (l *look) by(w deadlock.Want) []string {
	list := w.Before
	if len(list) == 0 {
		list = w.From
	}
	var names []string
	for _, i := range list {
		if l.parties[i].State != deadlock.Ended {
			names = append(names, l.parties[i].Name)
		}
	}
	return names
}

// waiting completes what is said of one that waits.
func (s *supervisor) waiting(st *Standing, r *replica, w shm.WaitInfo) {
	st.Since, st.Timed, st.Beside = w.Since, w.Timed, w.Other && w.Outside == 0
	if w.Outside > 0 {
		st.For = stages.Outside(w.Outside).String()
	}
	if w.Outside == int(stages.OutsideProgram) {
		st.State = "works"
	}
	if at := s.stageAt(r.process.plan, w.Stage); at != nil {
		st.Stage, st.Pos = at.Op, at.Pos
	}
	for _, t := range w.Targets {
		a := Awaited{Kind: t.Kind.String()}
		switch {
		case t.Kind == shm.WaitForChange:
			a.Kind, a.Name = "end", s.lineName(t.Index)
		case t.Kind > shm.WaitForItems:
			a.Name = s.arena.Primitive(t.Index).Name
		case t.Index < len(s.parts):
			a.Name = s.parts[t.Index].name
		default:
			a.Name = "output"
		}
		if t.Kind == shm.WaitAtBarrier {
			b := s.arena.Barrier(t.Index)
			a.Here, a.Of = int(b.Waiting()), int(b.Parties())
		}
		st.Waits = append(st.Waits, a)
	}
}

// lineName names who is waited for at a word of the board.
func (s *supervisor) lineName(line int) string {
	if p := s.onLine(line); p != nil {
		return "process " + p.plan.Name
	}
	return "its request"
}

// depends completes what is said of one that is not started.
func (s *supervisor) depends(st *Standing, p *process) {
	for _, d := range p.plan.DependsOn {
		if on := s.byName[d.Process]; on != nil {
			if yes, _ := on.came(d.Condition); !yes {
				st.Pos = d.Pos
				st.Waits = append(st.Waits, Awaited{Kind: "process", Name: d.Process})
				return
			}
		}
	}
}

// String is what is waited for, in words, and who holds it.
func (a Awaited) String() string {
	by := shortList(a.By)
	who := func(holds, nobody string) string {
		if by == "" {
			return nobody
		}
		return fmt.Sprintf(holds, by)
	}
	switch a.Kind {
	case "get":
		return "an item of queue " + a.Name + who(" from %s", ", whose writers have ended")
	case "put":
		return "room in queue " + a.Name + who(", which only %s can make", "")
	case "all items":
		return "all items of queue " + a.Name + " to be finished" + who(", by %s", "")
	case "lock":
		return "lock " + a.Name + who(", which %s holds", "")
	case "semaphore":
		return "semaphore " + a.Name + who(", which %s can release", ", which nobody is left to release")
	case "event":
		return "event " + a.Name + who(", which %s can set", ", which nobody is left to set")
	case "condition":
		return "condition " + a.Name + who(", which %s can notify", ", which nobody is left to notify")
	case "barrier":
		if a.Here >= a.Of { // the action is being run
			return fmt.Sprintf("barrier %s, at which all %d are", a.Name, a.Of) + who("; %s could open it", "; nobody is left who could open it")
		}
		return fmt.Sprintf("barrier %s, at which %d of %d are", a.Name, a.Here, a.Of) + who("; %s could come", "; nobody is left who could come")
	case "process":
		return "process " + a.Name
	case "end":
		return "the end of " + a.Name
	}
	return a.Kind + " " + a.Name
}

// String is what the replica does, in words.
func (st Standing) String() string {
	var things []string
	if st.For != "" {
		things = append(things, st.For)
	} else if len(st.Waits) == 0 {
		return st.State
	}
	for _, a := range st.Waits {
		things = append(things, a.String())
	}
	since := ""
	if !st.Since.IsZero() {
		since = "since " + st.Since.Format(time.TimeOnly) + " "
	}
	return "waits " + since + "for " + strings.Join(things, ", or for ")
}

// shownNames is how many processes a message names at most.
const shownNames = 4

// shortList is names as a message lists them.
func shortList(names []string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0]
	case n > shownNames:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shownNames-1], ", "), n-shownNames+1)
	default:
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
}

// deadlocked ends a run in which nobody can go on, and says who waits for whom.
func (s *supervisor) deadlocked(l *look) {
	d := l.deadlock(s, time.Now())
	s.deadlock = d
	if len(d.Cycle) > 0 {
		s.log.Error("deadlock: " + circle(d.Cycle))
	} else {
		s.log.Error("deadlock: nobody is left who could bring about what is waited for")
	}
	inCycle := map[string]bool{}
	for _, name := range d.Cycle {
		inCycle[name] = true
	}
	told := 0
	for _, st := range d.Processes {
		if len(inCycle) > 0 && !inCycle[st.Process] {
			continue
		}
		f := st.failure()
		if told++; told <= shownDeadlocked {
			s.log.Error(f.Error(), "process", f.Process)
		}
		s.failures = append(s.failures, f)
	}
	if told > shownDeadlocked {
		s.log.Error(fmt.Sprintf("deadlock: %d more are stuck; the report (--report) has them all", told-shownDeadlocked))
	}
	s.end(StatusDeadlock)
}

// shownDeadlocked is how many processes of a deadlock are logged one by one.
const shownDeadlocked = 12

// failure is a standing as the report has it.
func (st Standing) failure() Failure {
	f := Failure{Process: st.Process, PID: st.PID, Pos: st.Pos, Text: st.String()}
	if st.Stage != "" {
		f.Stage = &stages.StageError{Op: st.Stage, Pos: st.Pos, Type: "deadlock", Text: f.Text}
	}
	return f
}

// deadlock is what there is to say of those who are stuck.
func (l *look) deadlock(s *supervisor, now time.Time) *Deadlock {
	d := &Deadlock{}
	for _, i := range deadlock.Cycle(l.parties, l.stuck) {
		d.Cycle = append(d.Cycle, l.parties[i].Name)
	}
	for _, st := range l.standings(s, now) {
		if st.Stuck {
			d.Processes = append(d.Processes, st)
		}
	}
	return d
}

// circle is a cycle in words.
func circle(names []string) string {
	if len(names) == 1 {
		return names[0] + " waits for itself"
	}
	var b strings.Builder
	for i, name := range names {
		if i == shownNames && len(names) > 2*shownNames {
			fmt.Fprintf(&b, ", and so on over %d more", len(names)-shownNames-1)
			name = names[len(names)-1]
			fmt.Fprintf(&b, ", %s for %s", name, names[0])
			return b.String()
		}
		next := names[(i+1)%len(names)]
		if i == 0 {
			fmt.Fprintf(&b, "%s waits for %s", name, next)
		} else {
			fmt.Fprintf(&b, ", %s for %s", name, next)
		}
	}
	return b.String()
}
