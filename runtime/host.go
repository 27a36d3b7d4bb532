package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// host is a worker as its chain sees it: it implements stages.Host. It belongs to the goroutine that runs the chain.
//
// It gathers what the chain puts, prints and takes, and makes one commit of it: at the end of each block, before the chain waits, when a
// reader waits and something is there, and after commitAfter at the latest.
type host struct {
	ctx     context.Context // done when the worker shall stop
	handoff *handoff
	arena   *shm.Arena
	slot    *shm.Slot
	control *os.File
	chain   *stages.Chain

	practised *stages.Chain // what it has started ahead is taken over; nil: nothing

	parts       []arenaPart
	primitives  primitives
	locks       map[int]*lockEnd // by number in the arena
	semaphores  map[int]*semaphoreEnd
	cells       map[string][]*cell            // members, by name
	cellObjects map[string]*stages.CellReader // by name, as expressions read them
	inboxes     []*inbox                      // in the order in which the chain has asked for them
	before      []inHand                      // of them, in a commit
	outboxes    map[int]*outbox               // by number of the part
	fanOuts     map[stages.Ref]stages.Outbox
	outlet      *outlet
	programs    *programs
	at          *stages.Stage      // that the chain is at, nil between two of them
	numbers     map[stages.Pos]int // of stages, for wait records; made when first needed

	sealed      []sealedBlock   // filled, in the order in which they will be published
	open        []filler        // with blocks that are being filled
	touched     []*cell         // those whose changes are among effects
	changing    int64           // bytes of log that these changes count as
	effects     []func(*shm.Tx) // what the next commit does to primitives, in the order of the stages
	requests    uint64          // how often the worker has asked for something to be done to processes
	dirty       bool            // something has happened since the last commit
	moved       bool            // the chain has got on since the last commit
	cut         cut
	preparation preparation   // what it does once, before items
	care        care          // the chain commits behind each row, for a while
	moments     []moment      // at which it stands still
	goOn        chan struct{} // the supervisor's word behind such a moment
	deadline    *time.Timer   // at which the worker ends; nil: none
	alarm       alarm         // the same, where the worker has been stopped
	committed   time.Time     // the last commit
	volatile    uint64        // number of commits for which volatile input was announced, +1

	notes    []leaseNote // of the last entry of the state log that was loaded
	state    stages.StateWriter
	logged   int // bytes of the state log
	snapshot int // bytes of its last full snapshot
}

// sealedBlock is a block that the next commit publishes.
type sealedBlock struct {
	block *shm.Block
	items int
}

// filler is an end that may have a block half filled.
type filler interface {
	seal() error
	drop() // the block and what was put into it
}

// close seals the block that f is filling, which is full.
func (h *host) close(f filler) error {
	h.open = slices.DeleteFunc(h.open, func(other filler) bool { return other == f })
	return f.seal()
}

const (
	// commitAfter bounds how long something that is ready to be seen stays unseen while the chain works.
	commitAfter = time.Millisecond
	// eagerAfter is the same where somebody waits for it: long enough that a fast chain does not commit single items.
	eagerAfter = 100 * time.Microsecond
	// blockBytes is about how many bytes of items a block holds, unless a single item is larger.
	blockBytes = 60 << 10
	// blockItems is how many items a block holds at most.
	blockItems = 1024
	// maxSealed is after how many blocks a commit is due; shm.MaxOutputs is the limit.
	maxSealed = shm.MaxOutputs / 2
	// compactAfter and compactTimes say when the state log is started anew with a full snapshot: when what was added since the last one is
	// longer than the sum of the first, in bytes, and so many times that snapshot.
	compactAfter = 64 << 10
	compactTimes = 1
)

func newHost(ctx context.Context, h *handoff, arena *shm.Arena, slot *shm.Slot, control *os.File, programs *programs) *host {
	host := &host{
		ctx: ctx, handoff: h, arena: arena, slot: slot, control: control,
		parts: arenaParts(h.Queues), primitives: numberPrimitives(h.Primitives, h.Cells), locks: map[int]*lockEnd{}, semaphores: map[int]*semaphoreEnd{}, outboxes: map[int]*outbox{}, fanOuts: map[stages.Ref]stages.Outbox{}, programs: programs,
		moments: h.Moments, goOn: make(chan struct{}, 1),
		cellObjects: map[string]*stages.CellReader{},
	}
	host.programs.spill = h.Spill
	host.programs.shared = h.Process.StartMethod == planner.ThreadMethod
	host.programs.around = func() (over func()) {
		slot.Rest(int(stages.OutsideProgram), host.stageNumber())
		return slot.Awake
	}
	host.openCells()
	host.requests = arena.Board().Load(h.requestLine()) // unless the state says more
	host.outlet = &outlet{host: host, queue: arena.Queue(arena.Queues() - 1)}
	return host
}

// Outlet implements stages.Host.
func (h *host) Outlet() stages.Outlet { return h.outlet }

// Programs implements stages.Host.
func (h *host) Programs() stages.Programs { return h.programs }

// Now implements stages.Host.
func (h *host) Now() time.Duration { return shm.Now() }

// isStopped says whether the chain was asked to end.
func (h *host) isStopped() bool { return h.slot.Interrupted() || h.ctx.Err() != nil }

// Checkpoint implements stages.Host.
func (h *host) Checkpoint() error {
	if h.isStopped() {
		return stages.ErrInterrupted
	}
	h.dirty = true
	if h.due() {
		return h.Commit()
	}
	return nil
}

// due says whether it is time to commit.
func (h *host) due() bool {
	for _, in := range h.inboxes {
		if in.block != nil && in.single && in.taken > in.block.Cursor() && (!in.manual || in.acked) {
			return true
		}
	}
	if len(h.sealed) >= maxSealed || slices.ContainsFunc(h.touched, (*cell).Full) {
		return true
	}
	if len(h.sealed) == 0 && len(h.open) == 0 {
		return time.Since(h.committed) > commitAfter
	}
	since := time.Since(h.committed)
	return since > commitAfter || (since > eagerAfter && h.awaited())
}

// awaited says whether somebody waits for what is there to be committed.
func (h *host) awaited() bool {
	for _, out := range h.outboxes {
		if out.block != nil && out.queue.ReaderWaiting() {
			return true
		}
	}
	for _, s := range h.sealed {
		if s.block.Queue().ReaderWaiting() {
			return true
		}
	}
	return false
}

// Commit implements stages.Host.
func (h *host) Commit() error {
	if !h.dirty && !(h.care.on && h.moved) && !h.preparation.stepped(h.at) {
		return nil
	}
	for _, f := range h.open {
		if err := f.seal(); err != nil {
			return err
		}
	}
	h.open = h.open[:0]
	tx := h.slot.Begin()
	for _, s := range h.sealed {
		tx.Publish(s.block, s.items)
	}
	for _, do := range h.effects {
		do(tx)
	}
	standing := h.chain.Standing()
	h.committing(standing)
	before := h.inHand()
	h.care.committed(standing, h.onlyDelivery())
	h.finishInputs(tx, standing)
	tx.Continue(standing || h.handedBack())
	h.saveState(tx)
	err := h.slot.Commit(tx)
	if err != nil {
		h.logged = 0 // what this one wrote of the state is lost, so that the next writes all of it
		h.keepInHand(before)
	}
	switch {
	case errors.Is(err, shm.ErrRange):
		return h.sumLost(err)
	case err != nil:
		return h.refused(err)
	}
	h.sealed = h.sealed[:0]
	h.settleEffects()
	h.tellForsaken()
	for _, in := range h.inboxes {
		in.committed = in.taken
	}
	h.dirty, h.moved = false, false
	h.committed = time.Now()
	h.noteHowFar()
	return nil
}

// saveState adds to the transaction where the chain stands: what has changed since the last commit, or everything when the log has
// become long.
func (h *host) saveState(tx *shm.Tx) {
	full := snapshotDue(h.logged, h.snapshot)
	h.state.Begin()
	h.state.Bool(full)
	h.state.Uint(h.requests)
	h.saveLeases(&h.state)
	h.preparation.save(&h.state, h.at)
	h.chain.Save(&h.state, full)
	entry := h.state.Entry()
	if full {
		tx.Snapshot(entry)
		h.snapshot, h.logged = len(entry), 0
	} else {
		tx.State(entry)
	}
	h.logged += len(entry)
}

// snapshotDue says whether a state log of so many bytes, which began with a snapshot of so many, is to be started anew. Since what is added
// must grow with the snapshot, all that is ever written of a state that grows is a small multiple of its size.
func snapshotDue(logged, snapshot int) bool {
	return logged == 0 || logged-snapshot > compactAfter+compactTimes*snapshot
}

// load applies one entry of the state log, which has so many bytes there.
func (h *host) load(r *stages.StateReader, size int) error {
	full := r.Bool()
	if full {
		h.snapshot = size
	}
	h.requests = r.Uint()
	h.loadLeases(r)
	h.preparation.load(r)
	if err := h.chain.Load(r, full); err != nil {
		return err
	}
	return r.Err()
}

// Wait implements stages.Host.
func (h *host) Wait(w stages.Waiter, timeout time.Duration) error {
	if err := h.Commit(); err != nil {
		return err
	}
	h.waiting()
	if h.isStopped() {
		return stages.ErrInterrupted
	}
	ctx, cancel := h.ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(h.ctx, timeout)
	}
	defer cancel()
	if outside := stages.OutsideOf(w); outside != 0 {
		h.slot.Rest(int(outside), h.stageNumber())
		defer h.slot.Awake()
	}
	err := h.waited(w.Wait(ctx))
	if err != nil {
		h.decline()
	}
	return err
}

// waited is the outcome of a wait as a chain knows it.
func (h *host) waited(err error) error {
	switch {
	case err == nil:
		return nil
	case h.ctx.Err() != nil:
		return stages.ErrInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return stages.ErrTimeout
	default:
		return err
	}
}

// waitShared waits with one of shm's waits until ctx's deadline.
func (h *host) waitShared(ctx context.Context, wait func(shm.Wait) (shm.WaitResult, error)) error {
	w := shm.Wait{Stage: h.stageNumber(), Hold: h.programs.hold()}
	if deadline, ok := ctx.Deadline(); ok {
		if w.Timeout = time.Until(deadline); w.Timeout <= 0 {
			return context.DeadlineExceeded
		}
	}
	if stages.IsBeside(ctx) { // what a program beside the chain says may come first
		w.OtherSources, w.Hold = true, 0
		defer context.AfterFunc(ctx, h.slot.Wake)()
	}
	result, err := wait(w)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case result == shm.TimedOut:
		return context.DeadlineExceeded
	case result == shm.Interrupted:
		return stages.ErrInterrupted
	default:
		return nil
	}
}

// Room implements stages.Host.
func (h *host) Room() int {
	room := math.MaxInt
	for _, out := range h.outboxes {
		room = min(room, out.room())
	}
	return room
}

// Deadline implements stages.Host. At the deadline the worker ends by a signal with all its programs, as if somebody had killed it.
func (h *host) Deadline(at time.Duration) {
	if h.deadline != nil {
		h.deadline.Stop()
		h.deadline = nil
	}
	if at > 0 {
		h.deadline = time.AfterFunc(max(0, at-shm.Now()), endGroup)
		at += alarmAfter
	}
	h.alarm.set(at)
}

// endGroup ends the worker, and the programs of its group.
func endGroup() {
	_ = syscall.Kill(0, syscall.SIGKILL)
}

// Cut implements stages.Host.
func (h *host) Cut() error {
	if h.unsettled() {
		return errReplay
	}
	return nil
}

// errReplay ends a worker that went through a block at one go and then met a failure, or the end of its stream, inside it. Nothing of
// the block has been committed; it is delivered again, item by item, so that exactly the items before that point are done.
var errReplay = errors.New("the block is to be worked off item by item")

// unsettled says whether more than one item is in hand that no commit has finished, and could be worked off again.
func (h *host) unsettled() bool {
	if h.chain.Spoken() || h.volatile == h.slot.Commits()+1 { // neither can be replayed
		return false
	}
	return slices.ContainsFunc(h.inboxes, (*inbox).unsettled)
}

// Volatile implements stages.Host. The supervisor hears of it before the first byte is read.
func (h *host) Volatile(pos stages.Pos) {
	commits := h.slot.Commits()
	if h.volatile == commits+1 {
		return
	}
	h.volatile = commits + 1
	h.dirty = true
	_ = send(h.control, message{Volatile: &volatileInput{Pos: pos, Commits: commits}})
}

// stack is the stack of this goroutine, for the debug log.
func stack() string {
	buf := make([]byte, 16<<10)
	return string(buf[:goruntime.Stack(buf, false)])
}

// options is what the chain is built with.
func (h *host) options() (stages.Options, error) {
	p := &h.handoff.Process
	opts := stages.Options{
		Host: h, Dir: h.handoff.Dir, Vars: h.handoff.Vars, Run: h.handoff.Run, Env: environment(), Seed: h.handoff.Seed, BlockItems: h.handoff.BlockItems,
		Self: map[string]any{
			"name": displayName(p, h.handoff.Index), "index": h.handoff.Index, "replicas": p.Replicas, "pid": os.Getpid(),
			"parent_pid": h.handoff.ParentPID, "attempt": h.handoff.Start + 1, "start_method": p.StartMethod.String(),
		},
	}
	for _, q := range h.handoff.Queues {
		opts.Resources = append(opts.Resources, q.Name)
	}
	opts.Resources = append(opts.Resources, h.primitives.names()...)
	for _, entry := range h.handoff.Processes {
		opts.Resources = append(opts.Resources, entry.Name)
	}
	var err error
	opts.Args, err = arguments(p.Args, opts)
	return opts, err
}

// environment is the worker's environment as expressions read it.
func environment() map[string]any {
	env := map[string]any{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// arguments computes a process's `args` for this replica.
func arguments(src *stages.Source, opts stages.Options) (map[string]any, error) {
	if src == nil {
		return nil, nil
	}
	scope := &stages.Scope{Vars: map[string]stages.Type{"self": stages.AnyType, "vars": stages.AnyType, "env": stages.AnyType}}
	shape, err := stages.Compile(src, scope)
	if err != nil {
		return nil, fmt.Errorf("compiling args: %w", err)
	}
	value, err := shape.Run(&stages.Env{Self: opts.Self, Vars: opts.Vars, Env: opts.Env})
	if err != nil {
		return nil, &stages.StageError{Op: "args", Pos: src.Pos, Type: "expression", Text: err.Error()}
	}
	args, ok := value.(map[string]any)
	if !ok {
		return nil, &stages.StageError{Op: "args", Pos: src.Pos, Type: "expression", Text: "args must be a mapping"}
	}
	return args, nil
}
