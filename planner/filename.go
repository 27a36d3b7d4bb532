package planner

import (
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// formatExtensions are extensions by which people tell a format that mprun takes from `format` alone.
var formatExtensions = [...]struct{ extension, format string }{{".csv", "csv"}, {".jsonl", "jsonl"}, {".ndjson", "jsonl"}}

// fileNames looks at the names of the files that a stage reads or writes, as far as they are known before the run.
func (t *typer) fileNames(st *stages.Stage, in env) {
	switch st.Op {
	case "files":
		for i := range st.Operand.Sources {
			t.glob(st, &st.Operand.Sources[i])
		}
	case "read":
		for i := range st.Operand.Sources {
			if name := t.nameEnd(&st.Operand.Sources[i]); !has(st, "format") {
				t.formatOfName(st, name, "read")
			}
		}
	case "write":
		if st.Operand.Source == nil {
			return
		}
		name := t.nameEnd(st.Operand.Source)
		note := t.notes[st]
		if _, err := stages.PackingOf(name); err != nil && !has(st, stages.RawOption) {
			t.at(spec.Error, note.key.At(), note.node.Path(), CodeNotWritten, "", name+": "+err.Error())
			return
		}
		if !has(st, "format") && !asLines(in.item, name) {
			t.formatOfName(st, name, "written")
		}
	}
}

// glob reports what is wrong with a glob that is known.
func (t *typer) glob(st *stages.Stage, s *stages.Source) {
	value, _ := t.constantValue(s)
	globs, isList := value.([]any)
	if !isList {
		globs = []any{value}
	}
	for _, glob := range globs {
		text, isText := glob.(string)
		if err := stages.CheckGlob(text); isText && err != nil {
			note := t.notes[st]
			n := note.key
			if o, ok := t.origins[s]; ok {
				n = o.node
			}
			t.errorAt(n, CodeGlob, "a \\ before the bracket or brace takes it as it is", "%s", err)
		}
	}
}

func has(st *stages.Stage, option string) bool {
	_, ok := st.Options[option]
	return ok
}

// nameEnd is a file's name, or the end of it that is the same for all items behind an ellipsis, or "".
func (t *typer) nameEnd(s *stages.Source) string {
	if name, known := t.constant(s); known {
		return name
	}
	if n := len(s.Parts); n > 0 && !s.Parts[n-1].Expr {
		return "…" + s.Parts[n-1].Text
	}
	return ""
}

// asLines says that items as lines are what the name promises: records that the chain has made texts of itself, and what is the
// same as JSON lines.
func asLines(item stages.Type, name string) bool {
	if item.Is(stages.KindString | stages.KindBytes) {
		return true
	}
	return formatOf(name) == "jsonl" && item.Kinds&(stages.KindString|stages.KindBytes) == 0
}

// formatOf is the format that a name tells, compressed or not, or "".
func formatOf(name string) string {
	for _, packed := range [...]string{".gz", ".zst", ".xz", ".bz2"} {
		name = strings.TrimSuffix(name, packed)
	}
	for _, e := range formatExtensions {
		if strings.HasSuffix(name, e.extension) {
			return e.format
		}
	}
	return ""
}

// formatOfName warns of a file that is done as lines, though its name tells otherwise.
func (t *typer) formatOfName(st *stages.Stage, name, done string) {
	format := formatOf(name)
	if format == "" {
		return
	}
	note := t.notes[st]
	t.at(spec.Warning, note.key.At(), note.node.Path(), CodeFormatName, "add format: "+format+", or format: lines if that is meant",
		name+" is "+done+" as lines, which is what a stage does without format")
}
