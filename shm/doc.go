// Package shm is the shared memory of a run: one arena with queues, and one slot for each worker process, in which
// every worker may be killed (SIGKILL) between any two instructions without an item being lost, doubled or held for ever.
//
// # Key types
//
//   - [Arena] is the mapped memory. The supervisor calls [Create] and hands [Arena.Files] to its workers, which call [Open].
//   - [Slot] is one worker's place: its owner tag, its redo record, its committed state. Taken with [Arena.Attach].
//   - [Queue] holds blocks of items. Writers call [Queue.Reserve], readers [Queue.Lease].
//   - [Lock], [Semaphore], [Condition], [Event], [Barrier] and [Array] are the primitives.
//   - [Tx] joins outputs, inputs, stage state and changes of primitives into one step, made by [Slot.Commit].
//
// # Invariants
//
// The table of blocks is the truth about a queue; the ring (the order), the counts and the map of free blocks are hints,
// rebuilt from the table by whoever holds the queue's lock when the queue is dirty. Every change of ownership is one
// compare-and-swap that also writes the owner (slot and epoch). One store of the slot's record word makes a commit;
// what follows it is redone by [Arena.Recover] when the worker dies. Recovery takes no lock, waits for nobody, and may be
// interrupted anywhere and run again. Bytes of the arena are read once and checked against the layout, which is kept
// outside the arena: corrupt memory gives [ErrCorrupt], never a fault.
//
// # Lock order
//
// A queue's lock is a leaf: nobody takes a second lock, waits, allocates a block of another queue or makes a commit while
// holding it. So is the inner lock of a primitive, but for a commit, which takes those of all that it changes, in the order of
// Config.Primitives. Locks of the spec are taken before any of these. The supervisor's recovery takes none at all. Arena.recovering (a mutex of the process) is taken before any step of a
// recovery and never by a worker.
//
// # What it does not do
//
// It starts, waits for and kills no process: proof of death is the caller's (a pidfd and the reaped child). It knows nothing of
// the form of items: payloads are bytes. It is Linux only (futex, memfd), on 64-bit little-endian machines.
//
// The layout and what happens at each point of a death are drawn in README.md; the protocols are checked by the models in
// models/.
package shm
