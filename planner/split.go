package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkSplits finds sources in replicas that cannot be shared as the spec says, and warns of those that each replica gives whole.
func (c *compiler) checkSplits() {
	for _, p := range c.processes {
		if p.plan.Replicas > 1 {
			s := sharing{compiler: c, process: p}
			s.chain(p.plan.Stages, true)
			s.whole(inlined(p.plan.Stages))
		}
	}
}

// sharing is where a chain of a process with replicas stands.
type sharing struct {
	*compiler
	process *process
}

// chain follows a chain and says whether each replica has the same items behind it; same says that of those before it.
func (s *sharing) chain(list []stages.Stage, same bool) bool {
	for i := range list {
		st := &list[i]
		note := s.notes[st]
		if note == nil || note.op == nil {
			return false
		}
		for _, h := range []*stages.Handler{st.OnError, st.OnTimeout} {
			if h != nil {
				s.chain(h.Do, same)
			}
		}
		behind := s.chain(st.Operand.Stages, same)
		if st.Op == useOperator {
			same = behind
		}
		for j := range st.Operand.Branches {
			behind := s.chain(st.Operand.Branches[j].Stages, same)
			if note.op.Operand.Kind == stages.BranchesField {
				same = same && behind
			}
		}
		if note.op.Takes {
			same = false
		} else if note.op.Source && isSplit(st) {
			s.split(note, same)
			same = false
		}
	}
	return same
}

// split reports a source that is to be shared where the replicas have different items.
func (s *sharing) split(note *stageNote, same bool) {
	e := note.node.Get("split")
	if same || e == nil {
		return
	}
	s.errorIn(e.Key.At(), e.Value, CodeSplit, "leave it out; split belongs to the first source of a chain",
		"the replicas of %s have different items here, so that there is nothing to share", s.process.plan.Name)
}

// isSplit says whether a source is shared, always or for some items.
func isSplit(st *stages.Stage) bool {
	src := st.Options["split"].Source
	return src != nil && (src.Kind != stages.SourceLiteral || src.Value == true)
}

// whole warns of a source at the head of a chain all of whose items each replica gives, unless the spec says that this is meant. Times
// are nothing that is done twice if each replica has its own.
func (s *sharing) whole(list []*stages.Stage) {
	if len(list) == 0 {
		return
	}
	st := list[0]
	note := s.notes[st]
	if note == nil || note.op == nil || note.unknown || note.op.Takes || st.Op == "every" || note.node.Get("split") != nil || s.readsSelf(st) {
		return
	}
	for i := range st.Operand.Sources {
		if path, known := s.constant(&st.Operand.Sources[i]); known && path == "-" {
			return // standard input is read by one replica, or that is an error
		}
	}
	if def := note.op.Option("split"); def == nil || def.Later != "" || !note.op.Source {
		return
	}
	s.at(spec.Warning, note.key.At(), note.node.Path(), CodeWholeSource, "with split: true they share them; split: false says that it is meant",
		"each of the "+shortJSON(s.process.plan.Replicas)+" replicas of "+s.process.plan.Name+" gives all the items of "+note.op.Name)
}

// readsSelf says whether what a source gives depends on the replica.
func (s *sharing) readsSelf(st *stages.Stage) bool {
	sources := slices.Clone(st.Operand.Sources)
	if st.Operand.Source != nil {
		sources = append(sources, *st.Operand.Source)
	}
	any := stages.Scope{Vars: map[string]stages.Type{}}
	for _, name := range stages.Variables() {
		any.Vars[name] = stages.AnyType
	}
	return slices.ContainsFunc(sources, func(src stages.Source) bool {
		shape, err := stages.Compile(&src, &any)
		return err != nil || slices.Contains(shape.Names(), "self") || slices.Contains(shape.Names(), "args")
	})
}
