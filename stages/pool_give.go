package stages

import (
	"errors"
	"io"
)

// give emits results, as many as may be, and says whether it has got on. A row whose task has failed goes back to the front of in, with its
// failure as the error.
func (p *pooling) give(r *Run, in, out *Batch) (bool, error) {
	if ok, err := p.look(r); !ok {
		return false, err
	}
	o := p.giving
	for left := max(1, r.Limit); p.given < o.n; {
		if left == 0 {
			return true, nil
		}
		failure := o.failureOf(p.given)
		switch {
		case failure != nil && left < max(1, r.Limit):
			return true, nil // what came before it is worked off first
		case failure != nil:
			if err := p.openRows(); err != nil {
				return false, err
			}
			in.unshift(p.rows, o.from+p.given)
			p.failing = true
			return false, failure
		case o.counts.Len() == 0 && len(o.failures) == 0 && !p.echoes() && len(p.names) == 0:
			n := min(left, o.n-p.given)
			out.item.AppendRange(&o.results, p.given, p.given+n)
			p.given, p.offset, left = p.given+n, p.offset+n, left-n
		default:
			if err := p.openRows(); err != nil {
				return false, err
			}
			left -= p.giveRow(out, left)
		}
	}
	p.end()
	return true, nil
}

// giveRow emits results of one row, at most so many, and says how many.
func (p *pooling) giveRow(out *Batch, most int) int {
	o, row := p.giving, p.giving.from+p.given
	n := min(most, o.count(p.given)-p.part)
	for range n {
		if p.rows == nil {
			out.EmitNew(o.results.At(p.offset), "")
		} else {
			out.EmitPart(p.rows, row, p.part, o.results.At(p.offset))
		}
		p.part++
		p.offset++
	}
	if p.part == o.count(p.given) {
		p.given, p.part = p.given+1, 0
	}
	return n
}

// openRows reads the context of what is being given, if there is one.
func (p *pooling) openRows() (err error) {
	if p.rows != nil || p.giving.context == nil {
		return nil
	}
	p.rows, _, err = readContext(p.giving.context, p.giving.whole)
	return err
}

// look finds an outcome to be given next, and says whether there is one.
func (p *pooling) look(r *Run) (bool, error) {
	for p.giving == nil {
		if len(p.out.list) == 0 {
			return false, nil
		}
		if i := p.keptNow(); i >= 0 {
			o, err := decodeOutcome(p.out.list[i].kept, &p.results)
			if err != nil {
				return false, err
			}
			p.begin(o, true)
			break
		}
		d, err := p.answers.Lease()
		switch {
		case errors.Is(err, ErrEmpty):
			return false, nil
		case errors.Is(err, io.EOF):
			return false, p.ended(r)
		case err != nil:
			return false, err
		}
		data, _ := d.Items.At(0).([]byte)
		o, err := decodeOutcome(data, &p.results)
		if err != nil {
			return false, err
		}
		i := p.out.awaited(o.first, o.n)
		if i >= 0 && (!p.ordered || i == 0 && p.out.list[0].first == o.first) {
			p.begin(o, false)
			break
		}
		p.answers.Take(1)
		if i >= 0 {
			p.pace.learn(o)
			p.out.keep(o.first, o.n, data)
		}
	}
	return true, nil
}

// keptNow is the parcel whose outcome has been kept and is to be given; -1: there is none.
func (p *pooling) keptNow() int {
	if len(p.out.list) > 0 && p.out.list[0].kept != nil {
		return 0
	}
	return -1
}

// begin gives an outcome from now on, or goes on with it where a predecessor stood.
func (p *pooling) begin(o *outcome, taken bool) {
	if p.at != o.first {
		p.at, p.given, p.part = o.first, 0, 0
		if !taken {
			p.pace.learn(o)
		}
	}
	p.giving, p.taken, p.offset = o, taken, p.part
	for i := range p.given {
		p.offset += o.count(i)
	}
}

// end is done with an outcome.
func (p *pooling) end() {
	o := p.giving
	if !p.taken {
		p.answers.Take(1)
	}
	p.out.given(o.first, o.n)
	p.giving, p.at, p.given, p.part, p.rows = nil, -1, 0, 0, nil
	p.results.recycle()
}

// Cut drops the tasks behind one whose failure ends the stream. Where results come in any order, those are all that have not come.
func (p *pooling) Cut() { p.abandon() }

// Skip leaves out a task that has failed.
func (p *pooling) Skip() {
	if !p.failing {
		return
	}
	p.failing = false
	p.given, p.part = p.given+1, 0
}
