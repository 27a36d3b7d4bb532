package planner

import "github.com/mprun/mprun/stages"

// Walk calls visit for each stage of a chain and of all chains inside of it, in the order of the document.
func Walk(list []stages.Stage, visit func(*stages.Stage)) {
	for i := range list {
		st := &list[i]
		visit(st)
		walkField(st.Operand, visit)
		for j := range st.Sites {
			Walk(st.Sites[j].Do, visit)
		}
		if len(st.Options) > 0 {
			for _, name := range optionNames(st) {
				walkField(st.Options[name], visit)
			}
		}
		for _, h := range []*stages.Handler{st.OnError, st.OnTimeout} {
			if h != nil {
				Walk(h.Do, visit)
			}
		}
	}
}

func walkField(f stages.Field, visit func(*stages.Stage)) {
	Walk(f.Stages, visit)
	for i := range f.Branches {
		Walk(f.Branches[i].Stages, visit)
	}
}

// optionNames are the options of a stage in the order of the operator table.
func optionNames(st *stages.Stage) []string {
	var names []string
	if op := stages.Lookup(st.Op); op != nil {
		for i := range op.Options {
			if _, ok := st.Options[op.Options[i].Name]; ok {
				names = append(names, op.Options[i].Name)
			}
		}
	}
	return names
}

// eachPlace calls visit for the places of all stages of a process; inUsed says that the stage is in a chain that another uses.
func (c *compiler) eachPlace(p *process, visit func(st *stages.Stage, place *stages.Place, inUsed bool)) {
	used := map[*stages.Stage]bool{}
	Walk(p.plan.Stages, func(st *stages.Stage) {
		if st.Op == useOperator {
			Walk(st.Operand.Stages, func(inner *stages.Stage) { used[inner] = true })
		}
		if note := c.notes[st]; note == nil || note.op == nil {
			return
		}
		for i := range st.Operand.Places {
			visit(st, &st.Operand.Places[i], used[st])
		}
	})
}
