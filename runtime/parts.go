package runtime

import (
	"slices"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
)

// arenaPart is a queue of the arena, by its number: a part of a queue of the plan, or the whole of it.
type arenaPart struct {
	index   int
	def     *planner.Queue
	name    string
	label   string // the queue as the spec has it: jobs[2]
	member  int
	readers []planner.Worker // of a Part
	part    *planner.Part    // nil: the whole
}

// arenaParts is the queues of the arena that the plan's queues are, in order.
func arenaParts(queues []planner.Queue) []arenaPart {
	var parts []arenaPart
	for i := range queues {
		def := &queues[i]
		if len(def.Parts) == 0 {
			parts = append(parts, arenaPart{index: len(parts), def: def, name: def.Name, label: def.Name})
		}
		for j := range def.Parts {
			p := &def.Parts[j]
			parts = append(parts, arenaPart{
				index: len(parts), def: def, name: p.Name, label: def.Member(p.Member), member: p.Member, readers: p.Readers, part: p,
			})
		}
	}
	return parts
}

// isReadBy says whether a replica reads the part.
func (p *arenaPart) isReadBy(process string, replica int) bool {
	return p.part == nil || slices.ContainsFunc(p.readers, func(w planner.Worker) bool {
		return w.Process == process && (w.Replica == planner.AllReplicas || w.Replica == replica)
	})
}

// partOf is the process that alone reads the part, if that is what the part is there for.
func (p *arenaPart) partOf() string {
	if p.part == nil || len(p.readers) == 0 || p.def.Key == nil && !p.def.Broadcast {
		return ""
	}
	return p.readers[0].Process
}

// config is the part as the arena is to make it.
func (p *arenaPart) config(replicas map[string]*process) shm.QueueConfig {
	c := shm.QueueConfig{
		Name: p.name, Capacity: p.def.Capacity, MaxItem: p.def.MaxItem, MaxBytes: int64(p.def.MaxBytes), MaxDeliveries: p.def.MaxDeliveries,
	}
	for _, w := range p.readers { // it needs no entries for those who cannot read it
		if w.Replica == planner.AllReplicas {
			c.Readers += len(replicas[w.Process].replicas)
		} else {
			c.Readers++
		}
	}
	return c
}

// livePart is a queue of the arena as the supervisor knows it.
type livePart struct {
	arenaPart
	queue            *shm.Queue
	readers, writers []*replica
	cycle            string // the same for all of a cycle; "": none
}

// liveParts finds who reads and writes each part, and gathers the cycles.
func (s *supervisor) liveParts(parts []arenaPart) {
	cycles := map[string]int{}
	for _, p := range parts {
		live := &livePart{arenaPart: p, queue: s.arena.Queue(p.index)}
		if p.part == nil {
			live.readers, live.writers = s.replicasOf(p.def.Readers), s.replicasOf(p.def.Writers)
			if len(p.def.Cycle) > 0 {
				live.cycle = p.def.Cycle[0]
			}
		} else {
			live.readers, live.writers, live.cycle = s.workers(p.part.Readers), s.workers(p.part.Writers), p.part.Cycle
		}
		s.parts = append(s.parts, live)
		if live.cycle == "" {
			continue
		}
		i, seen := cycles[live.cycle]
		if !seen {
			i = len(s.cycles)
			cycles[live.cycle] = i
			s.cycles = append(s.cycles, nil)
		}
		s.cycles[i] = append(s.cycles[i], live)
	}
}

// replicasOf is all replicas of processes.
func (s *supervisor) replicasOf(processes []string) []*replica {
	var all []*replica
	for _, name := range processes {
		all = append(all, s.byName[name].replicas...)
	}
	return all
}

// workers is the replicas that are meant.
func (s *supervisor) workers(list []planner.Worker) []*replica {
	var all []*replica
	for _, w := range list {
		replicas := s.byName[w.Process].replicas
		if w.Replica != planner.AllReplicas {
			replicas = replicas[w.Replica : w.Replica+1]
		}
		all = append(all, replicas...)
	}
	return all
}
