package stages

import "errors"

// acking is `ack`: the item that the row comes from, got with `ack: manual`, is finished with the next commit. Rows of one item may come
// several times; the first counts.
//
// An item got with `ack: manual`, in the states it goes through, and what a death does to it:
//
//	waiting --get--> in hand --ack, commit--> finished
//	   ^                |
//	   |                | has left the chain, or was left out, without ack: handed out again, one delivery more
//	   |                '--> in hand ... more than max_deliveries: dead_letter, or the run fails
//	   '-- its worker ends for good, or dies before anything of the item was committed
//
// A worker that dies while rows of the item are in flight, and were committed, is replaced and goes on with them: that is no new
// delivery, and nothing is put or printed twice. One that dies behind the ack, but before the commit, does it again from there. A new
// delivery goes through the whole chain again; what an earlier one had put, printed or run stays. `delivery.id` is the same then, and
// `delivery.attempt` higher.
type acking struct{ inbox Inbox }

func buildAck(b *Builder, _ *Stage) (Node, error) {
	if b.manual == nil {
		return nil, errors.New("no get with ack: manual stands before it")
	}
	return acking{b.manual}, nil
}

func (n acking) Step(_ *Run, in, out *Batch) error {
	n.inbox.Ack()
	rows := in.Len()
	out.EmitRows(in, 0, rows)
	in.Drop(rows)
	return nil
}
