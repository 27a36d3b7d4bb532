package planner

// flow is who hands items to whom: a graph of queues, each member of a family for itself, and of processes, replica for replica where
// they use members of their own.
type flow struct {
	graph
	queues  [][]int // the node of each member
	names   []string
	workers map[*process][]int // one node, or one for each replica
}

func (f *flow) node(name string) int {
	f.graph, f.names = append(f.graph, nil), append(f.names, name)
	return len(f.graph) - 1
}

func (c *compiler) flow() *flow {
	f := &flow{queues: make([][]int, len(c.queues)), workers: map[*process][]int{}}
	for i, q := range c.queues {
		for m := range max(1, q.plan.Count) {
			f.queues[i] = append(f.queues[i], f.node(q.plan.Member(m)))
		}
	}
	differing := map[*process]bool{}
	for _, q := range c.queues {
		for _, uses := range [][]use{q.readers, q.writers} {
			for _, u := range uses {
				differing[u.process] = differing[u.process] || u.differs()
			}
		}
	}
	for _, p := range c.processes {
		n := 1
		if differing[p] {
			n = p.plan.Replicas
		}
		for range n {
			f.workers[p] = append(f.workers[p], f.node(""))
		}
	}
	for i, q := range c.queues {
		for _, u := range q.readers {
			f.connect(f.queues[i], u, func(queue, worker int) { f.graph[queue] = append(f.graph[queue], worker) })
		}
		for _, u := range q.writers {
			f.connect(f.queues[i], u, func(queue, worker int) { f.graph[worker] = append(f.graph[worker], queue) })
		}
	}
	return f
}

// connect joins the nodes of a use. Where any replica may use any member they meet in a node between them, which spares edges.
func (f *flow) connect(members []int, u use, join func(queue, worker int)) {
	workers := f.workers[u.process]
	if u.members == nil && len(members) > 1 && len(workers) > 1 {
		between := f.node("")
		for _, m := range members {
			join(m, between)
		}
		for _, w := range workers {
			join(between, w)
		}
		return
	}
	for r, w := range workers {
		for m, node := range members {
			if u.has(r, m) {
				join(node, w)
			}
		}
	}
}

// findCycles marks the queues through which items can come back to where they were. Such a queue is unbounded unless the spec gives
// it a capacity: else a process could wait for itself.
func (c *compiler) findCycles() {
	f := c.flow()
	on := make([][]string, len(f.graph)) // the cycle that a node is on
	for _, component := range f.components() {
		var cycle []string
		for _, v := range component {
			if f.names[v] != "" {
				cycle = append(cycle, f.names[v])
			}
		}
		for _, v := range component {
			on[v] = cycle
		}
	}
	for i, q := range c.queues {
		var names []string
		q.cycles = make([][]string, len(f.queues[i]))
		for m, v := range f.queues[i] {
			q.cycles[m] = on[v]
			if q.plan.Count == 0 {
				names = on[v]
			} else if names == nil && on[v] != nil {
				names = []string{q.plan.Name}
			}
		}
		if names != nil {
			c.closeCycle(q, names)
		}
	}
}

// cycle is one on which the queue is that a use is of; nil if there is none.
func (u use) cycle() []string {
	for m, cycle := range u.queue.cycles {
		if cycle != nil && u.any(m) {
			return cycle
		}
	}
	return nil
}

// sameCycle says whether a replica that reads from one queue and writes to another hands items round a cycle by that.
func sameCycle(from, to use) bool {
	for r := range from.process.plan.Replicas {
		for m, cycle := range from.queue.cycles {
			if cycle == nil || !from.has(r, m) {
				continue
			}
			for k, other := range to.queue.cycles {
				if other != nil && to.has(r, k) && other[0] == cycle[0] {
					return true
				}
			}
		}
	}
	return false
}
