package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// fakeName is a queue's name in the world of a test: jobs, or jobs[2] for a member of a family that is not its first.
func fakeName(ref Ref) string {
	if ref.Member == 0 {
		return ref.Name
	}
	return fmt.Sprintf("%s[%d]", ref.Name, ref.Member)
}

// fakeMerged is the reading end of several queues, which take turns.
type fakeMerged struct {
	ends []*fakeInbox
	at   int // whose block is in hand
	turn int // who is asked first
}

func (m *fakeMerged) Wait(context.Context) error { return nil }

// Lease gives the rest of a block in hand first: the one that a dead predecessor had begun.
func (m *fakeMerged) Lease() (Delivery, error) {
	for i, in := range m.ends {
		if len(in.queue.blocks) > 0 && in.at > 0 && in.at < in.queue.blocks[0].Len() {
			m.at = i
			return in.Lease()
		}
	}
	answer := io.EOF
	for range m.ends {
		m.turn = (m.turn + 1) % len(m.ends)
		in := m.ends[m.turn]
		d, err := in.Lease()
		switch {
		case err == nil:
			m.at = m.turn
			return d, nil
		case errors.Is(err, ErrEmpty):
			answer = ErrEmpty
		case !errors.Is(err, io.EOF):
			return d, err
		}
	}
	return Delivery{}, answer
}

func (m *fakeMerged) TakenBack() bool { return m.ends[m.at].TakenBack() }

func (m *fakeMerged) Ready() bool {
	for _, in := range m.ends {
		if in.Ready() {
			return true
		}
	}
	return false
}

func (m *fakeMerged) Take(n int) { m.ends[m.at].Take(n) }
