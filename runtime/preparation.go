package runtime

import (
	"fmt"
	"time"

	"github.com/mprun/mprun/stages"
)

// preparation is what a worker does once, before it works on items: the `init` of a pool, the start of an interpreter with what it loads. No item
// is to blame for a death there. That it is at work on it is part of what its commits write down:
//
//	at rest --begun--> preparing --over--> at rest
//	                     |  ^
//	                     '--' a death: the replacement prepares anew; not without end
//
// One preparation may be part of another, as a Python in the `init` of a pool: then it is that one's.
type preparation struct {
	what   string     // in words; "": at rest
	depth  int        // preparations within each other
	op     string     // of the stage that it was at when that was written down,
	pos    stages.Pos // and where that stands
	deaths int        // in a row
	slow   *time.Timer
}

// preparationPatience is how long a preparation may take before the log says what the worker is at: it may well hang, and tasks wait for it.
const preparationPatience = 10 * time.Second

// preparing is stages.Run.Preparing.
func (h *host) preparing(what string) {
	p := &h.preparation
	h.dirty = true
	if what == "" {
		if p.depth--; p.depth > 0 {
			return
		}
		p.slow.Stop()
		*p = preparation{}
		return
	}
	if p.depth++; p.depth > 1 {
		return
	}
	p.what = what
	p.slow = time.AfterFunc(preparationPatience, func() {
		_ = send(h.control, message{Warning: fmt.Sprintf("%s has been at work for %s (`mprun why` says at what); items wait for it, and no timeout of theirs counts that", what, preparationPatience)})
	})
}

// stepped says that the preparation has come to another stage since the last commit.
func (p *preparation) stepped(at *stages.Stage) bool {
	return p.what != "" && at != nil && p.pos != at.Pos
}

// save writes down what is being prepared, and at which stage.
func (p *preparation) save(w *stages.StateWriter, at *stages.Stage) {
	w.Int(p.deaths)
	w.Text(p.what)
	if p.what == "" {
		return
	}
	if at != nil {
		p.op, p.pos = at.Op, at.Pos
	}
	w.Text(p.op)
	w.Text(p.pos.File)
	w.Int(p.pos.Line)
	w.Int(p.pos.Col)
}

func (p *preparation) load(r *stages.StateReader) {
	*p = preparation{deaths: r.Int(), what: r.Text()}
	if p.what != "" {
		p.op, p.pos = r.Text(), stages.Pos{File: r.Text(), Line: r.Int(), Col: r.Int()}
	}
}

// mostPreparations bounds how many workers may die in a row while they prepare, where no queue says how often items are delivered: half of the
// deaths by which a worker is given up that gets nowhere, so that it is this that tells.
const mostPreparations = maxBarren / 2

// leastPreparations is how many there are however seldom items may be delivered.
const leastPreparations = 3

// unprepared deals with a worker that died while it prepared: what it had in hand was not delivered to anything. After so many deaths as an item
// is given up for, the stage has failed.
func (h *host) unprepared() error {
	p := &h.preparation
	if p.what == "" {
		return nil
	}
	most := mostPreparations
	for _, in := range h.inboxes {
		if in.block != nil {
			in.counted += in.block.Tries() - in.delivered
		}
		if in.def.MaxDeliveries > 0 {
			most = min(most, max(leastPreparations, in.def.MaxDeliveries))
		}
	}
	last := *p
	*p = preparation{deaths: last.deaths + 1}
	if p.deaths < most {
		return nil
	}
	return &stages.StageError{
		Op: last.op, Pos: last.pos, Type: "preparation",
		Text: fmt.Sprintf("%d workers died in a row here, before their first item: %s%s [preparation]", p.deaths, last.what, h.diedOf()),
	}
}
