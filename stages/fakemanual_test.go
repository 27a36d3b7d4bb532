package stages

import "io"

// fakeDeliveries is how often an item is delivered by a fakeInbox without being acknowledged; then it goes to the queue "dead".
const fakeDeliveries = 3

// Manual makes the inbox hand out item by item. What a dead predecessor had in hand is in hand still.
func (q *fakeInbox) Manual() {
	q.manual, q.at, q.returned = true, q.queue.taken, q.queue.returned
}

func (q *fakeInbox) Ack() {
	if q.at > q.queue.cursor {
		q.acked = true
	}
}

// leaseOne is Lease where items are acknowledged.
func (q *fakeInbox) leaseOne() (Delivery, error) {
	if q.at > q.queue.cursor {
		if !q.acked {
			q.at--
			q.returned++
		}
		if err := q.host.Commit(); err != nil {
			return Delivery{}, err
		}
	}
	if len(q.queue.blocks) == 0 {
		return Delivery{}, io.EOF
	}
	if ask(q.host.empty) {
		return Delivery{}, ErrEmpty
	}
	block := &q.queue.blocks[0]
	if q.returned == fakeDeliveries {
		letter := ColumnOf(block.At(q.at))
		out, _ := q.host.Outbox(Ref{Name: "dead"})
		if _, err := out.Put(&letter, 0, 1); err != nil {
			return Delivery{}, err
		}
		q.at++
		q.acked = true
		return q.leaseOne()
	}
	return Delivery{Items: block.Slice(q.at, q.at+1), Queue: q.name, First: q.number(), Attempt: 1 + q.returned, Single: true}, nil
}

// commitOne moves the cursor over an item that was acknowledged.
func (q *fakeInbox) commitOne() {
	if q.acked {
		q.queue.cursor, q.acked, q.returned = q.at, false, 0
	}
	if len(q.queue.blocks) > 0 && q.queue.cursor == q.queue.blocks[0].Len() {
		q.queue.blocks = q.queue.blocks[1:]
		q.at, q.queue.cursor = 0, 0
	}
	q.queue.taken, q.queue.returned = q.at, q.returned
}

func (m *fakeMerged) Manual() {
	for _, in := range m.ends {
		in.Manual()
	}
}

func (m *fakeMerged) Ack() { m.ends[m.at].Ack() }

func (q *slowInbox) Ready() bool { return true }

func (q *slowInbox) Manual() {}
func (q *slowInbox) Ack()    {}

func (q *slowInbox) TakenBack() bool { return false }
