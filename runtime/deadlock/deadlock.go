// Package deadlock tells from who waits for what whether a run can still come to its end. It is pure: a graph in, an answer out. Who waits is
// read elsewhere (shm.Arena.Waits), and so is what has come.
//
// # The rule
//
// A party that moves may bring about whatever it has to do with. A party that waits moves again if one of the things that it wants has come, or
// may be brought about by one that moves or will move again. What is left when nothing more follows from that never moves: it is stuck. The run
// is dead when some party that it waits for is left, and all of those are stuck. So a party that is not waited for, such as a daemon, may be
// alive, and hides nothing as long as it has nothing to do with what the others wait for.
//
// Where it is not known who may bring something about, more parties must be named than fewer: too many hide a deadlock until they have
// ended, too few make one up.
package deadlock

// State is whether a party can go on by itself.
type State uint8

const (
	_     State = iota
	Moves       // or may: it works, sleeps, is being started, or nothing is known of it
	Waits       // and can do nothing before something that it wants has come
	Ended       // for good
)

// A Party is one of those who may wait for each other.
type Party struct {
	Name      string
	Essential bool // the run does not end before it has
	State     State
	Wants     []Want // of one that Waits; any of them will do
}

// A Want is one thing that a party waits for. Parties are numbered by their places in the list.
type Want struct {
	Come   bool  // it is there: whoever looks goes on
	From   []int // who may bring it about; each of them will do, as far as is known
	Before []int // those of From who come first when it is told who is waited for: the owner of a lock, the readers of a full queue
}

// Stuck says of each party whether it waits and will never go on.
func Stuck(parties []Party) []bool {
	moves := make([]bool, len(parties))
	waiters := make([][]int, len(parties)) // for whom it may bring something about
	var fresh []int
	move := func(i int) {
		if !moves[i] {
			moves[i] = true
			fresh = append(fresh, i)
		}
	}
	for i, p := range parties {
		if p.State == Moves {
			move(i)
		}
		if p.State != Waits {
			continue
		}
		for _, w := range p.Wants {
			if w.Come {
				move(i)
			}
			for _, j := range w.From {
				waiters[j] = append(waiters[j], i)
			}
		}
	}
	for len(fresh) > 0 {
		i := fresh[len(fresh)-1]
		fresh = fresh[:len(fresh)-1]
		for _, j := range waiters[i] {
			move(j)
		}
	}
	stuck := make([]bool, len(parties))
	for i, p := range parties {
		stuck[i] = p.State == Waits && !moves[i]
	}
	return stuck
}

// Dead says whether the run can never come to its end: parties that it waits for are left, and all of them are stuck.
func Dead(parties []Party, stuck []bool) bool {
	left := false
	for i, p := range parties {
		if !p.Essential || p.State == Ended {
			continue
		}
		if !stuck[i] {
			return false
		}
		left = true
	}
	return left
}

// Cycle is parties each of which waits for the next, and the last for the first; nil if there is none: then what somebody waits for could come
// from nobody who is left.
func Cycle(parties []Party, stuck []bool) []int {
	const (
		unseen = iota
		onPath
		done
	)
	seen := make([]uint8, len(parties))
	var path []int
	var edges [][]int // of those on the path, that are still to be followed
	for start := range parties {
		if !stuck[start] || seen[start] != unseen {
			continue
		}
		path, edges = append(path[:0], start), append(edges[:0], awaited(parties, stuck, start))
		seen[start] = onPath
		for len(path) > 0 {
			last := len(path) - 1
			if len(edges[last]) == 0 {
				seen[path[last]] = done
				path, edges = path[:last], edges[:last]
				continue
			}
			next := edges[last][0]
			edges[last] = edges[last][1:]
			switch seen[next] {
			case onPath:
				return from(path, next)
			case unseen:
				seen[next] = onPath
				path, edges = append(path, next), append(edges, awaited(parties, stuck, next))
			}
		}
	}
	return nil
}

// awaited is the stuck parties that one waits for, those that come first before the others.
func awaited(parties []Party, stuck []bool, i int) []int {
	var first, rest []int
	for _, w := range parties[i].Wants {
		for _, j := range w.Before {
			if stuck[j] {
				first = append(first, j)
			}
		}
		for _, j := range w.From {
			if stuck[j] && j != i {
				rest = append(rest, j)
			}
		}
	}
	return append(first, rest...)
}

// from is the path from a party on.
func from(path []int, party int) []int {
	for i, p := range path {
		if p == party {
			return append([]int(nil), path[i:]...)
		}
	}
	return nil
}
