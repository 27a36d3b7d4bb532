package planner

import "slices"

// leavesOut says whether the test leaves a process out; t may be nil.
func (t *trial) leavesOut(process string) bool { return t != nil && t.without[process] }

// leaveOut leaves out the processes that the test takes the place of, and what then has nothing left to do.
func (c *compiler) leaveOut() {
	t := c.trial
	t.without = map[string]bool{}
	for _, in := range t.inputs {
		for _, u := range c.symbols[in.queue].queue.writers {
			if u.any(in.member) && !c.goesRound(u.process, in.queue) {
				t.without[u.process.plan.Name] = true
			}
		}
	}
	for _, out := range t.outputs {
		for _, u := range c.symbols[out.queue].queue.readers {
			switch {
			case !u.any(out.member):
			case c.goesRound(u.process, out.queue):
				c.errorAt(out.key, CodeTest, "expect what is printed, or a queue that leads out of the cycle",
					"%s reads %s and feeds it as well, so that the test cannot take its place", u.process.plan.Name, out.key.Text)
			default:
				t.without[u.process.plan.Name] = true
			}
		}
	}
	c.leaveOutIdle()
	c.untie()
	c.checkTied()
}

// goesRound says whether a process and a queue are on one cycle.
func (c *compiler) goesRound(p *process, queue string) bool {
	cycle := c.symbols[queue].queue.plan.Cycle
	on := func(name string) bool { return slices.Contains(cycle, name) }
	return slices.ContainsFunc(p.plan.Gets, on) && slices.ContainsFunc(p.plan.Puts, on)
}

// leaveOutIdle leaves out those who have nothing left to do.
func (c *compiler) leaveOutIdle() {
	t := c.trial
	for changed := true; changed; {
		changed = false
		for _, p := range c.processes {
			if name := p.plan.Name; !t.without[name] && c.hasNothingLeft(p) {
				t.without[name], changed = true, true
			}
		}
	}
}

// untie notes which queues have lost their readers or writers.
func (c *compiler) untie() {
	t := c.trial
	t.untied = map[string]bool{}
	for _, q := range c.queues {
		for m := range max(1, q.plan.Count) {
			if c.isUnread(q, m) || c.isUnfed(q, m) {
				t.untied[q.plan.Member(m)] = true
			}
		}
	}
}

// checkTied reports queues that the test writes or reads, and nothing else does the other.
func (c *compiler) checkTied() {
	t := c.trial
	for _, in := range t.inputs {
		if q := c.symbols[in.queue].queue; firstUse(q.readers, in.member) == nil || c.isUnread(q, in.member) {
			c.errorAt(in.key, CodeTest, "", "nothing reads %s in this test: %s", in.key.Text, absentText(q.readers))
		}
	}
	for _, out := range t.outputs {
		if q := c.symbols[out.queue].queue; firstUse(q.writers, out.member) == nil || c.isUnfed(q, out.member) {
			c.errorAt(out.key, CodeTest, "", "nothing puts into %s in this test: %s", out.key.Text, absentText(q.writers))
		}
	}
}

// isUnread says whether the test takes all readers of a member of a queue away, and does not read it itself.
func (c *compiler) isUnread(q *queue, member int) bool {
	return !standsFor(c.trial.outputs, q, member) && c.haveGone(q.readers, member)
}

// isUnfed says the same of writers.
func (c *compiler) isUnfed(q *queue, member int) bool {
	return !standsFor(c.trial.inputs, q, member) && c.haveGone(q.writers, member)
}

func standsFor(list []standIn, q *queue, member int) bool {
	return slices.ContainsFunc(list, func(s standIn) bool { return s.queue == q.plan.Name && s.member == member })
}

// haveGone says whether the test leaves out all who use a member of a queue, and that there are some.
func (c *compiler) haveGone(uses []use, member int) bool {
	stays := func(u use) bool { return u.any(member) && !c.trial.without[u.process.plan.Name] }
	return firstUse(uses, member) != nil && !slices.ContainsFunc(uses, stays)
}

// hasNothingLeft says whether a process puts into queues that nobody reads any more and no others, or gets from queues that nobody writes any
// more and no others.
func (c *compiler) hasNothingLeft(p *process) bool {
	writes, reads := 0, 0
	unread, unfed := true, true
	for _, q := range c.queues {
		for m := range max(1, q.plan.Count) {
			own := func(u use) bool { return u.process == p && u.any(m) }
			if slices.ContainsFunc(q.writers, own) {
				writes++
				unread = unread && c.isUnread(q, m)
			}
			if slices.ContainsFunc(q.readers, own) {
				reads++
				unfed = unfed && c.isUnfed(q, m)
			}
		}
	}
	return writes > 0 && unread || reads > 0 && unfed
}

// absentText says that those who use a queue are left out.
func absentText(uses []use) string {
	names := processNames(uses)
	switch len(names) {
	case 0:
		return "no process of the spec does"
	case 1:
		return names[0] + " has no part in it"
	}
	return andList(names) + " have no part in it"
}

// unties says whether the test takes the readers or writers of a member of a queue away, so that it is no mistake that there are none; t may
// be nil.
func (t *trial) unties(member string) bool { return t != nil && t.untied[member] }

// untiesAny says the same of any member of a queue.
func (t *trial) untiesAny(q *Queue) bool {
	for m := range max(1, q.Count) {
		if t.unties(q.Member(m)) {
			return true
		}
	}
	return false
}
