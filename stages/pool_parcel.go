package stages

import "slices"

// parcels is the rows of a `pool` stage that are with the pool, oldest first. What becomes of them is written down change by change.
type parcels struct {
	list      []parcel
	changes   []parcelChange // since the last Save
	kept      int            // outcomes in list
	keptBytes int
}

// parcel is rows that are with the pool, or an outcome of them that waits for its turn.
type parcel struct {
	first, n int
	kept     []byte // the outcome
}

// parcelChange is what has become of a parcel.
type parcelChange struct {
	kind     int
	first, n int
	kept     []byte
}

// What becomes of parcels. What is said of n rows of one divides it.
const (
	parcelSent  = iota + 1 // it went out
	parcelKept             // an outcome for n rows of it has come, before its turn
	parcelGiven            // n rows of it are done with
)

// sent notes that rows went out.
func (p *parcels) sent(first, n int) { p.note(parcelChange{kind: parcelSent, first: first, n: n}) }

// keep keeps an outcome until its turn.
func (p *parcels) keep(first, n int, outcome []byte) {
	p.note(parcelChange{kind: parcelKept, first: first, n: n, kept: outcome})
}

// given forgets rows that are done with.
func (p *parcels) given(first, n int) { p.note(parcelChange{kind: parcelGiven, first: first, n: n}) }

// abandon forgets all rows: nobody wants their outcomes any more.
func (p *parcels) abandon() {
	for len(p.list) > 0 {
		q := p.list[len(p.list)-1]
		p.given(q.first, q.n)
	}
}

// awaited is the parcel that has those rows and no outcome of them; -1: they are not wanted any more.
func (p *parcels) awaited(first, n int) int {
	i := p.holding(first, n)
	if i >= 0 && p.list[i].kept != nil {
		return -1
	}
	return i
}

func (p *parcels) holding(first, n int) int {
	return slices.IndexFunc(p.list, func(q parcel) bool { return q.first <= first && first+n <= q.first+q.n })
}

func (p *parcels) note(c parcelChange) {
	if p.apply(c) {
		p.changes = append(p.changes, c)
	}
}

// apply has a change done. It says whether it was one of these parcels.
func (p *parcels) apply(c parcelChange) bool {
	if c.kind == parcelSent {
		p.list = append(p.list, parcel{first: c.first, n: c.n})
		return true
	}
	i := p.holding(c.first, c.n)
	if i < 0 || c.kind == parcelKept && p.list[i].kept != nil {
		return false
	}
	q := p.list[i]
	if q.kept != nil {
		p.kept--
		p.keptBytes -= len(q.kept)
	}
	parts := make([]parcel, 0, 3)
	if q.first < c.first {
		parts = append(parts, parcel{first: q.first, n: c.first - q.first})
	}
	if c.kind == parcelKept {
		parts = append(parts, parcel{first: c.first, n: c.n, kept: c.kept})
		p.kept++
		p.keptBytes += len(c.kept)
	}
	if rest := q.first + q.n - c.first - c.n; rest > 0 {
		parts = append(parts, parcel{first: c.first + c.n, n: rest})
	}
	p.list = slices.Replace(p.list, i, i+1, parts...)
	return true
}

// save writes down what has become of the parcels since it was last written down; everything if full.
func (p *parcels) save(w *StateWriter, full bool) {
	changes := p.changes
	if full {
		changes = nil
		for _, q := range p.list {
			changes = append(changes, parcelChange{kind: parcelSent, first: q.first, n: q.n})
			if q.kept != nil {
				changes = append(changes, parcelChange{kind: parcelKept, first: q.first, n: q.n, kept: q.kept})
			}
		}
	}
	w.Int(len(changes))
	for _, c := range changes {
		w.Int(c.kind)
		w.Int(c.first)
		w.Int(c.n)
		if c.kind == parcelKept {
			w.Text(string(c.kept))
		}
	}
	p.changes = p.changes[:0]
}

// load applies what one save wrote.
func (p *parcels) load(r *StateReader, full bool) {
	if full {
		p.list, p.kept, p.keptBytes = nil, 0, 0
	}
	for n := r.Int(); n > 0 && r.Err() == nil; n-- {
		c := parcelChange{kind: r.Int(), first: r.Int(), n: r.Int()}
		if c.kind == parcelKept {
			c.kept = []byte(r.Text())
		}
		if c.kind < parcelSent || c.kind > parcelGiven || !p.apply(c) {
			r.fail()
		}
	}
	p.changes = p.changes[:0]
}
