package stages

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// pooling is `pool`: rows go to the pool in chunks, and results come back.
//
//	in --gather--> [gathered] --send--> chunks that are out --outcome--> kept until its turn --give--> out
//
// At most poolWindow chunks for each of the pool's workers are out, or kept until their turn: then no more rows are taken, and whoever
// makes them waits. Of tasks that run programs, of which one may take as long as a thousand others, more may be kept (mostKept). Where results come in order, the outcome whose turn it is stays in the queue until all of it has been given; others are
// taken from there and become part of the state.
type pooling struct {
	call    *PoolCall
	replica int
	names   []string // of the bound values of a row
	binds   bool
	ordered bool
	tasks   Outbox
	answers Inbox
	args    *RowExpr // nil: the tasks do not read them
	pace    pace

	gathered heldRows
	since    time.Duration // when the first of them came
	next     int           // number of the next row that comes
	unwanted int           // no outcome is wanted of rows with numbers below
	out      parcels
	failing  bool // the first row before the stage is one whose task has failed
	tooLarge bool // not saved: the first that was gathered waits for those before it, to fail

	at      int      // number of the first row of the outcome that is being given; -1: none
	given   int      // rows of it that are done with
	part    int      // results of the row behind them that have been given
	giving  *outcome // nil: it has not been looked at since the state was loaded
	taken   bool     // it is out of the queue
	written buffers
	offset  int    // of its results that have been given
	rows    *Batch // its context; nil: not read, or it has none
	results Column // memory for the results of the outcome that is looked at
}

// poolWindow is how many chunks for each worker are out or wait for their turn.
const poolWindow = 16

// mostKept bounds the bytes of outcomes that wait for their turn where a slow task does not hold up others at once, mostEarly their number.
const (
	mostKept  = 16 << 20
	mostEarly = 16 << 10
)

// mostChunk is about how many bytes of items a chunk has at most, where it has several.
const mostChunk = 256 << 10

func buildPooling(b *Builder, stage *Stage) (Node, error) {
	call := stage.Call
	if call == nil {
		return nil, errors.New("the stage has no pool")
	}
	p := &pooling{call: call, names: b.names, binds: stage.As != "", ordered: true, at: -1}
	p.replica, _ = b.opts.Self["index"].(int)
	p.gathered.rows = b.NewBatch()
	if stage.Options["ordered"].Source != nil {
		var err error
		if p.ordered, err = b.Flag("ordered"); err != nil {
			return nil, err
		}
	}
	size, err := b.Option("chunk_size")
	if err != nil {
		return nil, err
	}
	p.pace.alone = call.Alone
	if p.pace.fixed, err = constCount(size); err != nil {
		return nil, &StageError{Op: stage.Op, Pos: stage.Pos, Type: "expression", Text: "chunk_size: " + err.Error()}
	}
	if call.Args {
		if p.args, err = b.Expr(&Source{Kind: SourceExpr, Text: "args", Pos: stage.Pos}); err != nil {
			return nil, err
		}
	}
	if p.tasks, err = b.Host().Outbox(Ref{Name: call.Tasks}); err != nil {
		return nil, fmt.Errorf("opening the pool's tasks: %w", err)
	}
	if p.answers, err = b.Host().Inbox(Ref{Name: call.Results, Member: p.replica}); err != nil {
		return nil, fmt.Errorf("opening the pool's results: %w", err)
	}
	if f, ok := p.answers.(interface{ Forsaken() int }); ok {
		p.next = f.Forsaken() // a process that is started anew counts on
	}
	return p, nil
}

// constCount is a count that is the same for all items, from 1; 0 if it was not given.
func constCount(e *RowExpr) (int, error) {
	if e == nil {
		return 0, nil
	}
	v, err := e.Alone()
	if err != nil {
		return 0, err
	}
	n, err := wholeNumber(v)
	if err == nil && n < 1 {
		err = Failf("expression", "expected a count of at least 1, found %d", n)
	}
	return n, err
}

// hasRoom says whether one more chunk may go out.
func (p *pooling) hasRoom() bool {
	n := len(p.out.list)
	if p.call.Alone && p.out.keptBytes < mostKept && p.out.kept < mostEarly {
		n -= p.out.kept
	}
	return n < poolWindow*max(1, p.call.Workers)
}

// hungry says whether workers may soon have nothing to do, so that what was gathered is to go out though it is no whole chunk.
func (p *pooling) hungry() bool {
	return p.gathered.rows.rows() > 0 && len(p.out.list) < 2*p.call.Workers
}

// gatherAtLeast is how long rows are gathered for workers who may soon have nothing to do: a little more than handing over a chunk costs.
const gatherAtLeast = 200 * time.Microsecond

// Timed says that rows which were gathered do not wait for others for long.
func (p *pooling) Timed() bool { return true }

// Due is when they go out.
func (p *pooling) Due() time.Duration {
	switch {
	case !p.hungry(), p.tooLarge && len(p.out.list) > 0:
		return 0
	case len(p.out.list) == 0 && p.pace.isWorth(p.gathered.rows.rows()):
		return 1
	}
	return max(1, p.since+gatherAtLeast)
}

func (p *pooling) Step(r *Run, in, out *Batch) error {
	if gave, err := p.give(r, in, out); gave || err != nil {
		return err
	}
	if in.Len() == 0 { // there is something to be handed over, or all that is left to do is to wait
		if sent, err := p.send(r, in, 1); sent || err != nil {
			return err
		}
		return p.wait(r)
	}
	if p.isFull() {
		if sent, err := p.send(r, in, 1); !sent && err == nil {
			return p.wait(r)
		} else if err != nil {
			return err
		}
	}
	if p.gathered.rows.rows() == 0 {
		p.since = r.Now()
	}
	n := max(1, min(in.Len(), p.pace.size()-p.gathered.rows.rows()))
	p.gathered.keep(in, n, isFew(n, r))
	in.Drop(n)
	if p.isFull() {
		_, err := p.send(r, in, 1)
		return err
	}
	return nil
}

// isFull says whether enough rows for a chunk have been gathered.
func (p *pooling) isFull() bool {
	rows := p.gathered.rows
	n := rows.rows()
	return n >= p.pace.size() || n > 1 && EncodedSize(&rows.item, 0, n) > mostChunk
}

// wait waits for an outcome, or for room in the pool's queue where none is to come.
func (p *pooling) wait(r *Run) error {
	switch {
	case len(p.out.list) > 0:
		return r.awaitEver(p.answers)
	case p.gathered.rows.rows() > 0:
		return r.awaitEver(p.tasks)
	}
	return nil
}

// send hands what was gathered to the pool, if that is at least so many rows, as far as there is room. A row that is too large for that goes
// back to the front of in, with its failure as the error, when all before it are done with.
func (p *pooling) send(r *Run, in *Batch, least int) (sent bool, err error) {
	g, most := &p.gathered, math.MaxInt
	for g.rows.rows() >= max(1, least) && p.hasRoom() {
		n := min(g.rows.rows(), p.pace.size(), most)
		c := chunk{site: p.call.Site, replica: p.replica, first: p.next, echo: p.echoes()}
		if p.args != nil {
			if err := p.args.Column(&c.args, g.rows, n); err != nil {
				return sent, err
			}
		}
		w := p.written.next()
		appendChunk(w, &c, g.rows, p.names, 0, n)
		column := ColumnOf(w.buf)
		switch put, err := p.tasks.Put(&column, 0, 1); {
		case errors.Is(err, ErrNoReaders) && len(p.out.list) > 0: // some outcomes may have come before the pool ended
			return sent, nil
		case errors.Is(err, ErrNoReaders):
			return sent, p.ended(r)
		case itemError(err) != nil && n > 1: // of one of them
			most = 1
			continue
		case itemError(err) != nil && len(p.out.list) > 0:
			p.tooLarge = true
			return sent, nil
		case itemError(err) != nil:
			p.tooLarge = false
			in.unshift(g.rows, 0)
			g.drop(1)
			return sent, err
		case err != nil:
			return sent, err
		case put == 0:
			return sent, nil
		}
		p.out.sent(p.next, n)
		p.next += n
		g.drop(n)
		sent = true
	}
	return sent, nil
}

// ended is that the pool is gone: the run is being stopped, or somebody has killed it, or it has failed for good, which the run knows of. As
// behind a queue that nobody reads any more, there is nothing left to do.
func (p *pooling) ended(r *Run) error {
	if err := r.Host.Checkpoint(); err != nil {
		return err
	}
	p.abandon()
	return EndOfStream
}

// echoes says whether more of a row than its results is needed when they come.
func (p *pooling) echoes() bool {
	return p.binds || p.gathered.rows.tracked || slices.ContainsFunc(p.names, func(name string) bool { return name != "" })
}

// Pending says whether there are results.
func (p *pooling) Pending() bool {
	if p.giving != nil {
		return true
	}
	if len(p.out.list) == 0 {
		return false
	}
	return p.at >= 0 || p.ordered && p.out.list[0].kept != nil || p.answers.Ready()
}

// Wait waits for an outcome.
func (p *pooling) Wait(ctx context.Context) error { return p.answers.Wait(ctx) }

// listensFor is what ends a wait of a stage before this one; nil: nothing is to come.
func (p *pooling) listensFor() Waiter {
	if len(p.out.list) == 0 {
		return nil
	}
	return p.answers
}

// Lingers says whether something is still with the pool, so that the stage is not at its end.
func (p *pooling) Lingers() bool { return len(p.out.list) > 0 || p.gathered.rows.rows() > 0 }

// Save writes down what has become of the parcels since.
func (p *pooling) Save(w *StateWriter, full bool) {
	p.out.save(w, full)
	p.gathered.save(w, full)
	w.Int(p.next)
	w.Int(p.unwanted)
	w.Bool(p.failing)
	w.Int(p.at)
	w.Int(p.given)
	w.Int(p.part)
}

// Load applies it.
func (p *pooling) Load(r *StateReader, full bool) error {
	p.out.load(r, full)
	p.gathered.load(r)
	p.next, p.unwanted, p.failing = r.Int(), r.Int(), r.Bool()
	p.forsake()
	p.at, p.given, p.part = r.Int(), r.Int(), r.Int()
	p.giving, p.rows = nil, nil
	return r.Err()
}

// Reset forgets what is with the pool: its outcomes are not wanted any more. Numbers are not used again.
func (p *pooling) Reset() { p.abandon() }

// Close does so where the stream has been ended behind the stage.
func (p *pooling) Close() { p.abandon() }

// forsake has the pool know what is not wanted any more, with the next commit.
func (p *pooling) forsake() {
	if f, ok := p.answers.(interface{ Forsake(below int) }); ok && p.unwanted > 0 {
		f.Forsake(p.unwanted)
	}
}

func (p *pooling) abandon() {
	if p.giving != nil && !p.taken {
		p.answers.Take(1)
	}
	if len(p.out.list) > 0 {
		p.unwanted = p.next
		p.forsake()
	}
	p.out.abandon()
	p.giving, p.rows, p.failing, p.tooLarge = nil, nil, false, false
	p.at, p.given, p.part = -1, 0, 0
	p.gathered.clear()
}
