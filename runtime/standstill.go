package runtime

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mprun/mprun/runtime/deadlock"
	"github.com/mprun/mprun/shm"
)

// Deadlocks. Every so often the supervisor looks at what the workers say of their waits in the arena. Who waits for what is a graph, which
// package deadlock judges; how words that change under one's eyes make one true picture stands in shm/standstill.go.
//
// Whoever may go on by himself counts as moving, and then there is no deadlock: a worker that works, or waits with a timeout, for a program,
// for a pause, for a turn of a throttle, for standard input, or for somebody to take the run's output; one that is stopped by a signal in the
// middle of something; one that has died, or is started again after a pause; a command, of which nothing is known; a process that has a time
// limit of its own, or is being asked to end. A run that is being stopped is not looked at.

// standstillEvery is how often the supervisor looks. Two looks in a row must find the same before the run is ended.
const standstillEvery = 200 * time.Millisecond

// A look is what one look at the run has found. Parties are the replicas, in the order of the plan.
type look struct {
	parties  []deadlock.Party
	replicas []*replica
	waits    []shm.WaitInfo // of those that wait
	asleep   []bool
	drowsy   []bool // it waits, but may go on by itself: after a time, or since it looks just now
	stuck    []bool
	dead     bool
}

// lookForDeadlock ends a run in which nobody can go on any more.
func (s *supervisor) lookForDeadlock() {
	s.closeCycles() // a cycle at rest is none
	s.leaveOutIdle()
	if s.busy() || s.anyMoves() {
		s.suspect = nil
		return
	}
	l := s.look()
	before := s.suspect
	s.suspect = nil
	switch {
	case !l.dead:
	case before == nil || !l.same(before):
		s.suspect = l
	default:
		s.deadlocked(l)
	}
}

// busy says whether something of the run is under way that no replica shows: then nobody is stuck.
func (s *supervisor) busy() bool {
	if s.stopping || len(s.stopCommands) > 0 {
		return true
	}
	return slices.ContainsFunc(s.processes, func(p *process) bool { return p.ended() && !p.settled })
}

// anyMoves says whether a replica that the run waits for moves. It costs little, and is all there is to a look at a run that works.
func (s *supervisor) anyMoves() bool {
	for _, p := range s.processes {
		if p.plan.Daemon {
			continue
		}
		for _, r := range p.replicas {
			if r.state == replicaEnded || r.state == replicaWaiting && !p.begun {
				continue
			}
			if _, asleep := s.sleeps(r); !asleep {
				return true
			}
		}
	}
	return false
}

// sleeps gives the wait in which a running worker sleeps, false if it may go on by itself.
func (s *supervisor) sleeps(r *replica) (shm.WaitInfo, bool) {
	if r.state != replicaRunning || r.slot < 0 || r.asked || r.limitTimer != nil {
		return shm.WaitInfo{}, false
	}
	w, ok := s.arena.Waits(r.slot)
	return w, ok && w.Asleep && !w.Timed && !w.Other
}

// look looks at the whole run.
func (s *supervisor) look() *look {
	l := &look{}
	numbers := map[*replica]int{}
	for _, p := range s.processes {
		for _, r := range p.replicas {
			numbers[r] = len(l.replicas)
			l.replicas = append(l.replicas, r)
		}
	}
	l.waits, l.asleep, l.drowsy = make([]shm.WaitInfo, len(l.replicas)), make([]bool, len(l.replicas)), make([]bool, len(l.replicas))
	for i, r := range l.replicas {
		l.waits[i], l.asleep[i] = s.sleeps(r)
		l.drowsy[i] = !l.asleep[i] && l.waits[i].Asleep
	}
	for i, r := range l.replicas {
		p := deadlock.Party{Name: r.name, Essential: !r.process.plan.Daemon && !r.process.isIdle() && (!r.process.plan.Finally || r.starts > 0)}
		switch {
		case r.state == replicaEnded:
			p.State = deadlock.Ended
		case l.asleep[i]:
			p.State = deadlock.Waits
			for _, t := range l.waits[i].Targets {
				p.Wants = append(p.Wants, s.want(r, t, numbers))
			}
			p.Wants = append(p.Wants, s.stopped(r, numbers)...)
		case r.state == replicaWaiting && !r.process.begun:
			p.State = deadlock.Waits
			p.Wants = append(s.dependencies(r.process, numbers), s.stopped(r, numbers)...)
		default:
			p.State = deadlock.Moves
			for _, t := range l.waits[i].Targets {
				p.Wants = append(p.Wants, s.want(r, t, numbers))
			}
		}
		l.parties = append(l.parties, p)
	}
	// Again, and only then whether they go on living: what a dead one held goes to others, and its replacement may not come to the same wait.
	for i, r := range l.replicas {
		if !l.asleep[i] {
			continue
		}
		if w, ok := s.sleeps(r); !ok || !w.Same(l.waits[i]) {
			l.parties[i].State = deadlock.Moves
		}
	}
	l.stuck = deadlock.Stuck(l.parties)
	l.dead = deadlock.Dead(l.parties, l.stuck) && !l.anyEnds()
	return l
}

// anyEnds says whether one of the stuck has ended, or is about to.
func (l *look) anyEnds() bool {
	for i, r := range l.replicas {
		if l.stuck[i] && l.asleep[i] && isEnding(r.pid) {
			return true
		}
	}
	return false
}

// isEnding says whether a process that is known to wait has ended or may be just ending: a signal for it is pending, maybe from one that has ended
// since, or it does not sleep. It is there from the call of kill(2) on, however long the one it ends has yet to wait for a processor. See State,
// SigPnd and ShdPnd in proc_pid_status(5).
func isEnding(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return true // it is gone
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "State":
			if !strings.HasPrefix(value, "S") && !strings.HasPrefix(value, "T") { // it sleeps, or is stopped in its sleep
				return true
			}
		case "SigPnd", "ShdPnd":
			if strings.Trim(value, "0") != "" {
				return true
			}
		}
	}
	return false
}

// same says whether two looks have found the same replicas stuck, in the same waits. What others did in between is their own affair.
func (l *look) same(other *look) bool {
	for i := range l.replicas {
		if l.stuck[i] != other.stuck[i] || l.stuck[i] && l.asleep[i] && !l.waits[i].Same(other.waits[i]) {
			return false
		}
	}
	return true
}

// dependencies is what a process waits for that has not been started: the first that has not come, for it needs all.
func (s *supervisor) dependencies(p *process, numbers map[*replica]int) []deadlock.Want {
	if p.plan.Finally { // it comes when all others have ended
		w := deadlock.Want{}
		for _, other := range s.processes {
			if other != p {
				w.From = append(w.From, listOf(other.replicas, nil, numbers)...)
			}
		}
		return []deadlock.Want{w}
	}
	if p.isIdle() { // until somebody starts it
		w := deadlock.Want{}
		for _, other := range s.processes {
			if slices.Contains(other.plan.Starts, p.plan.Name) {
				w.From = append(w.From, listOf(other.replicas, nil, numbers)...)
			}
		}
		return []deadlock.Want{w}
	}
	for _, d := range p.plan.DependsOn {
		if on := s.byName[d.Process]; on != nil {
			if yes, _ := on.came(d.Condition); !yes {
				from := listOf(on.replicas, nil, numbers)
				return []deadlock.Want{{From: from, Before: from}}
			}
		}
	}
	return []deadlock.Want{{Come: true}}
}

// stopped is that somebody may stop, interrupt or kill a replica: whatever it waits for, that ends its wait. It stands behind all that it waits for.
func (s *supervisor) stopped(r *replica, numbers map[*replica]int) []deadlock.Want {
	actors := s.actors[r.process.plan.Name]
	if len(actors) == 0 {
		return nil
	}
	return []deadlock.Want{{From: listOf(actors, r, numbers)}}
}

// want is one thing that a worker waits for, and who may bring it about.
func (s *supervisor) want(r *replica, t shm.Target, numbers map[*replica]int) deadlock.Want {
	if t.Kind == shm.WaitForChange {
		p := s.onLine(t.Index)
		if p == nil || s.arena.There(r.slot, t) {
			return deadlock.Want{Come: true} // who was stopped before it could look goes on, whatever becomes of the others
		}
		from := listOf(p.replicas, nil, numbers)
		return deadlock.Want{Before: from, From: from}
	}
	if s.outlet.queue.Index() == t.Index && t.Kind <= shm.WaitForItems || s.arena.There(r.slot, t) {
		return deadlock.Want{Come: true} // what leaves the run is taken by the supervisor and by who reads its output
	}
	if t.Kind <= shm.WaitForItems {
		p := s.parts[t.Index]
		first, second := p.readers, p.writers
		if t.Kind == shm.WaitToRead {
			first, second = p.writers, p.readers
		}
		before := listOf(first, nil, numbers)
		return deadlock.Want{Before: before, From: append(slices.Clone(before), listOf(second, r, numbers)...)}
	}
	if t.Kind == shm.WaitForLock {
		owner := s.inSlot(s.arena.Lock(t.Index).Owner())
		if owner == nil {
			return deadlock.Want{Come: true} // it is free just now, or somebody's who is not of the plan
		}
		from := []int{numbers[owner]}
		return deadlock.Want{Before: from, From: from}
	}
	holders := s.holders(t)
	users := s.bringers[s.primitiveNames[t.Index]]
	before := listOf(holders, nil, numbers)
	return deadlock.Want{Before: before, From: append(slices.Clone(before), listOf(users, r, numbers)...)}
}

// holders is who stands in the way of those who wait for a semaphore or at a barrier: who has taken it, has not come, or has its action to run.
func (s *supervisor) holders(t shm.Target) []*replica {
	var list []*replica
	for _, p := range s.processes {
		for _, r := range p.replicas {
			switch {
			case r.slot < 0:
			case t.Kind == shm.WaitForSemaphore && s.arena.Semaphore(t.Index).Held(r.slot) > 0:
				list = append(list, r)
			case t.Kind == shm.WaitAtBarrier && s.isAwaitedAt(s.arena.Barrier(t.Index), r, s.bringers[s.primitiveNames[t.Index]]):
				list = append(list, r)
			}
		}
	}
	return list
}

// isAwaitedAt says whether a replica is one of those that others at a barrier wait for.
func (s *supervisor) isAwaitedAt(b shm.Barrier, r *replica, parties []*replica) bool {
	if b.Waiting() >= b.Parties() {
		return b.Leads(r.slot)
	}
	return !b.Arrived(r.slot) && slices.Contains(parties, r)
}

// onLine is the process of whose replica a word of the board tells; nil if it is one of the words that answer requests.
func (s *supervisor) onLine(line int) *process {
	for _, p := range s.processes {
		if first := p.replicas[0].line; line >= first && line < first+len(p.replicas) {
			return p
		}
	}
	return nil
}

// inSlot is the replica that has a slot; nil if it is nobody's.
func (s *supervisor) inSlot(slot int) *replica {
	for _, p := range s.processes {
		for _, r := range p.replicas {
			if slot >= 0 && r.slot == slot {
				return r
			}
		}
	}
	return nil
}

// listOf is the numbers of replicas, without one.
func listOf(replicas []*replica, without *replica, numbers map[*replica]int) []int {
	var list []int
	for _, r := range replicas {
		if r != without {
			list = append(list, numbers[r])
		}
	}
	return list
}

// primitiveNamesOf is the name in the plan of each primitive of the arena; a condition's own lock has the condition's.
func primitiveNamesOf(p primitives) []string {
	list := make([]string, p.end)
	for name, e := range p.entries {
		for i := range e.def.Members() {
			for n := range e.step {
				list[e.number(i)+n] = name
			}
		}
	}
	return list
}
