package stages

import "time"

// Save writes down how far the chunk is done.
func (t *tasking) Save(w *StateWriter, full bool) {
	w.Int(t.at)
	w.Int(t.sent)
	w.Int(t.tries)
	w.Int(int(t.again))
	w.Int(int(t.over))
	w.Int(t.work)
	for _, h := range []*heldItems{&t.mine, &t.results, &t.counts, &t.failed} {
		h.save(w, full)
	}
	w.Bool(t.running)
	if !t.running {
		return
	}
	s := t.sites[t.site] // the chunk may not have been opened since the state was loaded
	whole := full || !s.saved
	s.saved = true
	w.Int(t.site)
	w.Bool(whole)
	s.chain.Save(w, whole)
}

// Load applies it.
func (t *tasking) Load(r *StateReader, _ bool) error {
	t.chunk, t.rows = nil, nil
	t.at, t.sent, t.tries = r.Int(), r.Int(), r.Int()
	t.again, t.over, t.work = time.Duration(r.Int()), time.Duration(r.Int()), r.Int()
	for _, h := range []*heldItems{&t.mine, &t.results, &t.counts, &t.failed} {
		h.load(r)
	}
	t.bytes, t.weight = -1, resultsSize{}
	t.running = r.Bool()
	number := -1
	if t.running {
		number = r.Int()
		if number < 0 || number >= len(t.sites) {
			r.fail()
			return r.Err()
		}
		t.site = number
		s := t.sites[number]
		whole := r.Bool()
		s.saved = true
		if err := s.chain.Load(r, whole); err != nil {
			return err
		}
	}
	for i, s := range t.sites {
		if i != number && s.saved {
			s.chain.Reset()
			s.saved = false
		}
	}
	if t.sent < 0 || t.at < t.sent {
		r.fail()
	}
	return r.Err()
}
