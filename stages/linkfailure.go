package stages

import "errors"

// failed deals with the failure of the first row.
func (l *link) failed(r *Run, out *Batch, err error) error {
	item := itemError(err)
	if item == nil {
		return err
	}
	defer item.forgoInstead()
	if l.retry != nil && !item.Partial && !l.atEnd(item) {
		pause, again, err := l.retry.next(l.in, 0, l.tries)
		if err != nil {
			return err
		}
		if again {
			l.tries++
			if pause > 0 {
				l.again = later(r.Now(), pause)
			}
			return nil
		}
	}
	h := l.onError
	if h == nil && item.nested != nil && (item.Type != "timeout" || l.onTimeout == nil) {
		return l.lose(item) // which says more exactly where
	}
	if item.Type == "timeout" && l.onTimeout != nil {
		h = l.onTimeout
	}
	if h == nil && item.Instead != nil {
		l.passed, l.tries, l.again = false, 0, 0
		out.binds = l.binds
		out.Emit(l.in, 0, item.Instead)
		out.binds, item.forgo = false, nil
		l.skip(item)
		return nil
	}
	if h == nil {
		return l.lose(item)
	}
	if h.chain == nil {
		return l.then(h, out, item)
	}
	l.handler = h
	h.start(l, item)
	return nil
}

// lose leaves out what failed, if whoever runs the chain can go on without it; else the stream ends with the failure.
func (l *link) lose(item *ItemError) error {
	err := l.fatal(item, l.shown(item))
	if l.lost == nil || l.in.rows() == 0 || !l.lost(l, err) {
		return err
	}
	l.passed, l.tries, l.again = false, 0, 0
	l.skip(item)
	return nil
}

// shown is the item that failed, for a message.
func (l *link) shown(item *ItemError) string {
	if item.Partial {
		return ShortJSON(item.Piece)
	}
	if l.atEnd(item) {
		return ""
	}
	return ShortJSON(l.in.Item(0))
}

// atEnd says whether it is no item that failed, but what the stage had to say at the end of its stream.
func (l *link) atEnd(item *ItemError) bool { return !item.Partial && l.in.rows() == 0 }

// handle takes the chain of a handler to its end, then does what it says of the item.
func (l *link) handle(r *Run, out *Batch) error {
	h := l.handler
	outer := r.behind
	r.behind = l.listeners(r)
	state, err := drain(r, h.chain)
	r.behind = outer
	if err != nil || state == Called {
		return err
	}
	l.leaveHandler()
	return l.then(h, out, h.failure)
}

// rest waits until the first row may be tried again.
func (l *link) rest(r *Run) error {
	if r.Now() >= l.again {
		l.again = 0
		return nil
	}
	return l.within(r, &Batch{}, l.limit, func() error { return r.AwaitTime(l.again) })
}

func (l *link) then(h *handling, out *Batch, item *ItemError) error {
	if !item.Partial {
		l.passed, l.tries, l.again = false, 0, 0
	}
	if l.atEnd(item) && h.then != ThenFail {
		l.skipEnd()
		return nil
	}
	switch h.then {
	case ThenSkip:
		l.skip(item)
	case ThenPass:
		out.binds = l.binds
		switch {
		case !item.Partial:
			out.EmitRows(l.in, 0, 1)
		case l.in.rows() > 0:
			out.Emit(l.in, 0, item.Piece)
		default:
			out.EmitNew(item.Piece, "")
		}
		out.binds = false
		l.skip(item)
	case ThenEnd:
		l.cut = true
	default:
		return l.fatal(item, l.shown(item))
	}
	return nil
}

// skip drops what failed: the first row, and what the node knows of being in the middle of it.
func (l *link) skip(item *ItemError) {
	if item.Partial {
		return
	}
	l.in.Drop(1)
	if s, ok := l.node.(Skipper); ok {
		s.Skip()
	}
}

// skipEnd leaves out the rest of what failed at the end of the stream.
func (l *link) skipEnd() {
	if e, ok := l.node.(EndSkipper); ok {
		l.done = e.SkipEnd()
		return
	}
	l.done = true
	if open, ok := l.node.(Closer); ok {
		open.Close()
	}
}

// EndSkipper is a Flusher the rest of whose end can be worth something when a part of it has failed.
type EndSkipper interface {
	// SkipEnd drops the rest of what failed, and says whether nothing else is to come.
	SkipEnd() (done bool)
}

// Skipper is a Node that works on a row in several steps and must be told when the rest of a row that failed is dropped.
type Skipper interface {
	Skip()
}

// Cutter is a Node that may have taken rows behind the one that fails, and must be told when that ends the stream: nothing is to come of them.
type Cutter interface {
	Cut()
}

// leaveHandler drops what a handler was doing, if one is at work.
func (l *link) leaveHandler() {
	if l.handler != nil {
		l.handler.chain.Reset()
		l.handler = nil
	}
}

func (l *link) fatal(item *ItemError, shown string) error {
	if item.nested != nil {
		return item.nested
	}
	return &StageError{Op: l.stage.Op, Pos: l.stage.Pos, Item: shown, Type: item.Type, Code: item.Code, Text: item.Message, Traceback: item.Traceback, Uses: l.uses}
}

// itemError is the failure of an item in err, or nil if err is of another kind.
func itemError(err error) *ItemError {
	var item *ItemError
	if errors.As(err, &item) {
		return item
	}
	var stage *StageError
	if errors.As(err, &stage) { // of a chain inside of the stage
		return &ItemError{Type: stage.Type, Message: stage.Error(), Code: stage.Code, Traceback: stage.Traceback, nested: stage}
	}
	if errors.Is(err, ErrTimeout) {
		return &ItemError{Type: "timeout", Message: "timed out"}
	}
	return nil
}
