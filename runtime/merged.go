package runtime

import (
	"context"
	"errors"
	"io"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// merged is the reading end of several queues: it implements stages.Inbox. The queues take turns, block by block, so that none waits for
// another; at most one block of them all is in hand.
type merged struct {
	host  *host
	ends  []*inbox
	ended []bool
	at    int // whose turn it was last

	waiting []*shm.Queue // that have not ended
}

func newMerged(h *host, ends []*inbox) *merged {
	return &merged{host: h, ends: ends, ended: make([]bool, len(ends)), at: len(ends) - 1}
}

// Lease implements stages.Inbox.
func (m *merged) Lease() (stages.Delivery, error) {
	if in := m.inHand(); in != nil {
		if err := in.finish(); err != nil {
			return stages.Delivery{}, err
		}
		if in.block != nil {
			m.at-- // it goes on with the rest of it
		}
	}
	for range m.ends {
		m.at = (m.at + 1) % len(m.ends)
		if m.ended[m.at] {
			continue
		}
		d, err := m.ends[m.at].Lease()
		switch {
		case errors.Is(err, io.EOF):
			m.ended[m.at] = true
		case !errors.Is(err, stages.ErrEmpty):
			return d, err
		}
	}
	for _, ended := range m.ended {
		if !ended {
			return stages.Delivery{}, stages.ErrEmpty
		}
	}
	return stages.Delivery{}, io.EOF
}

// inHand is the end that has a block, and makes the next turn that of the one behind it.
func (m *merged) inHand() *inbox {
	for i, in := range m.ends {
		if in.block != nil {
			m.at = i
			return in
		}
	}
	return nil
}

// Ready implements stages.Inbox.
func (m *merged) Ready() bool {
	for i, in := range m.ends {
		if !m.ended[i] && in.Ready() {
			return true
		}
	}
	return false
}

// Take implements stages.Inbox.
func (m *merged) Take(n int) {
	if in := m.inHand(); in != nil {
		in.Take(n)
	}
}

// TakenBack implements stages.Inbox.
func (m *merged) TakenBack() bool {
	in := m.inHand()
	return in != nil && in.TakenBack()
}

// Wait implements stages.Waiter. The wait record names all queues that have not ended: whether a cycle is at rest is seen by that.
func (m *merged) Wait(ctx context.Context) error {
	m.waiting = m.waiting[:0]
	for i, in := range m.ends {
		if !m.ended[i] {
			m.waiting = append(m.waiting, in.queue)
		}
	}
	return m.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return m.host.slot.WaitReadable(m.waiting, w) })
}
