package stages

import (
	"errors"
	"time"
)

// link is one stage of a chain: its node, the rows before it, and what the general keys say around it (`when`, `as`, `retry`,
// `on_error`, `timeout`).
type link struct {
	stage  *Stage
	node   Node
	in     *Batch
	limit  int   // rows a step may emit
	source bool  // checkpoint before each step
	binds  bool  // `as`
	uses   []Pos // the stages that use the chain this is a stage of

	when      *RowExpr
	timeout   *RowExpr
	retry     *retrying
	onError   *handling
	onTimeout *handling

	// lost is told that the first row has failed, where nothing here deals with that, and with what. It says whether the row is to be left
	// out. nil: it is not.
	lost func(at *link, failure error) bool

	records     bool                 // the node can work on rows that have not been taken apart
	spontaneous Spontaneous          // the node, if it is that
	timed       Timed                // the node, if it is that
	behind      []*link              // the stages behind that are one of them
	now         func() time.Duration // Host.Now

	ended   bool          // no more rows come in
	done    bool          // ended, and everything has been emitted
	cut     bool          // this stage has just ended the stream
	passed  bool          // `when` has been found true of the first row
	tries   int           // failed tries of the first row
	again   time.Duration // when it is tried again; 0: at once
	until   time.Duration // until when the first row, or a source's next item, may wait; 0: it has not had to wait
	handler *handling
}

// ready says whether step has something to do.
func (l *link) ready() bool {
	return l.in.Len() > 0 || l.cut || l.ended && !l.done || l.handler != nil || l.pending()
}

// standing says whether the stage is in the middle of dealing with a failure.
func (l *link) standing() bool { return l.handler != nil || l.tries > 0 }

// step lets the stage do a piece of work.
func (l *link) step(r *Run, out *Batch) error {
	if l.cut { // the chain has not come to cut what stands before, or a commit fell in between
		return nil
	}
	if l.handler != nil {
		return l.handle(r, out)
	}
	if l.in.Len() == 0 && (!l.ended || l.lingers()) {
		return l.spout(r, out)
	}
	if l.in.Len() == 0 {
		return l.flush(r, out)
	}
	if l.again > 0 {
		return l.rest(r)
	}
	if !l.records {
		l.in.item.whole()
	}
	if l.source {
		if err := r.Checkpoint(); err != nil {
			return err
		}
	}
	before := l.in.taken
	err := l.run(r, out)
	if l.in.taken != before {
		l.passed, l.tries = false, 0
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, EndOfStream):
		l.cut = true
		return nil
	default:
		return l.failed(r, out, err)
	}
}

// run steps the node, shown the rows for which `when` holds.
func (l *link) run(r *Run, out *Batch) error {
	limit := l.limit
	if l.source {
		limit = l.fitting(r)
	}
	careful := r.careful()
	if careful {
		limit = 1
	}
	taken, emitted := l.in.taken, out.rows()
	err := l.within(r, out, limit, func() error {
		if l.when == nil && l.timeout == nil && !careful {
			return l.node.Step(r, l.in, out)
		}
		l.in.show(1)
		defer l.in.showAll()
		return l.runFirst(r, out)
	})
	moved := l.in.taken != taken || out.rows() != emitted
	if err != nil || moved {
		l.until = 0 // what it waits for next may take its time again
	}
	if moved && r.Moved != nil {
		*r.Moved = true
	}
	return err
}

// within calls the node with r and out as they are for this stage; afterwards they are again what they were for the stage around this
// chain.
func (l *link) within(r *Run, out *Batch, limit int, call func() error) error {
	outer := *r
	r.Limit, r.timeout, r.until, r.behind = limit, 0, &l.until, l.listeners(r)
	out.binds = l.binds
	around := r.enter(l.stage)
	err := call()
	r.leave(around)
	out.binds = false
	*r = outer
	return err
}

// fitting is how many rows the stage may make: no more than can be put, so that few of them stand in the chain when it has to wait,
// and are written down with each commit. It is never less than one: whether that one will be put at all is not known here.
func (l *link) fitting(r *Run) int {
	if l.limit == 1 {
		return 1
	}
	return max(1, min(l.limit, r.Room()))
}

// runFirst steps the node for the first row, if `when` holds of it.
func (l *link) runFirst(r *Run, out *Batch) error {
	if l.when != nil && !l.passed {
		ok, err := l.when.Bool(l.in, 0)
		if err != nil {
			return err
		}
		if !ok {
			out.EmitRows(l.in, 0, 1)
			l.in.Drop(1)
			return nil
		}
		l.passed = true
	}
	if l.timeout != nil {
		d, err := l.timeout.Duration(l.in, 0)
		if err != nil {
			return err
		}
		r.timeout = max(d, time.Nanosecond)
	}
	return l.node.Step(r, l.in, out)
}

// flush emits what the stage has to say at the end of its stream.
func (l *link) flush(r *Run, out *Batch) error {
	f, ok := l.node.(Flusher)
	if !ok {
		l.done = true
		return nil
	}
	if err := r.Checkpoint(); err != nil { // so that a long end is not begun again and again
		return err
	}
	done := false
	err := l.within(r, out, l.fitting(r), func() (err error) {
		done, err = f.Flush(r, out)
		return err
	})
	if err == nil {
		l.done = done
		return nil
	}
	if errors.Is(err, EndOfStream) {
		l.done = true
		return nil
	}
	item := itemError(err)
	if item == nil {
		return err
	}
	return l.failed(r, out, item)
}

// drop forgets the rows that stand here and what was being done with them.
func (l *link) drop() {
	if l.in.rows() > 0 {
		if s, ok := l.node.(Skipper); ok {
			s.Skip()
		}
	}
	l.in.Truncate()
	l.leaveHandler()
	l.passed, l.tries, l.again, l.until = false, 0, 0, 0
}

func (l *link) reset() {
	l.in.Truncate()
	l.in.taken = 0
	l.leaveHandler()
	l.ended, l.done, l.cut, l.passed, l.tries, l.again, l.until = false, false, false, false, 0, 0, 0
	if s, ok := l.node.(Stateful); ok {
		s.Reset()
	}
}
