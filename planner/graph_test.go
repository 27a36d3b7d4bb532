package planner

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// reach is the transitive closure of a graph, computed the slow way.
func reach(g graph) [][]bool {
	r := make([][]bool, len(g))
	for i := range r {
		r[i] = make([]bool, len(g))
		for _, j := range g[i] {
			r[i][j] = true
		}
	}
	for k := range r {
		for i := range r {
			for j := range r {
				r[i][j] = r[i][j] || r[i][k] && r[k][j]
			}
		}
	}
	return r
}

func drawGraph(t *rapid.T) graph {
	n := rapid.IntRange(0, 12).Draw(t, "nodes")
	g := make(graph, n)
	for i := range g {
		g[i] = rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 3).Draw(t, "edges")
	}
	return g
}

// TestComponents: two nodes are in one component exactly if each reaches the other.
func TestComponents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		r := reach(g)
		in := make([]int, len(g))
		last := -1
		for i, c := range g.components() {
			if !slices.IsSorted(c) || c[0] <= last {
				t.Fatalf("components are not in order: %v", g.components())
			}
			last = c[0]
			for _, v := range c {
				in[v] = i + 1
			}
		}
		for v := range g {
			if (in[v] != 0) != r[v][v] {
				t.Fatalf("node %d on a cycle: %v", v, r[v][v])
			}
			for w := range g {
				if in[v] != 0 && in[w] != 0 && (in[v] == in[w]) != (r[v][w] && r[w][v]) {
					t.Fatalf("nodes %d and %d", v, w)
				}
			}
		}
	})
}

// TestCycleThrough: the way is one of the graph, comes back to where it began, and is there exactly if the node is on a cycle.
func TestCycleThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		r := reach(g)
		for v := range g {
			way := g.cycleThrough(v)
			if (way != nil) != r[v][v] {
				t.Fatalf("node %d: way %v", v, way)
			}
			for i, u := range way {
				if !g.leads(u, way[(i+1)%len(way)]) {
					t.Fatalf("no edge behind %d in %v", u, way)
				}
			}
			if len(way) > 0 && way[0] != v {
				t.Fatalf("way %v does not begin at %d", way, v)
			}
		}
	})
}

// TestOrder: all nodes, each after those that it leads to unless they lead back.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		r := reach(g)
		order := g.order()
		at := make([]int, len(g))
		for i, v := range order {
			at[v] = i
		}
		if len(order) != len(g) {
			t.Fatalf("%d of %d nodes", len(order), len(g))
		}
		for v := range g {
			for _, w := range g[v] {
				if !r[w][v] && at[w] > at[v] {
					t.Fatalf("%d comes before %d: %v", v, w, order)
				}
			}
		}
	})
}
