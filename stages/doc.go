// Package stages is what a process of mprun does with its items: the operator table, the expressions, and the machine that runs a
// chain of stages. It talks to no process and no shared memory: what it needs of the world it asks of a Host.
//
// # Key types
//
//   - Column is a sequence of items, unboxed where they are of one kind. AppendColumn and DecodeColumn are its form in a queue.
//     Where only some fields of what was read are wanted, it holds the records as they stood in the file (Records).
//   - Batch is the rows that stand before a stage: items, the values bound by `as`, identities.
//   - Stage is a stage as the planner has decoded it, a Source a field of it whose value is computed for each item.
//   - Operator is a row of the operator table (Operators, Lookup): what the planner, the schema and the workers know of it.
//   - Expr and Shape are compiled fields; RowExpr is one bound to the rows of a Batch.
//   - Builder makes a Node of a Stage, and Build a Chain of Nodes.
//   - Chain is the machine, StateWriter and StateReader what it writes down of itself.
//
// # Invariants
//
// Batches are invisible: results, order, effects and errors are those of item after item. Three rules make that so. The stage
// furthest down that has something to do goes first (Chain.Advance). A Step that comes to a row which fails ends before it, so
// that the rows before it are worked off first (Node.Step). A chain in which a batch could be noticed nevertheless takes its items
// one by one (Narrow). A test holds random chains in batches of several sizes against themselves item by item.
//
// Death is invisible: everything that a chain knows is in its batches and in the fields that its nodes save, at every moment at
// which the Host may commit, which is inside of Checkpoint, Commit, Wait and Cut. A node calls these only when its input, its
// output and its fields say exactly where it stands. What is saved is what has changed since the last Save, so that a commit costs
// what was done since the last one and not what has ever been done; a Save whose commit did not come about must be followed by a
// full one. A test kills random chains at random calls of the Host and holds the outcome against that of one life.
//
// # What becomes of an item when the worker dies
//
//   - Before the row was taken from the queue in a commit: it is still in the queue, and is delivered again.
//   - Between two stages: the row was written down before the stage that it waits for, and goes on there.
//   - While a stage works on it, with no commit since: the stage does it again. What it had put, printed or stored was not
//     committed either and is gone. Only a program that was called sees it twice; `delivery.id` is the same both times.
//   - While a stage waits, or is in the middle of a row with many results: the node has saved how far it has come.
//   - In a handler (`on_error`): the failure is saved with the handler's chain, and the handler goes on.
//   - In a pause (`sleep`, `retry`), between two items of `every`, in a window (`batch`, `reduce`): the pause, the period, the window
//     ends when it would have, by a clock that all workers of the machine share.
//   - Inside of a `lock`, where nothing has waited since: the lock is free again, nothing was changed, and the stage begins again. Where a
//     stage inside waits, or behind `acquire`: what is held stays with the replacement, which goes on there.
//   - Waiting for a condition: it waits on, or finds that it was notified meanwhile.
//   - Waiting for its turn (`throttle`): it waits again. The turn of one that dies with it is lost: the rate is kept.
//
// # Who owns what
//
// A Chain, its Nodes, its Batches and its RowExprs belong to one goroutine. Items are never changed once made, so they are shared
// freely; so are compiled Exprs and Shapes, the operator table, and Stages after Build. A Column that an Inbox hands out is the
// chain's until the next Lease.
package stages
