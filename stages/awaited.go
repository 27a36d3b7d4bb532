package stages

// What a chain waits for, sets and acts on beside queues, as its Host has it. Everything here is asked for by the name of a resource, and with
// the number of a member if that is a family. What changes something is part of the next commit, unless it says otherwise.

// Awaited is something that may come about.
type Awaited interface {
	Waiter
	// Holds says whether it is there now.
	Holds() bool
}

// AwaitedHost is the part of a Host that has what chains wait for.
type AwaitedHost interface {
	// Finished is that all items ever put to a queue are finished, in all its parts.
	Finished(queue Ref) (Awaited, error)
	// Ended is that a replica of a process, or with AllReplicas all of them, has ended for good, or will never run, and that what it wrote is in
	// its place.
	Ended(process Ref) (Awaited, error)
	// Event is an event of the spec; Barrier a barrier.
	Event(Ref) (Event, error)
	Barrier(Ref) (Barrier, error)
	// AnyOf waits until one of several holds.
	AnyOf(list []Awaited) Waiter
	// Control acts on processes.
	Control() Control
}

// AllReplicas is the Member of a Ref that means all replicas of a process.
const AllReplicas = -1

// Event is an event: who waits for it goes on while it is set.
type Event interface {
	Awaited
	Set(on bool)
}

// Barrier is a barrier. A worker numbers its waits at it, and writes the number down in its state before it arrives: its replacement arrives for
// the same wait again, which changes nothing, and finds how it stands.
type Barrier interface {
	// Begin gives the number of the worker's next wait, which the next commit writes down.
	Begin() int
	// Arrive arrives at once for a wait that was begun. It may be called again for the same wait: it says how that stands now. An
	// *ItemError of type "broken" says that the barrier is broken.
	Arrive(wait int) (Arrival, error)
	// At waits until the barrier may have come to a ticket, or the worker may have come to lead.
	At(ticket uint32) Waiter
	// Break breaks the barrier at once if it has not come to the ticket, until it is reset.
	Break(ticket uint32)
	// Trip opens the barrier for the ticket of who leads it.
	Trip(ticket uint32)
	// Abort breaks the barrier until it is reset; Reset makes it whole. Who waits at it fails either way.
	Abort()
	Reset()
}

// Arrival is how a wait at a barrier stands.
type Arrival struct {
	Ticket uint32
	Place  int  // how many were still to come: parties-1 for the first, 0 for the last
	Passed bool // it is over
	Later  bool // the worker has not arrived: as many as meet are there already, and it is to come again when they have gone on, at Ticket
	Leads  bool // the worker is to run the action, and then to Trip
}

// Action is what can be done to a process.
type Action string

// The actions, which are called as their operators.
const (
	StartProcess     Action = "start"
	StopProcess      Action = "stop"
	InterruptProcess Action = "interrupt"
	KillProcess      Action = "kill"
)

// Control asks the supervisor to act on processes.
type Control interface {
	// Ask asks for an action on processes, each a Ref as of AwaitedHost.Ended; signal is that of KillProcess, as SIGUSR1. It is asked with the
	// next commit, once. A false ok says that there is no room: wait for the Outlet, and ask again.
	Ask(action Action, signal string, processes []Ref) (ticket uint64, ok bool, err error)
	// Done is that what was asked with a ticket has been done.
	Done(ticket uint64) Awaited
}
