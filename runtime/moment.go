package runtime

import "slices"

// moment is an item at which a worker stands still until the supervisor, who is told, has had a fault happen: Plan.Faults. While it stands
// the item is in its hands, and nothing that came of it is finished.
type moment struct {
	Fault  int    `json:"fault"` // number in the plan
	Queue  string `json:"queue"`
	Member int    `json:"member,omitempty"`
	Item   uint64 `json:"item"`
	Phase  phase  `json:"phase"`

	inHand bool
	passed bool
}

// phase says where in the work on an item its worker stands still. It depends on the seed, so that several runs try several.
//
//	taken      nothing has been done yet
//	waiting    the chain waits in the middle, what came before is committed; or else as committing, where it does not wait
//	committing everything has been done, and nobody can see it yet
type phase uint8

const (
	phaseInvalid phase = iota
	phaseTaken
	phaseWaiting
	phaseCommitting
	phases = 3
)

// String is the phase's word.
func (p phase) String() string {
	switch p {
	case phaseTaken:
		return "taken"
	case phaseWaiting:
		return "waiting"
	case phaseCommitting:
		return "committing"
	default:
		return "invalid"
	}
}

// phaseOf is the phase of the faults at an item of the plan, the nth from 0: three seeds in a row give all of them. Faults at the same item
// have the same, so that nothing gets on between them.
func phaseOf(seed int64, nth int) phase {
	return phaseTaken + phase((uint64(seed)+uint64(nth))%phases)
}

// taking notes which moments have come with the items of a block from number from up to, but without, to.
func (h *host) taking(p *arenaPart, from, to uint64) {
	for i := range h.moments {
		m := &h.moments[i]
		if m.passed || !m.isAmong(p, from, to) {
			continue
		}
		if m.inHand = true; m.Phase == phaseTaken {
			h.standStill(m)
		}
	}
}

// resuming notes which moments have come with items, numbered as for taking, that the last owner of the slot had taken. Those that are
// in flight still are in this worker's hands; for those that were finished there is no moment left, as it would have come before that.
func (h *host) resuming(p *arenaPart, from, to uint64) {
	for i := range h.moments {
		m := &h.moments[i]
		m.inHand = m.inHand || m.isAmong(p, from, to)
	}
}

// isAmong says whether the item is one of those of a part from number from up to, but without, to.
func (m *moment) isAmong(p *arenaPart, from, to uint64) bool {
	return m.Queue == p.def.Name && m.Member == p.member && m.Item >= from && m.Item < to
}

// committing is before a commit takes place; standing says that rows will be in flight behind it. Else, and with what has been acknowledged,
// it is the last moment at which an item is in hand.
func (h *host) committing(standing bool) {
	if len(h.moments) == 0 {
		return
	}
	standing = standing && !slices.ContainsFunc(h.inboxes, func(in *inbox) bool { return in.acked })
	for i := range h.moments {
		if m := &h.moments[i]; m.inHand && !m.passed && (m.Phase != phaseWaiting || !standing) {
			h.standStill(m)
		}
	}
}

// waiting is before the chain waits, behind the commit.
func (h *host) waiting() {
	if len(h.moments) == 0 || !h.chain.Standing() {
		return
	}
	for i := range h.moments {
		if m := &h.moments[i]; m.inHand && !m.passed && m.Phase == phaseWaiting {
			h.standStill(m)
		}
	}
}

// standStill tells the supervisor that a moment has come, and waits for its word, for the end of the run, or for being killed.
func (h *host) standStill(m *moment) {
	m.passed = true
	if send(h.control, message{Reached: &m.Fault}) != nil {
		return
	}
	select {
	case <-h.goOn:
	case <-h.ctx.Done():
	}
}
