package stages

// section is a stretch of a chain that becomes visible as one step: what a `lock` does. Nothing is committed inside, but by a stage that
// waits, which others may have to see the outcome of.
type section struct {
	waited bool // a stage has just waited, so that all is committed
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
