package runtime

import (
	"fmt"
	"strconv"

	"github.com/mprun/mprun/stages"
)

// Inbox implements stages.Host.
func (h *host) Inbox(from ...stages.Ref) (stages.Inbox, error) {
	var ends []*inbox
	for _, ref := range from {
		part, err := h.partToRead(ref)
		if err != nil {
			return nil, err
		}
		in := &inbox{host: h, queue: h.arena.Queue(part.index), part: part, def: part.def}
		h.inboxes = append(h.inboxes, in)
		ends = append(ends, in)
	}
	if len(ends) == 1 {
		return ends[0], nil
	}
	return newMerged(h, ends), nil
}

// partToRead is the part of a queue that this replica reads.
func (h *host) partToRead(ref stages.Ref) (*arenaPart, error) {
	for i := range h.parts {
		p := &h.parts[i]
		if p.def.Name == ref.Name && p.member == ref.Member && p.isReadBy(h.handoff.Process.Name, h.handoff.Index) {
			return p, nil
		}
	}
	return nil, fmt.Errorf("the plan has no queue %s for this process to read", refText(ref))
}

// Outbox implements stages.Host.
func (h *host) Outbox(to stages.Ref) (stages.Outbox, error) {
	if out, ok := h.fanOuts[to]; ok {
		return out, nil
	}
	var parts []*arenaPart
	for i := range h.parts {
		if p := &h.parts[i]; p.def.Name == to.Name && p.member == to.Member {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("the plan has no queue %s", refText(to))
	}
	var out stages.Outbox
	if len(parts) == 1 {
		out = h.outboxOf(parts[0])
	} else {
		var err error
		if out, err = newFanOut(h, parts); err != nil {
			return nil, err
		}
	}
	if store := parts[0].def.Store; store != nil {
		out = &typedOutbox{box: out, store: store, queue: refText(to)}
	}
	h.fanOuts[to] = out
	return out, nil
}

// outboxOf is the writing end of a part.
func (h *host) outboxOf(p *arenaPart) *outbox {
	out := h.outboxes[p.index]
	if out == nil {
		out = newOutbox(h, p)
		h.outboxes[p.index] = out
	}
	return out
}

// refText names a queue, with its number in the family unless that is the first.
func refText(ref stages.Ref) string {
	if ref.Member == 0 {
		return ref.Name
	}
	return ref.Name + "[" + strconv.Itoa(ref.Member) + "]"
}
