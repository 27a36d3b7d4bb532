package planner

// graph is a directed graph of the nodes 0 to n-1: graph[i] are the nodes that i leads to.
type graph [][]int

// components gives the strongly connected components with more than one node, or with a node that leads to itself: the cycles of
// the graph. Components and the nodes in them are in ascending order. (Tarjan, Depth-first search and linear graph algorithms,
// 1972; without recursion, as a spec may be long.)
func (g graph) components() [][]int {
	t := tarjan{graph: g, index: make([]int, len(g)), low: make([]int, len(g)), onStack: make([]bool, len(g))}
	for v := range g {
		if t.index[v] == 0 {
			t.visit(v)
		}
	}
	in := make([]int, len(g)) // number of the component that a node is in, from 1
	for i, c := range t.found {
		for _, v := range c {
			in[v] = i + 1
		}
	}
	sorted := make([][]int, 0, len(t.found))
	place := make([]int, len(t.found))
	for v := range g {
		if in[v] == 0 {
			continue
		}
		i := in[v] - 1
		if place[i] == 0 {
			sorted = append(sorted, nil)
			place[i] = len(sorted)
		}
		sorted[place[i]-1] = append(sorted[place[i]-1], v)
	}
	return sorted
}

type tarjan struct {
	graph   graph
	next    int
	index   []int // order of the visit, from 1; 0: not visited
	low     []int
	onStack []bool
	stack   []int
	found   [][]int
}

// frame is a node being visited, and how many of its edges have been followed.
type frame struct{ node, edge int }

func (t *tarjan) visit(root int) {
	calls := []frame{t.enter(root)}
	for len(calls) > 0 {
		f := &calls[len(calls)-1]
		v := f.node
		if f.edge < len(t.graph[v]) {
			w := t.graph[v][f.edge]
			f.edge++
			switch {
			case t.index[w] == 0:
				calls = append(calls, t.enter(w))
			case t.onStack[w]:
				t.low[v] = min(t.low[v], t.index[w])
			}
			continue
		}
		calls = calls[:len(calls)-1]
		if len(calls) > 0 {
			parent := calls[len(calls)-1].node
			t.low[parent] = min(t.low[parent], t.low[v])
		}
		if t.low[v] == t.index[v] {
			t.leave(v)
		}
	}
}

func (t *tarjan) enter(v int) frame {
	t.next++
	t.index[v], t.low[v], t.onStack[v] = t.next, t.next, true
	t.stack = append(t.stack, v)
	return frame{node: v}
}

// leave takes the component whose first visited node is v off the stack.
func (t *tarjan) leave(v int) {
	from := len(t.stack) - 1
	for t.stack[from] != v {
		from--
	}
	c := t.stack[from:]
	for _, w := range c {
		t.onStack[w] = false
	}
	if len(c) > 1 || t.graph.leads(v, v) {
		t.found = append(t.found, append([]int(nil), c...))
	}
	t.stack = t.stack[:from]
}

func (g graph) leads(from, to int) bool {
	for _, w := range g[from] {
		if w == to {
			return true
		}
	}
	return false
}

// cycleThrough is a shortest way from v back to v, v first; nil if there is none.
func (g graph) cycleThrough(v int) []int {
	from := make([]int, len(g)) // the node before, plus 1
	queue := []int{v}
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		for _, w := range g[u] {
			if w == v {
				return g.wayBack(from, v, u)
			}
			if from[w] == 0 {
				from[w] = u + 1
				queue = append(queue, w)
			}
		}
	}
	return nil
}

func (g graph) wayBack(from []int, start, end int) []int {
	way := []int{end}
	for end != start {
		end = from[end] - 1
		way = append(way, end)
	}
	for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
		way[i], way[j] = way[j], way[i]
	}
	return way
}

// order gives the nodes so that each comes after all that it leads to, and otherwise in ascending order. Nodes on cycles come as if
// the edge that closes the cycle were not there.
func (g graph) order() []int {
	const (
		entered = 1
		done    = 2
	)
	state := make([]int, len(g))
	order := make([]int, 0, len(g))
	for root := range g {
		if state[root] != 0 {
			continue
		}
		state[root] = entered
		calls := []frame{{node: root}}
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			if f.edge < len(g[f.node]) {
				w := g[f.node][f.edge]
				f.edge++
				if state[w] == 0 {
					state[w] = entered
					calls = append(calls, frame{node: w})
				}
				continue
			}
			state[f.node] = done
			order = append(order, f.node)
			calls = calls[:len(calls)-1]
		}
	}
	return order
}
