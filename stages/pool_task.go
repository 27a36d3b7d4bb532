package stages

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// tasking is what a worker of a pool does with a chunk: its tasks one after the other, each as a stream of its own, then its outcome goes to
// the caller in the commit that gives the chunk back. Where no stage of a task could tell, the tasks of a chunk go through at once.
//
//	rest --open--> task 0 --> task 1 --> ... --> all done --send--> rest
//	                 ^ |
//	                 '-' a failure: again, after a pause (`retry`), or noted
//
// What of a chunk has been done is part of the state at every commit: the number of the task, the results so far, and where its chain stands.
type tasking struct {
	host    Host
	name    string // of the worker
	attempt *int   // of the chunk
	pos     Pos
	sites   []*site
	init    *Chain // nil: none, or it has been run
	retire  int    // tasks after which the worker retires; 0: never
	did     int    // tasks
	written buffers

	// Of the first row, the chunk; all but the first three are saved.
	chunk *chunk
	rows  *Batch
	watch bool // a deadline is set

	at      int           // the task that is to be done next, or is being done
	sent    int           // tasks whose outcome has gone
	running bool          // its chain has been given the row
	tries   int           // that have failed
	again   time.Duration // when it is tried again; 0: at once
	over    time.Duration // when it has taken too long; 0: never
	work    int           // nanoseconds that the tasks from sent on have taken
	mine    heldItems     // results of the task at work
	results heldItems     // of those done before it
	counts  heldItems     // how many each of these has
	failed  heldItems     // which of them have failed: encoded
}

// site is a PoolSite in a worker.
type site struct {
	def     *PoolSite
	chain   *Chain
	atOnce  bool // no stage can tell whether rows come one by one
	alike   bool // and each row has one result
	names   []string
	when    *RowExpr
	timeout *RowExpr
	retry   *retrying
	rows    *Batch // as they come to the chain; replaced for each chunk
	boxes   map[int]Outbox
	saved   bool // the state of the chain has been written down since it was reset
}

// mostOutcome is about how many bytes of results an outcome has, unless those of one task are more.
const mostOutcome = 1 << 20

func buildTasking(b *Builder, stage *Stage) (Node, error) {
	t := &tasking{host: b.Host(), attempt: b.Attempt(), pos: stage.Pos}
	t.name, _ = b.opts.Self["name"].(string)
	if max := stage.Options["max_tasks"].Source; max != nil {
		t.retire, _ = wholeNumber(max.Value)
	}
	if len(stage.Operand.Stages) > 0 {
		var err error
		if t.init, err = b.Chain(stage.Operand.Stages); err != nil {
			return nil, err
		}
	}
	for i := range stage.Sites {
		s, err := b.site(&stage.Sites[i])
		if err != nil {
			return nil, err
		}
		t.sites = append(t.sites, s)
	}
	return t, nil
}

// site builds a site. Behind the names that its task reads, its rows have the arguments, if it reads them, and the number of the task.
func (b *Builder) site(def *PoolSite) (*site, error) {
	s := &site{def: def, names: slices.Clone(def.Names), boxes: map[int]Outbox{}}
	inner := &Builder{building: b.building, frame: &frame{row: -1}, stage: &Stage{Op: "pool", Pos: def.Pos}}
	if def.Args {
		inner.frame.row = len(s.names)
		s.names = append(s.names, "")
	}
	s.names = append(s.names, "")
	inner.names = s.names
	var err error
	if s.chain, err = inner.Chain(def.Do); err != nil {
		return nil, err
	}
	if s.when, err = inner.Expr(def.When); err != nil {
		return nil, err
	}
	if s.timeout, err = inner.Expr(def.Timeout); err != nil {
		return nil, err
	}
	if def.Retry != nil {
		if s.retry, err = inner.retrying(def.Retry); err != nil {
			return nil, err
		}
	}
	s.rows = inner.NewBatch()
	s.atOnce = s.when == nil && s.timeout == nil && inner.isBlind(def.Do)
	s.alike = s.atOnce && !slices.ContainsFunc(inline(def.Do), func(st *Stage) bool { return st.Op != "map" || st.When != nil })
	return s, nil
}

// isBlind says whether no stage of a chain could tell whether the rows before it are of one stream, and nothing is lost where it is run once
// more.
func (b *Builder) isBlind(chain []Stage) bool {
	return !slices.ContainsFunc(inline(chain), func(st *Stage) bool {
		switch st.Op {
		case "map", "filter", "flat_map", "extract":
		default:
			return true
		}
		return st.OnError != nil || st.Retry != nil || b.mentions(st.Operand.Source, "index") || b.mentions(st.When, "index")
	})
}

// mentions says whether a field reads a variable, as far as can be seen.
func (b *Builder) mentions(src *Source, name string) bool {
	if src == nil {
		return false
	}
	shape, err := Compile(src, b.scope())
	return err != nil || slices.Contains(shape.Names(), name)
}

func (t *tasking) Step(r *Run, in, _ *Batch) error {
	if err := t.begin(r); err != nil {
		return err
	}
	if err := t.open(in); err != nil {
		return err
	}
	s := t.sites[t.chunk.site]
	for t.at < t.chunk.n {
		if t.at == 0 && t.sent == 0 && !t.running && t.tries == 0 && s.atOnce && !t.careful(r) && t.retire == 0 && t.allAtOnce(r, s) {
			break
		}
		if done, err := t.task(r, s); !done || err != nil {
			return err
		}
		if t.at < t.chunk.n && t.size() > mostOutcome {
			if sent, err := t.send(r, s); !sent || err != nil {
				return err
			}
		}
		if t.at < t.chunk.n {
			if err := t.retired(r); err != nil {
				return err
			}
		}
	}
	if t.at > t.sent {
		if sent, err := t.send(r, s); !sent || err != nil {
			return err
		}
	}
	in.Drop(1)
	t.rest()
	return t.retired(r)
}

// begin runs the init chain, once in each worker: what it does is not part of the state.
func (t *tasking) begin(r *Run) error {
	if t.init == nil {
		return nil
	}
	t.init.Seed("")
	t.init.End()
	for {
		switch state, err := t.init.Advance(r); {
		case err != nil:
			t.init.Reset()
			return err
		case state == Results:
			t.init.Out().Truncate()
		case state == Done:
			t.init = nil
			return nil
		}
	}
}

// open reads the chunk.
func (t *tasking) open(in *Batch) error {
	if t.chunk != nil {
		return nil
	}
	data, _ := in.Item(0).([]byte)
	c, err := decodeChunk(data)
	if err != nil {
		return err
	}
	if c.site < 0 || c.site >= len(t.sites) {
		return errState
	}
	context, names, err := readContext(c.context, c.n)
	if err != nil {
		return err
	}
	s := t.sites[c.site]
	rows := NewBatch(len(s.names), s.rows.tracked)
	rows.item = context.item
	for j, name := range s.def.Names {
		if k := slices.Index(names, name); k >= 0 {
			rows.bound[j] = context.bound[k]
		} else {
			rows.bound[j] = nulls(c.n)
		}
	}
	if s.def.Args {
		rows.bound[len(s.def.Names)] = c.args
	}
	numbers := &rows.bound[len(rows.bound)-1]
	numbers.become(Ints)
	for i := range c.n {
		numbers.Ints = append(numbers.Ints, i)
	}
	if rows.tracked {
		for i := range c.n {
			rows.ids = append(rows.ids, fmt.Sprintf("%s[%d]#%d", s.def.Results, c.replica, c.first+i))
		}
	}
	rows.taken = c.first
	t.chunk, t.rows = c, rows
	return nil
}

func nulls(n int) Column { return Column{Any: make([]any, n)} }

// careful says whether each task is to be committed before it is begun, so that a death tells which one it was at.
func (t *tasking) careful(r *Run) bool { return r.careful() || *t.attempt > 1 }

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
		if err != nil || state == Called || size > mostAtOnce {
			s.chain.Reset()
			t.forget()
			return false
		}
		if state != Results {
			break
		}
		out := s.chain.Out()
		size += EncodedSize(&out.item, out.head, out.item.Len())
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

// task does the next task, or goes on with it, and says whether it is done.
func (t *tasking) task(r *Run, s *site) (done bool, err error) {
	if t.again > 0 {
		if r.Now() < t.again {
			return false, r.AwaitTime(t.again)
		}
		t.again = 0
	}
	began := r.Now()
	if !t.running {
		if pass, err := t.start(r, s); err != nil || pass {
			return t.finish(r, s, began, err)
		}
	}
	if t.over > 0 && !t.watch {
		if r.Now() >= t.over { // the worker before this one was ended for it
			return t.finish(r, s, began, Failf("timeout", "the task took longer than its timeout"))
		}
		r.Deadline(t.over)
		t.watch = true
	}
	for {
		state, err := s.chain.Advance(r)
		switch {
		case err != nil && itemError(err) == nil:
			return false, err
		case err != nil:
			return t.finish(r, s, began, err)
		case state == Called:
			return false, nil
		case state != Results:
			return t.finish(r, s, began, nil)
		}
		out := s.chain.Out()
		t.mine.items.AppendRange(&out.item, out.head, out.item.Len())
		out.Truncate()
	}
}

// start gives the row to the chain, or passes it on as it is where `when` says so. Where it matters which task a worker dies at, that is
// committed.
func (t *tasking) start(r *Run, s *site) (pass bool, err error) {
	if s.when != nil {
		ok, err := s.when.Bool(t.rows, t.at)
		if err != nil {
			return false, err
		}
		if !ok {
			t.mine.items.AppendRange(&t.rows.item, t.at, t.at+1)
			return true, nil
		}
	}
	if s.timeout != nil {
		d, err := s.timeout.Duration(t.rows, t.at)
		if err != nil {
			return false, err
		}
		t.over = later(r.Now(), max(d, time.Nanosecond))
	}
	s.chain.Push(t.rows, t.at)
	s.chain.End()
	t.running = true
	if t.over > 0 || t.careful(r) {
		if err := r.Checkpoint(); err != nil {
			return false, err
		}
		return false, r.Commit()
	}
	return false, nil
}

// finish notes what has become of a task, unless it is to be tried again.
func (t *tasking) finish(r *Run, s *site, began time.Duration, err error) (done bool, _ error) {
	if t.watch {
		r.Deadline(0)
		t.watch = false
	}
	failure := itemError(err)
	if err != nil && failure == nil {
		return false, err
	}
	s.chain.Reset()
	s.saved = false
	t.running, t.over = false, 0
	t.work += int(r.Now() - began)
	if failure != nil && s.retry != nil {
		pause, again, err := s.retry.next(t.rows, t.at, t.tries)
		if err != nil {
			failure = itemError(err)
		}
		if again && err == nil {
			t.mine.clear()
			if t.tries++; pause > 0 {
				t.again = later(r.Now(), pause)
			}
			t.moved(r)
			return true, r.Checkpoint()
		}
	}
	if failure != nil {
		t.mine.clear()
		t.note(failure)
	}
	t.done()
	t.moved(r)
	if err := r.Checkpoint(); err != nil {
		return false, err
	}
	if t.careful(r) {
		return true, r.Commit()
	}
	return true, nil
}

// note notes the failure of the task at work. The worker is named in it.
func (t *tasking) note(failure *ItemError) {
	f := *failure
	f.Message += ", in " + t.name
	if f.nested != nil {
		nested := *f.nested
		nested.Text += ", in " + t.name
		f.nested = &nested
	}
	var w StateWriter
	w.Int(t.at - t.sent)
	w.failure(&f)
	t.failed.items.Append(w.buf)
}

// done goes on to the next task, with what is there of the one at work.
func (t *tasking) done() {
	n := t.mine.items.Len()
	t.results.items.AppendRange(&t.mine.items, 0, n)
	t.counts.items.Append(n)
	t.mine.clear()
	t.at, t.tries, t.again = t.at+1, 0, 0
	t.did++
}

// moved says that the worker has got on: what it dies of next is something else.
func (t *tasking) moved(r *Run) {
	if r.Moved != nil {
		*r.Moved = true
	}
}

// retired ends a worker that has done as many tasks as it may, in the middle of a chunk if need be: its replacement goes on there.
func (t *tasking) retired(r *Run) error {
	if t.retire == 0 || t.did < t.retire || t.tries > 0 {
		return nil
	}
	if err := r.Checkpoint(); err != nil {
		return err
	}
	if err := r.Commit(); err != nil {
		return err
	}
	return ErrRetired
}

// size is about how many bytes the results of the outcome have that has not gone.
func (t *tasking) size() int {
	n := t.results.items.Len()
	if n == 0 {
		return 0
	}
	return EncodedSize(&t.results.items, 0, n)
}

// send puts the outcome of the tasks from sent up to at.
func (t *tasking) send(r *Run, s *site) (bool, error) {
	c := t.chunk
	o := outcome{first: c.first + t.sent, n: t.at - t.sent, work: t.work, results: t.results.items, from: t.sent, whole: c.n}
	if !t.single() {
		o.counts = t.counts.items
	}
	for i := range t.failed.items.Len() {
		data, _ := t.failed.items.At(i).([]byte)
		f := &StateReader{buf: data}
		task := f.Int()
		o.failures = append(o.failures, taskFailure{task, f.failure()})
	}
	if c.echo || len(o.failures) > 0 {
		o.context = c.context
	}
	w := t.written.next()
	appendOutcome(w, &o)
	column := ColumnOf(w.buf)
	box, err := t.box(s, c.replica)
	if err != nil {
		return false, err
	}
	n, err := box.Put(&column, 0, 1)
	var refused *ItemError
	switch {
	case errors.Is(err, ErrNoReaders): // the caller has ended: nobody wants it
	case errors.As(err, &refused) && t.refuse(refused):
		return t.send(r, s)
	case err != nil:
		return false, err
	case n == 0:
		return false, r.Await(box)
	}
	t.sent, t.work = t.at, 0
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
	return true, nil
}

// refuse makes failures of tasks whose results are too large to be handed over.
func (t *tasking) refuse(why *ItemError) bool {
	if t.results.items.Len() == 0 {
		return false
	}
	at := t.at
	n := at - t.sent
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
	counts := make([]int, n)
	t.counts.items = Column{Kind: Ints, Ints: counts}
	for i := range n {
		t.at = t.sent + i
		t.note(&ItemError{Type: why.Type, Message: "its results: " + why.Message})
	}
	t.at = at
	return true
}

// single says whether each task has one result.
func (t *tasking) single() bool {
	counts := &t.counts.items
	if counts.Len() == 0 {
		return true
	}
	return !slices.ContainsFunc(counts.Ints, func(n int) bool { return n != 1 })
}

// box is where the outcomes for a replica of the caller go.
func (t *tasking) box(s *site, replica int) (Outbox, error) {
	box := s.boxes[replica]
	if box == nil {
		var err error
		if box, err = t.host.Outbox(Ref{Name: s.def.Results, Member: replica}); err != nil {
			return nil, fmt.Errorf("opening the results of the pool: %w", err)
		}
		s.boxes[replica] = box
	}
	return box, nil
}

// forget drops the results of the chunk.
func (t *tasking) forget() {
	t.mine.clear()
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
}

// rest makes the stage ready for another chunk.
func (t *tasking) rest() {
	if t.watch {
		t.host.Deadline(0)
	}
	if t.running && t.chunk != nil {
		t.sites[t.chunk.site].chain.Reset()
		t.sites[t.chunk.site].saved = false
	}
	t.chunk, t.rows, t.watch = nil, nil, false
	t.at, t.sent, t.running, t.tries, t.again, t.over, t.work = 0, 0, false, 0, 0, 0, 0
	t.forget()
}

// Skip drops the chunk.
func (t *tasking) Skip() { t.rest() }

// Reset drops it.
func (t *tasking) Reset() { t.rest() }

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
	s := t.sites[t.chunk.site]
	whole := full || !s.saved
	s.saved = true
	w.Int(t.chunk.site)
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
	t.running = r.Bool()
	number := -1
	if t.running {
		number = r.Int()
		if number < 0 || number >= len(t.sites) {
			r.fail()
			return r.Err()
		}
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

// inHand is the task that is at work, or comes next: its item.
func (t *tasking) inHand(in *Batch) (any, bool) {
	if t.open(in) != nil || t.at >= t.chunk.n {
		return nil, false
	}
	return t.rows.item.At(t.at), true
}

// giveUp leaves out that task: it has no results.
func (t *tasking) giveUp(in *Batch) {
	if t.open(in) != nil {
		return
	}
	s := t.sites[t.chunk.site]
	s.chain.Reset()
	s.saved = false
	t.running, t.over = false, 0
	t.mine.clear()
	t.done()
}

func (t *tasking) atWork() *Chain {
	if !t.running || t.chunk == nil {
		return nil
	}
	return t.sites[t.chunk.site].chain
}
