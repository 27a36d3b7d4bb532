package stages

import (
	"context"
	"errors"
	"io"
	"time"
)

// Host is what a chain needs of the process that runs it. The chain calls it from one goroutine.
type Host interface {
	AwaitedHost

	// Inbox is the reading end of a queue, or of several: then it gives what any of them has, each in its turn, until all have ended.
	// Outbox is the writing end of a queue. They are asked for when the chain is built, always in the same order.
	Inbox(from ...Ref) (Inbox, error)
	Outbox(to Ref) (Outbox, error)
	// Cell is the memory of a value or an array. It is asked for when the chain is built.
	Cell(ref Ref) (Cell, error)
	// Limiter is the limit with that number in the plan: Stage.Limit of a `throttle`. It is asked for once, when the chain is built.
	Limiter(number int) (Limiter, error)
	// Lock is what a chain can hold by that name: a lock, a semaphore, or the lock that goes with a condition, a value or an array. It is the
	// same Lock for all who ask.
	Lock(ref Ref) (Lock, error)
	// Condition is the condition of that name.
	Condition(ref Ref) (Condition, error)
	// Outlet is where what leaves the run goes: standard output and error, files, results, the log.
	Outlet() Outlet
	// Programs runs other programs.
	Programs() Programs
	// Resources gives the run's resources as expressions read them.
	Resources() Resources

	// Now is the time by which pauses, timeouts, ticks and windows go: since some moment before the machine's workers began, the same for
	// all of them and unmoved by who sets the clock (CLOCK_MONOTONIC, clock_gettime(2)), so that a replacement goes by it on. It is above 0.
	Now() time.Duration
	// Checkpoint is called before a source makes more items: everything behind it has been worked off. It commits when enough has
	// come together or somebody waits for it. ErrInterrupted says that sources shall stop.
	Checkpoint() error
	// Commit makes visible everything since the last commit and writes down where the chain stands.
	Commit() error
	// Undo drops what was put, printed, stored, released, acknowledged and the like since the last commit, and gives back the items that were
	// taken since (Inbox.TakenBack); what was taken from locks stays so.
	Undo() error
	// Wait commits, then waits for w. A zero timeout means for ever; else ErrTimeout. ErrInterrupted ends the chain. Beside and Pause may
	// be the Waiter.
	Wait(w Waiter, timeout time.Duration) error
	// Volatile says that input which cannot be read again is about to be read by the stage at pos; the next commit ends that.
	// If the worker dies between, the run fails naming that stage.
	Volatile(pos Pos)
	// Room is how many items the queues that the chain puts to have room for, as far as that can be seen: the least of them. It is a
	// hint, by which sources make no more than can go on.
	Room() int
	// Deadline has the worker end at once at that time of Now, unless it is called again before, and be replaced; 0: it does not.
	Deadline(at time.Duration)
	// Cut is called when a stage has ended the stream and rows before it are about to be dropped. An error ends the chain.
	Cut() error
}

// Ref names a resource of the run.
type Ref struct {
	Name   string
	Member int // of a family, from 0
}

// Waiter is something a stage waits for.
type Waiter interface {
	// Wait returns nil when what was waited for may have come (look again), or ctx's error.
	Wait(ctx context.Context) error
}

// WaitFunc is a function as a Waiter.
type WaitFunc func(ctx context.Context) error

// Wait calls the function.
func (f WaitFunc) Wait(ctx context.Context) error { return f(ctx) }

// Inbox is the reading end of a queue. What it hands out is in this chain's hands until it is taken (Take) and that is committed.
type Inbox interface {
	Waiter
	// Lease gets the next block of items. It returns io.EOF when the queue is closed and empty for good, and ErrEmpty when nothing
	// is there now. The block before it, all of whose items have been taken, is finished with the next commit.
	Lease() (Delivery, error)
	// Ready says whether Lease may have something else than ErrEmpty; it costs little.
	Ready() bool
	// Take says that the chain has taken n more items of the current delivery.
	Take(n int)
	// TakenBack says, once, that an Undo has given back items of the current delivery: what is left of it is to be leased again, from the
	// first of them on.
	TakenBack() bool
	// Manual says, before the first Lease, that items are finished by Ack alone. Then a delivery is one item, and a Lease that finds
	// the item before it not acknowledged delivers that one again, with a higher Attempt.
	Manual()
	// Ack says that the item that was taken last is finished with the next commit. It may be called again for the same item.
	Ack()
}

// Delivery is a block of items in a chain's hands.
type Delivery struct {
	Items   Column
	Queue   string // the name of the queue, or of its part
	First   uint64 // number of Items[0] among all items of the queue: with the name, its identity, however items share blocks
	Attempt int    // 1 at the first delivery
	Single  bool   // to be worked off item by item, with a commit after each: an earlier delivery ended in a death
}

// Outbox is the writing end of a queue. What is put becomes visible with the next commit.
type Outbox interface {
	Waiter
	// Put stages the items from up to, but without, to of c and returns how many there was room for; the rest must Wait.
	// ErrNoReaders says that every reader has ended.
	Put(c *Column, from, to int) (int, error)
}

// Limiter is a rate that all replicas of a process share.
type Limiter interface {
	// Take takes a turn of key (which is empty where there is one rate for all) at now, which is Host.Now, if the one before was at least
	// about interval ago, and gives 0. Else it takes none and says how long to wait before asking again. A turn is never taken too
	// early, whoever dies.
	Take(key []byte, now, interval time.Duration) (wait time.Duration)
}

// Stream says where a text of the Outlet goes.
type Stream uint8

const (
	// Stdout is the run's standard output.
	Stdout Stream = iota + 1
	// Stderr is its standard error.
	Stderr
)

// Outlet is what leaves the run: whole texts in order, each exactly once, with the commit. A false result says that there is no
// room: Wait, and call again.
type Outlet interface {
	Waiter
	// Print writes text, whole lines or not, to a standard stream.
	Print(to Stream, text []byte) (bool, error)
	// PrintFile prints what a file in the folder of Programs.Spill holds, in one piece, and removes it.
	PrintFile(to Stream, path string) (bool, error)
	// Write appends data to a file of the run, which is compressed as PackingOf has it, unless it is Raw.
	Write(to File, data []byte) (bool, error)
	// Result sets or appends a value under name in the run's report.
	Result(name string, value any) (bool, error)
	// Skipped counts an item whose program need not run, because what it creates is up to date.
	Skipped() (bool, error)
	// Log is a line of the run's log: level is debug, info, warning or error.
	Log(level, text string) (bool, error)
}

// File is a file that a chain writes.
type File struct {
	Path    string // "-" is standard output
	Appends bool   // to what is there, and at once; else the file appears when all its writers ended well
	Header  string // what it begins with, written when it is empty; all its writers give the same. "": anything
	Lines   bool   // its records are lines: one that is there and has no end is ended before
	Raw     bool   // its name does not say how it is compressed
	Pos     Pos    // of the stage
}

// Program is a program to be run for an item or for a worker's life.
type Program struct {
	Words  []string // Words[0] is looked up in PATH
	Env    []string // NAME=value, added to the worker's
	Dir    string
	Stdin  io.Reader // nil: empty
	Stdout io.Writer // nil: dropped
	Stderr io.Writer // nil: the log

	LogsOutput bool // standard output goes where standard error goes, in place of Stdout
	Aside      bool // of Start: its Stdin and Stdout are descriptors asideIn and asideOut, its own standard streams are as for LogsOutput and empty
}

// The descriptors of a program that is talked to Aside.
const (
	asideIn  = 3
	asideOut = 4
)

// Programs runs programs. They belong to the worker's process group and die with it.
type Programs interface {
	// Run runs p to its end. A program that fails gives *ExitError. When ctx ends the program is ended too.
	Run(ctx context.Context, p Program) error
	// Start starts p, which lives beside the chain.
	Start(p Program) (Running, error)
	// Guard has what will be at path, a file or a folder, removed should the worker or the whole run die before Unguard, and in the end
	// those of the folders around it that are missing now, if they stay empty. When it returns that is certain.
	Guard(path string) error
	Unguard(path string)
	// Spill is the absolute path of a folder for files of the run, which whoever needs it makes. It goes with the run, however that ends.
	Spill() string
}

// Running is a program that was started.
type Running interface {
	// Stdin is the program's standard input; closing it is its end of stream.
	Stdin() io.WriteCloser
	// Stdout is the program's standard output.
	Stdout() io.Reader
	// Wait waits for the end: nil or *ExitError.
	Wait() error
	// Kill ends it.
	Kill()
}

// ExitError is the end of a program that failed.
type ExitError struct {
	Program string
	Code    int    // -N after signal N
	Stderr  string // the last lines of its standard error
}

// Error names the program, how it ended and what it said last.
func (e *ExitError) Error() string { return exitText(e) }

var (
	// ErrEmpty says that a queue has nothing to give at the moment.
	ErrEmpty = errors.New("queue is empty")
	// ErrNoReaders says that all readers of a queue have ended, so that nobody wants what is put to it.
	ErrNoReaders = errors.New("all readers have ended")
	// ErrTimeout says that a wait took longer than the stage allows.
	ErrTimeout = errors.New("timed out")
	// ErrRetired is returned by a stage of a worker that wants to be replaced, having committed everything.
	ErrRetired = errors.New("retired")
	// ErrInterrupted says that the run is being stopped.
	ErrInterrupted = errors.New("interrupted")
)
