package stages

import "errors"

// keeper is a Node that keeps something for its worker's life, over all streams: Reset and Close are not its end.
type keeper interface {
	// letGo ends it, in good order where that can be. It may be called more than once.
	letGo() error
}

// preparer is a keeper that can start what it keeps before there is an item, in a chain that is built for practice, and hand that over.
type preparer interface {
	prepare(programs Programs)
	takeOver(from keeper)
}

// kept is a keeper and where it stands.
type kept struct {
	keeper
	stage *Stage
	uses  []Pos
}

// keep says that the node which is being built is a keeper.
func (b *Builder) keep(k keeper) { b.kept = append(b.kept, kept{k, b.stage, b.frame.uses}) }

// LetGo ends what stages keep for the life of a worker, which has nothing more to do for them: those of the chain that Build made and of all
// inside of it. It waits for that. The error is that of the first that does not end well, a *StageError.
func (c *Chain) LetGo() error {
	var first error
	for _, k := range c.kept {
		err := k.letGo()
		var item *ItemError
		if first == nil && errors.As(err, &item) {
			first = &StageError{Op: k.stage.Op, Pos: k.stage.Pos, Type: item.Type, Text: item.Message, Uses: k.uses}
		}
	}
	return first
}

// Prepare starts ahead what stages keep for the life of a worker, where nothing of that can be seen. It does not wait for it. What goes wrong
// is tried again, and told, by the chain that needs it.
func (c *Chain) Prepare(programs Programs) {
	for _, k := range c.kept {
		if p, ok := k.keeper.(preparer); ok {
			p.prepare(programs)
		}
	}
}

// TakeOver takes over what practised has prepared, a chain that was built of the same stages, and has not run.
func (c *Chain) TakeOver(practised *Chain) {
	for i, k := range c.kept {
		if p, ok := k.keeper.(preparer); ok && i < len(practised.kept) {
			p.takeOver(practised.kept[i].keeper)
		}
	}
}
