package stages

// section is a stretch of a chain that becomes visible as one step: what a `lock` does. Nothing is committed inside, but by a stage that
// waits, which others may have to see the outcome of.
type section struct {
	waited bool // a stage has just waited, so that all is committed
}

// SectionBytes bounds what a section may change of values and arrays before it commits, in bytes of the log that makes it one step. Bytes
// that are changed as a whole (a row, a text, `apply`) count as themselves and 512 more, a single number as 512, a float that is added to a
// number that was added to before as 32.
const SectionBytes = 256 << 20

// fits is an item error if n bytes more at the place of a row are too much for the section. Outside of one there is no bound: what has come together
// is committed.
func (r *Run) fits(p *cellPlace, row int, n int64) error {
	if r.section == nil || p.found[row].cell.Room(n) {
		return nil
	}
	return Failf("too-large", "%s: what is changed inside of `lock` takes effect at once, and may be %d MiB at most: %d bytes more are too much; change it in parts, each in a `lock` of its own",
		p.written(row, len(p.index)), SectionBytes>>20, n)
}

// Commit makes visible everything since the last commit, unless that is part of a section.
func (r *Run) Commit() error {
	if r.section != nil {
		return nil
	}
	return r.Host.Commit()
}

// Checkpoint is Host.Checkpoint, but of a section, which goes on to its end.
func (r *Run) Checkpoint() error {
	if r.section != nil {
		return nil
	}
	return r.Host.Checkpoint()
}

// mayCall says whether the chain may give way to stages behind the one that it is inside of: in a section only where all is committed.
func (r *Run) mayCall() bool { return r.section == nil || r.section.waited }
