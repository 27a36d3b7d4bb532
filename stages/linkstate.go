package stages

import "time"

func (l *link) save(w *StateWriter, full bool) {
	l.in.save(w, full)
	w.Bool(l.ended)
	w.Bool(l.done)
	w.Bool(l.cut)
	w.Bool(l.passed)
	w.Int(l.tries)
	w.Int(int(l.again))
	w.Int(int(l.until))
	if s, ok := l.node.(Stateful); ok {
		s.Save(w, full)
	}
	w.Uint(uint64(l.handlerNumber()))
	if h := l.handler; h != nil {
		w.Text(h.failure.Type)
		w.Text(h.failure.Message)
		w.Text(h.failure.Traceback)
		w.Int(h.failure.Code)
		w.Bool(h.failure.Partial)
		w.Item(h.failure.Piece)
	}
	for _, h := range []*handling{l.onError, l.onTimeout} { // at rest too: its stages may know something of earlier failures
		if h != nil && h.chain != nil {
			h.chain.Save(w, full)
		}
	}
}

func (l *link) load(r *StateReader, full bool) error {
	if err := l.in.load(r, full); err != nil {
		return err
	}
	l.ended, l.done, l.cut, l.passed, l.tries = r.Bool(), r.Bool(), r.Bool(), r.Bool(), r.Int()
	l.again, l.until = time.Duration(r.Int()), time.Duration(r.Int())
	if s, ok := l.node.(Stateful); ok {
		if err := s.Load(r, full); err != nil {
			return err
		}
	}
	l.handler = nil
	switch r.Uint() {
	case 1:
		l.handler = l.onError
	case 2:
		l.handler = l.onTimeout
	}
	if h := l.handler; h != nil {
		h.failure = &ItemError{Type: r.Text(), Message: r.Text(), Traceback: r.Text(), Code: r.Int(), Partial: r.Bool(), Piece: r.Item()}
	}
	for _, h := range []*handling{l.onError, l.onTimeout} {
		if h == nil || h.chain == nil {
			continue
		}
		if err := h.chain.Load(r, full); err != nil {
			return err
		}
	}
	return r.Err()
}

func (l *link) handlerNumber() int {
	switch l.handler {
	case nil:
		return 0
	case l.onError:
		return 1
	default:
		return 2
	}
}
