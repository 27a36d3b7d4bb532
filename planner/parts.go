package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
)

// mostListeners is how many processes a broadcast queue can have: an item is put for all of them in one commit.
const mostListeners = 32

// has says whether a replica of the user's process uses that member of the queue, as far as is known.
func (u use) has(replica, member int) bool { return u.members == nil || u.members[replica] == member }

// any says whether some replica may use that member.
func (u use) any(member int) bool { return u.members == nil || slices.Contains(u.members, member) }

// differs says whether the replicas of the process use members of their own.
func (u use) differs() bool {
	return u.members != nil && slices.ContainsFunc(u.members, func(m int) bool { return m != u.members[0] })
}

// workersOf is who uses a member of a queue, process by process.
func workersOf(uses []use, member int) [][]Worker {
	var order []*process
	replicas := map[*process][]bool{}
	for _, u := range uses {
		p := u.process
		if replicas[p] == nil {
			order = append(order, p)
			replicas[p] = make([]bool, p.plan.Replicas)
		}
		for r := range replicas[p] {
			replicas[p][r] = replicas[p][r] || u.has(r, member)
		}
	}
	var groups [][]Worker
	for _, p := range order {
		var group []Worker
		if !slices.Contains(replicas[p], false) {
			group = []Worker{{p.plan.Name, AllReplicas}}
		} else {
			for r, uses := range replicas[p] {
				if uses {
					group = append(group, Worker{p.plan.Name, r})
				}
			}
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// makeParts divides the queues that are more than one queue of shared memory.
func (c *compiler) makeParts() {
	total := 0
	for _, q := range c.queues {
		if q.plan.Count > 0 || q.plan.Key != nil || q.plan.Broadcast {
			c.checkListeners(q)
			for member := range max(1, q.plan.Count) {
				c.makeMember(q, member)
			}
		}
		total += max(1, len(q.plan.Parts))
		if total > maxQueues && len(c.queues) <= maxQueues {
			c.errorAt(q.def.Named.Key, spec.CodeBadValue, "", "%s, of %d parts, brings the queues of the run to %d; there can be %d",
				q.plan.Name, max(1, len(q.plan.Parts)), total, maxQueues)
			return
		}
	}
}

// makeMember makes the parts of a member of a queue.
func (c *compiler) makeMember(q *queue, member int) {
	readers := workersOf(q.readers, member)
	whole := Part{Name: q.plan.Member(member), Member: member, Writers: slices.Concat(workersOf(q.writers, member)...)}
	if q.cycles != nil && q.cycles[member] != nil {
		whole.Cycle = q.cycles[member][0]
	}
	if len(readers) == 0 || q.plan.Key == nil && !q.plan.Broadcast {
		whole.Readers = slices.Concat(readers...)
		q.plan.Parts = append(q.plan.Parts, whole)
		return
	}
	if len(readers) > 1 && !q.plan.Broadcast {
		c.refuseSecondReader(q, member, readers[1][0].Process)
	}
	for _, group := range readers {
		if q.plan.Key == nil {
			q.plan.Parts = append(q.plan.Parts, whole.readBy(group[0].Process, group))
			continue
		}
		for _, w := range c.apart(group) {
			q.plan.Parts = append(q.plan.Parts, whole.readBy(w.String(), []Worker{w}))
		}
	}
}

// readBy is the part for some of the readers.
func (p Part) readBy(name string, readers []Worker) Part {
	p.Name, p.Readers = p.Name+">"+name, readers
	return p
}

// apart names the replicas of a process one by one.
func (c *compiler) apart(group []Worker) []Worker {
	if group[0].Replica != AllReplicas {
		return group
	}
	n := c.symbols[group[0].Process].process.plan.Replicas
	if n == 1 {
		return group
	}
	all := make([]Worker, n)
	for i := range all {
		all[i] = Worker{group[0].Process, i}
	}
	return all
}

// refuseSecondReader reports a second process that reads a queue with `key`.
func (c *compiler) refuseSecondReader(q *queue, member int, process string) {
	for _, u := range q.readers {
		if u.process.plan.Name != process || !u.any(member) {
			continue
		}
		c.at(spec.Error, u.node.At(), u.node.Path(), CodeKeyReaders, "with broadcast: true each of them gets every item",
			q.plan.Member(member)+" has a key, by which its items are shared by the replicas of one process, and "+firstUse(q.readers, member).process.plan.Name+" reads it already",
			spec.Related{Range: q.def.Key.Node.At(), Message: "the key is here"})
		return
	}
}

// checkListeners reports more readers than a queue with `broadcast` can serve.
func (c *compiler) checkListeners(q *queue) {
	var seen []*process
	for _, u := range q.readers {
		if !q.plan.Broadcast || slices.Contains(seen, u.process) {
			continue
		}
		if seen = append(seen, u.process); len(seen) == mostListeners+1 {
			c.errorAt(u.node, CodeKeyReaders, "let one of them pass the items on",
				"%s is the process number %d that reads %s; a queue with broadcast: true can have %d", u.process.plan.Name, len(seen), q.plan.Name, mostListeners)
		}
	}
}
