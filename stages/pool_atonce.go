package stages

// mostAtOnce is about how many bytes of results the tasks of a chunk may have together: those that have more are done one by one, so that
// their results go in several outcomes.
const mostAtOnce = 16 * mostOutcome

// allAtOnce lets all tasks of the chunk go through the chain, and says whether none has failed, and their results go into one outcome; else
// nothing has been done.
func (t *tasking) allAtOnce(r *Run, s *site) bool {
	began, size := r.Now(), 0
	s.chain.first().EmitRows(t.rows, 0, t.chunk.n)
	s.chain.End()
	for {
		state, err := s.chain.Advance(r)
		if err == nil && state == Results {
			size += EncodedSize(&s.chain.Out().item, s.chain.Out().head, s.chain.Out().item.Len())
		}
		if err != nil || state == Called || size > mostAtOnce {
			s.chain.Reset()
			t.forget()
			return false
		}
		if state != Results {
			break
		}
		out := s.chain.Out()
		t.results.items.AppendRange(&out.item, out.head, out.item.Len())
		if !s.alike {
			numbers := &out.bound[len(out.bound)-1]
			t.counts.items.AppendRange(numbers, out.head, numbers.Len()) // the numbers of the tasks, until all are there
		}
		out.Truncate()
	}
	s.chain.Reset()
	if !s.alike {
		counts := make([]int, t.chunk.n)
		for _, task := range t.counts.items.Ints {
			counts[task]++
		}
		t.counts.items = Column{Kind: Ints, Ints: counts}
	}
	t.at, t.did = t.chunk.n, t.did+t.chunk.n
	t.work += int(r.Now() - began)
	t.moved(r)
	return true
}
