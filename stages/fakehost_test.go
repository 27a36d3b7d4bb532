package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// errKilled is how a test's worker dies: nothing after the last commit counts.
var errKilled = errors.New("killed")

// world is what outlives a worker: what has been committed. Workers come and go; each is a fakeHost.
type world struct {
	room     int64 // bytes of cells that a section may change; 0: any number
	queues   map[string]*fakeQueue
	stdout   strings.Builder
	stderr   strings.Builder
	written  map[string]string // by path
	results  []string
	logged   []string
	dir      string
	programs Programs

	trace   []string // all effects in their order, item by item
	state   [][]byte // what the chain has written down since the last full one, which is first
	commits int

	skipped int                              // programs that need not run
	now     time.Duration                    // passes only while chains wait
	cells   map[string]*sharedCell           // values and arrays
	limits  map[int]map[string]time.Duration // when a key's next turn is, by limit

	locks       map[string]*fakeLock
	barriers    map[string]*fakeBarrier
	flags       map[string]bool // what has come about
	asked, done uint64          // requests to act on processes: committed, carried out

	volatiles int // how often a stage has said that it reads what cannot be read again
}

// fakeQueue is a queue: blocks of items to be read, or what was put.
type fakeQueue struct {
	blocks   []Column
	cursor   int // items of blocks[0] that have been taken
	attempts int // of blocks[0]
	single   bool
	taken    int // items of blocks[0] that were handed out, where they are acknowledged
	returned int // how often the last of them was handed out before

	put      []any
	times    []time.Duration // when each of them was put
	arrivals []time.Duration // when each of blocks comes; nil: they are there

	open      bool // its writer has not ended
	room      int  // items that fit; 0: any number
	largest   int  // bytes of an item that are too many; 0: none are
	noReaders bool // or: after so many
	after     int
}

func newWorld() *world {
	return &world{
		queues: map[string]*fakeQueue{}, written: map[string]string{}, programs: nil,
		now: time.Hour, limits: map[int]map[string]time.Duration{}, cells: map[string]*sharedCell{},
		barriers: map[string]*fakeBarrier{}, flags: map[string]bool{},
	}
}

func (w *world) queue(name string) *fakeQueue {
	q := w.queues[name]
	if q == nil {
		q = &fakeQueue{}
		w.queues[name] = q
	}
	return q
}

// outcome is everything that can be seen from outside, for comparisons.
func (w *world) outcome() string {
	var b strings.Builder
	b.WriteString(w.cellTexts())
	names := make([]string, 0, len(w.queues))
	for name := range w.queues {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, AppendJSON(nil, append([]any{}, w.queues[name].put...)))
	}
	fmt.Fprintf(&b, "trace: %q\n", w.trace)
	fmt.Fprintf(&b, "stdout: %q\nstderr: %q\nresults: %q\nlogged: %q\nwritten: %q\n", w.stdout.String(), w.stderr.String(), w.results, w.logged, w.written)
	return b.String()
}

// fakeHost is a worker in a world. What it does is staged until a commit.
type fakeHost struct {
	world    *world
	chain    *Chain
	staged   []func() // done by the next commit
	boxes    map[string]*fakeOutbox
	cells    map[string]*fakeCell
	changed  int64       // bytes of cells since the last commit
	cellFull func() bool // whether a cell says that it must be committed; nil: it never does
	ins      []*fakeInbox

	locks      map[string]*fakeLockEnd
	conditions map[string]*fakeCondition
	leaves     []*fakeCondition // ended since the last commit
	// busy says whether a lock seems to be held by somebody at this call; nil: it does not.
	busy func() bool

	// commitNow says whether a checkpoint commits; nil: it does.
	commitNow func() bool
	// die says whether the worker dies at this call; nil: it does not.
	die func() bool
	// empty says whether a queue seems empty at this call; nil: it does not.
	empty func() bool
	// full says whether the next Save is to be a full one; nil: only the first is.
	full func() bool

	// careful: the chain goes on row by row, with a commit behind each.
	careful bool

	// onWait is called when the chain waits, after the commit.
	onWait         func()
	lazy, happened bool // Wait commits only if something has happened

	volatile Pos
	cuts     int
	deadline time.Duration // of the wait that goes on; 0: none
}

func (w *world) host() *fakeHost { return &fakeHost{world: w, boxes: map[string]*fakeOutbox{}} }

func ask(f func() bool) bool { return f != nil && f() }

func (h *fakeHost) Inbox(from ...Ref) (Inbox, error) {
	merged := &fakeMerged{}
	for _, ref := range from {
		q := h.world.queue(fakeName(ref))
		in := &fakeInbox{host: h, name: fakeName(ref), queue: q, at: q.cursor}
		h.ins = append(h.ins, in)
		merged.ends = append(merged.ends, in)
	}
	if len(from) > 1 {
		return merged, nil
	}
	return merged.ends[0], nil
}

func (h *fakeHost) Outbox(to Ref) (Outbox, error) {
	queue := fakeName(to)
	if h.boxes[queue] == nil {
		h.boxes[queue] = &fakeOutbox{host: h, name: queue, queue: h.world.queue(queue)}
	}
	return h.boxes[queue], nil
}

func (h *fakeHost) Now() time.Duration { return h.world.now }

func (h *fakeHost) Limiter(number int) (Limiter, error) {
	if h.world.limits[number] == nil {
		h.world.limits[number] = map[string]time.Duration{}
	}
	return fakeLimiter{h, h.world.limits[number]}, nil
}

// fakeLimiter is a rate of a world.
type fakeLimiter struct {
	host *fakeHost
	next map[string]time.Duration
}

func (l fakeLimiter) Take(key []byte, now, interval time.Duration) time.Duration {
	if wait := l.next[string(key)] - now; wait > 0 {
		return wait
	}
	l.next[string(key)] = now + interval
	return 0
}

func (h *fakeHost) Outlet() Outlet       { return (*fakeOutlet)(h) }
func (h *fakeHost) Programs() Programs   { return h.world.programs }
func (h *fakeHost) Resources() Resources { return fakeResources{h} }

func (h *fakeHost) Volatile(pos Pos) {
	h.volatile = pos
	h.world.volatiles++
}

func (h *fakeHost) Room() int { return math.MaxInt }

// Deadline is that of the real host only: here no work takes long.
func (h *fakeHost) Deadline(time.Duration) {}

func (h *fakeHost) Cut() error {
	h.cuts++
	if ask(h.die) {
		return errKilled
	}
	if ask(h.commitNow) {
		return h.Commit()
	}
	return nil
}

func (h *fakeHost) Checkpoint() error {
	h.happened = true
	if ask(h.die) {
		return errKilled
	}
	if h.commitNow != nil && !h.commitNow() {
		return nil
	}
	return h.Commit()
}

func (h *fakeHost) Commit() error {
	if ask(h.die) {
		return errKilled
	}
	h.happened = false
	for _, do := range h.staged {
		do()
	}
	h.staged, h.changed = h.staged[:0], 0
	for _, in := range h.ins {
		in.commit()
	}
	h.commitLocks()
	h.save()
	h.volatile = Pos{}
	h.world.commits++
	if ask(h.die) {
		return errKilled
	}
	return nil
}

func (h *fakeHost) save() {
	if h.chain == nil {
		return
	}
	var w StateWriter
	full := len(h.world.state) == 0 || ask(h.full)
	h.chain.Save(&w, full)
	if full {
		h.world.state = nil
	}
	h.world.state = append(h.world.state, slices.Clone(w.buf))
}

func (h *fakeHost) Wait(w Waiter, timeout time.Duration) error {
	if !h.lazy || h.happened {
		if err := h.Commit(); err != nil {
			return err
		}
	}
	if h.onWait != nil {
		h.onWait()
	}
	if beside, ok := w.(Beside); ok {
		w = beside.Waiter
	}
	switch w := w.(type) {
	case Pause:
		if timeout == 0 {
			return errors.New("a chain waits for ever for nothing")
		}
		h.world.now += timeout
		return ErrTimeout
	case *fakeInbox:
		if ends := h.world.now + timeout; timeout > 0 && w.arrival() > ends {
			h.world.now = ends
			return ErrTimeout
		}
		h.world.now = max(h.world.now, w.arrival())
		return nil
	}
	if h.deadline = 0; timeout > 0 {
		h.deadline = h.world.now + timeout
	}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	err := w.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		h.world.now += timeout
		return ErrTimeout
	}
	return err
}

// fakeInbox is the reading end of a queue.
type fakeInbox struct {
	host  *fakeHost
	name  string
	queue *fakeQueue
	at    int // items of the first block that are taken, committed or not
	held  bool
	back  bool // an Undo has given items back

	manual, acked bool
	returned      int
}

func (q *fakeInbox) Wait(context.Context) error { return nil }

// arrival is when the next block that has not been taken comes.
func (q *fakeInbox) arrival() time.Duration {
	next := 0
	if q.held {
		next = 1
	}
	if next < len(q.queue.arrivals) {
		return q.queue.arrivals[next]
	}
	return 0
}

// number tells the item to be taken next from all others: none are put while they are read.
func (q *fakeInbox) number() uint64 {
	left := -q.at
	for i := range q.queue.blocks {
		left += q.queue.blocks[i].Len()
	}
	return uint64(1_000_000 - left)
}

func (q *fakeInbox) Lease() (Delivery, error) {
	if q.manual {
		return q.leaseOne()
	}
	if !q.held && ask(q.host.empty) || q.arrival() > q.host.world.now {
		return Delivery{}, ErrEmpty
	}
	number := len(q.queue.blocks)
	done := 0
	if q.held && q.at == q.queue.blocks[0].Len() {
		done = 1
	}
	for ; done < number; done++ {
		block := &q.queue.blocks[done]
		from := 0
		if done == 0 {
			from = q.at
		}
		if from == block.Len() {
			continue
		}
		if done > 0 {
			if err := q.host.Commit(); err != nil { // the real one finishes the block with the next commit; this one now
				return Delivery{}, err
			}
			return q.Lease()
		}
		q.held = true
		return Delivery{Items: block.Slice(from, block.Len()), Queue: q.name, First: q.number(), Attempt: 1 + q.queue.attempts, Single: q.queue.single}, nil
	}
	if q.queue.open {
		return Delivery{}, ErrEmpty
	}
	return Delivery{}, io.EOF
}

func (q *fakeInbox) Ready() bool { return q.left() > 0 }

// left is how many items are there and have not been taken.
func (q *fakeInbox) left() int {
	left := -q.at
	for i := range q.queue.blocks {
		left += q.queue.blocks[i].Len()
	}
	return left
}

func (q *fakeInbox) Take(n int) { q.at += n }

// undo gives back what was taken since the last commit.
func (q *fakeInbox) undo() {
	if committed := max(q.queue.cursor, q.queue.taken); q.at != committed {
		q.at, q.back = committed, true
	}
	q.acked = false
}

func (q *fakeInbox) TakenBack() bool {
	back := q.back
	q.back = false
	return back
}

// commit moves the cursor and finishes a block that is all taken.
func (q *fakeInbox) commit() {
	if q.manual {
		q.commitOne()
		return
	}
	if len(q.queue.blocks) == 0 {
		return
	}
	q.queue.cursor = q.at
	if q.at == q.queue.blocks[0].Len() {
		q.queue.blocks = q.queue.blocks[1:]
		if len(q.queue.arrivals) > 0 {
			q.queue.arrivals = q.queue.arrivals[1:]
		}
		q.at, q.queue.cursor, q.queue.attempts, q.held = 0, 0, 0, false
	}
}

// fakeOutbox is the writing end of a queue. Its reader takes everything whenever the writer waits.
type fakeOutbox struct {
	host   *fakeHost
	name   string
	queue  *fakeQueue
	inside int // items that its reader has not taken
	total  int // items ever put by this worker
}

func (q *fakeOutbox) Wait(ctx context.Context) error {
	q.inside = 0
	return nil
}

func (q *fakeOutbox) Put(c *Column, from, to int) (int, error) {
	if q.queue.noReaders && len(q.queue.put)+q.total >= q.queue.after {
		return 0, ErrNoReaders
	}
	if q.queue.largest > 0 && EncodedSize(c, from, to) >= q.queue.largest {
		return 0, Failf("max-item", "too large")
	}
	n := to - from
	if q.queue.room > 0 {
		n = min(n, q.queue.room-q.inside)
	}
	if q.queue.noReaders {
		n = min(n, q.queue.after-len(q.queue.put)-q.total)
	}
	items := make([]any, n)
	for i := range items {
		items[i] = c.At(from + i)
		if data, ok := items[i].([]byte); ok {
			items[i] = slices.Clone(data) // whose memory may serve for what is put next
		}
	}
	now := q.host.world.now
	q.inside += n
	q.total += n
	q.host.staged = append(q.host.staged, func() {
		q.queue.put = append(q.queue.put, items...)
		q.queue.times = append(q.queue.times, slices.Repeat([]time.Duration{now}, n)...)
		q.total -= n
		if q.name == "out" {
			return // no effect, but how the test looks at what comes out of the chain
		}
		for _, item := range items {
			q.host.world.trace = append(q.host.world.trace, q.name+" "+string(AppendJSON(nil, item)))
		}
	})
	return n, nil
}

// fakeOutlet stages what leaves the run.
type fakeOutlet fakeHost

func (o *fakeOutlet) Wait(context.Context) error { return nil }

func (o *fakeOutlet) Print(to Stream, text []byte) (bool, error) {
	if ask(o.empty) {
		return false, nil
	}
	s := string(text)
	o.staged = append(o.staged, func() {
		o.world.trace = append(o.world.trace, slices.Collect(strings.Lines(s))...)
		if to == Stderr {
			o.world.stderr.WriteString(s)
			return
		}
		o.world.stdout.WriteString(s)
	})
	return true, nil
}

func (o *fakeOutlet) PrintFile(to Stream, path string) (bool, error) {
	if ask(o.empty) {
		return false, nil
	}
	o.staged = append(o.staged, func() {
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.Remove(path)
		}
		stream := &o.world.stdout
		if to == Stderr {
			stream = &o.world.stderr
		}
		stream.Write(text)
		if err != nil {
			stream.WriteString(err.Error())
		}
	})
	return true, nil
}

func (o *fakeOutlet) Write(to File, data []byte) (bool, error) {
	if to.Path == "-" {
		return o.Print(Stdout, append([]byte(to.Header), data...)) // one stage, one piece: enough for a fake
	}
	if ask(o.empty) {
		return false, nil
	}
	s := string(data)
	o.staged = append(o.staged, func() {
		if o.world.written[to.Path] == "" {
			o.world.written[to.Path] = to.Header
		}
		o.world.written[to.Path] += s
	})
	return true, nil
}

func (o *fakeOutlet) Result(name string, value any) (bool, error) {
	if ask(o.empty) {
		return false, nil
	}
	o.staged = append(o.staged, func() {
		o.world.trace = append(o.world.trace, name)
		o.world.results = append(o.world.results, name+"="+string(AppendJSON(nil, value)))
	})
	return true, nil
}

func (o *fakeOutlet) Skipped() (bool, error) {
	if ask(o.empty) {
		return false, nil
	}
	o.staged = append(o.staged, func() { o.world.skipped++ })
	return true, nil
}

func (o *fakeOutlet) Log(level, text string) (bool, error) {
	if ask(o.empty) {
		return false, nil
	}
	o.staged = append(o.staged, func() {
		o.world.trace = append(o.world.trace, text)
		o.world.logged = append(o.world.logged, level+": "+text)
	})
	return true, nil
}

// start makes a worker with a chain that stands where the last commit left it.
func (w *world) start(stages []Stage, opts Options) (*fakeHost, error) {
	h := w.host()
	for _, q := range w.queues {
		if q.cursor > 0 || len(w.state) > 0 {
			q.attempts++
		}
	}
	opts.Host = h
	opts.Resources = sortedNames(w.cells)
	if opts.Dir == "" {
		opts.Dir = w.dir
	}
	chain, err := Build(stages, opts)
	if err != nil {
		return nil, err
	}
	h.chain = chain
	if len(w.state) == 0 {
		chain.Seed("seed")
		chain.End()
		return h, nil
	}
	for i, data := range w.state {
		r := &StateReader{buf: data}
		if err := chain.Load(r, i == 0); err != nil {
			return nil, err
		}
		if !r.Empty() {
			return nil, errors.New("the chain has not read all of its state")
		}
	}
	return h, nil
}

// finish runs the chain to its end and commits; what comes out of it is put into the queue "out".
func (h *fakeHost) finish() error {
	r := &Run{Host: h, Limit: 1, Careful: &h.careful, Preparing: func(string) {}}
	for {
		state, err := h.chain.Advance(r)
		if err != nil {
			var failure *StageError
			if errors.As(err, &failure) {
				if err := h.Commit(); err != nil {
					return err
				}
			}
			return err
		}
		out := h.chain.Out()
		if out.Len() > 0 {
			box, _ := h.Outbox(Ref{Name: "out"})
			c := out.Column()
			if _, err := box.Put(&c, 0, c.Len()); err != nil {
				return err
			}
			out.Truncate()
		}
		if state == Done {
			return h.Commit()
		}
		if state == Idle {
			return errors.New("the chain is idle although its stream has ended")
		}
	}
}

// run runs stages in one go.
func (w *world) run(stages []Stage, opts Options) error {
	h, err := w.start(stages, opts)
	if err != nil {
		return err
	}
	return h.finish()
}

// runOut runs stages and gives what came out of them.
func runOut(t *testing.T, stages []Stage, blockItems int) ([]any, error) {
	t.Helper()
	w := newWorld()
	err := w.run(stages, Options{BlockItems: blockItems})
	return w.queue("out").put, err
}

// Literals of stages.

func srcExpr(text string) *Source { return &Source{Kind: SourceExpr, Text: text} }

func srcLiteral(v any) *Source { return &Source{Kind: SourceLiteral, Value: v} }

// srcText is a text with ${{ }}.
func srcText(s string) *Source {
	src := &Source{Kind: SourceText}
	for {
		before, after, ok := strings.Cut(s, "${{")
		if before != "" {
			src.Parts = append(src.Parts, TextPart{Text: before})
		}
		if !ok {
			return src
		}
		end := FindClose(after)
		src.Parts = append(src.Parts, TextPart{Text: strings.TrimSpace(after[:end]), Expr: true})
		s = after[end+2:]
	}
}

// stage is a stage with an operand and options: name, value, name, value ...
func stage(op string, operand Field, options ...any) Stage {
	s := Stage{Op: op, Operand: operand, Pos: Pos{File: "test.yaml", Line: 1, Col: 1 + len(op)}}
	for i := 0; i < len(options); i += 2 {
		if s.Options == nil {
			s.Options = map[string]Field{}
		}
		s.Options[options[i].(string)] = Field{Source: options[i+1].(*Source)}
	}
	return s
}

func exprField(text string) Field { return Field{Source: srcExpr(text)} }

func itemsStage(items ...any) Stage {
	return stage("items", Field{Source: srcLiteral(append([]any{}, items...))})
}

func queueField(names ...string) Field {
	var f Field
	for _, name := range names {
		f.Places = append(f.Places, Place{Name: name, Kind: "queue"})
	}
	return f
}
