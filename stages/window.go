package stages

import "time"

// emission is the option `emit` of a reduce: when its results go on.
//
// Windows are whole periods from the first item of the stream on, one after the other: an item belongs to the one in which it comes. One
// without items has no result, and wakes nobody. Where a window ends is in the state, so that it ends then after a death as well.
type emission struct {
	each  bool     // after each item
	every *RowExpr // at the end of each window; nil: at the end of the stream
	now   func() time.Duration

	start  time.Duration // of the first window; 0: there has been no item
	period time.Duration
	due    time.Duration // when the window ends; 0: it has no items
}

// emission reads the option.
func (b *Builder) emission() (emission, error) {
	e := emission{now: b.Host().Now}
	src := b.stage.Options["emit"].Source
	if src == nil {
		return e, nil
	}
	value, err := b.Expr(src)
	if err != nil {
		return e, err
	}
	switch word, _ := value.Const(); word {
	case "end":
	case "each":
		e.each = true
	default:
		e.every = value
	}
	return e, nil
}

// open is told of a row: it begins a window if none is open.
func (e *emission) open(in *Batch) error {
	if e.every == nil || e.due > 0 {
		return nil
	}
	now := e.now()
	if e.start == 0 {
		period, err := positive(e.every, in)
		if err != nil {
			return err
		}
		e.start, e.period = now, period
	}
	e.due = gridAfter(e.start, e.period, now)
	return nil
}

// over says that the window has ended and its results are to go on.
func (e *emission) over() bool { return e.due > 0 && e.now() >= e.due }

// close ends the window: its results have gone on.
func (e *emission) close() { e.due = 0 }

// Timed implements Timed.
func (e *emission) Timed() bool { return e.every != nil }

// Due implements Timed.
func (e *emission) Due() time.Duration { return e.due }

func (e *emission) reset() { e.start, e.period, e.due = 0, 0, 0 }

func (e *emission) save(w *StateWriter) {
	if e.every != nil {
		w.Int(int(e.start))
		w.Int(int(e.period))
		w.Int(int(e.due))
	}
}

func (e *emission) load(r *StateReader) {
	if e.every == nil {
		return
	}
	e.start, e.period, e.due = time.Duration(r.Int()), time.Duration(r.Int()), time.Duration(r.Int())
	if e.start > 0 && e.period <= 0 {
		r.fail()
	}
}
