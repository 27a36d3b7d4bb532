package stages

// A worker in reserve builds its chain once for practice, and has that prepare (Chain.Prepare): each `python` stage starts its interpreter,
// which loads the modules of the function and of `init`, and waits. `init` is not called: it belongs to the life of a worker, and may do what
// can be seen. The chain that is built when it counts takes the interpreter over, and tells it to begin.
//
//	who ends                         then
//	the worker in reserve            its interpreter dies with it, as any program of a worker
//	the interpreter, killed          the worker does not know; when it needs one it starts another
//	a module that cannot be loaded   the same: the new one fails as it would have without a reserve, or does not, as there is the file now
//	the chain, without an item       the interpreter is killed: nobody has seen anything of it
//
// Where the settings are not those of practice, as an expression in them reads `self.index`, the interpreter is of no use, and is ended.

// prepare starts an interpreter. Whether that works is seen when it counts.
func (n *pythonNode) prepare(programs Programs) {
	n.spare, _ = n.launch(programs, true)
}

// takeOver takes over the interpreter that another node has prepared.
func (n *pythonNode) takeOver(from keeper) {
	other, ok := from.(*pythonNode)
	if !ok {
		return
	}
	if n.settings.isAs(&other.settings) {
		n.spare, other.spare = other.spare, nil
	}
	other.dropSpare()
}

// takeSpare gives the interpreter that was started ahead, if there is one and it has not ended.
func (n *pythonNode) takeSpare() *talk {
	if n.spare != nil && n.spare.hasEnded() {
		n.dropSpare()
	}
	t := n.spare
	n.spare = nil
	return t
}

func (n *pythonNode) dropSpare() {
	if n.spare != nil {
		_ = n.spare.Close()
		n.spare = nil
	}
}
