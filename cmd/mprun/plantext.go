//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// planText is a plan for people.
func planText(p *planner.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", p.Name, p.File)
	if len(p.Vars) > 0 {
		b.WriteString("\nvars\n")
		names := make([]string, 0, len(p.Vars))
		for name := range p.Vars {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, "  %s = %s\n", name, p.Secrets.MaskJSON(stages.AppendJSON(nil, p.Vars[name])))
		}
	}
	if len(p.Queues) > 0 {
		b.WriteString("\nqueues\n")
		writeQueues(&b, p.Queues, p.Secrets)
	}
	if len(p.Primitives) > 0 {
		b.WriteString("\nprimitives\n")
		writePrimitives(&b, p.Primitives)
	}
	if len(p.Cells) > 0 {
		b.WriteString("\nvalues and arrays\n")
		writeCells(&b, p.Cells)
	}
	b.WriteString("\nprocesses, in the order of their start\n")
	for i := range p.Processes {
		writeProcess(&b, &p.Processes[i], p.Secrets)
	}
	return b.String()
}

func writeQueues(b *strings.Builder, queues []planner.Queue, secrets planner.Secrets) {
	t := newPlanTable()
	for _, q := range queues {
		capacity := "unbounded"
		if q.Capacity > 0 {
			capacity = plural(q.Capacity, "item")
		}
		typ := q.Type
		if typ == "" {
			typ = "any"
		}
		way := strings.Join(q.Writers, ", ") + " -> " + strings.Join(q.Readers, ", ")
		if len(q.Cycle) > 0 {
			way += " (on a cycle)"
		}
		each := ""
		if len(q.Parts) > 1 {
			each = " each"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s%s\t%s in memory%s\t%s%s\n", q.Name, typ, capacity, each, sizeText(q.MaxBytes), each, strings.TrimSpace(way), secrets.Mask(sharingText(&q)))
		writeParts(t, &q)
	}
	t.writeTo(b)
}

// sharingText says how the items of a queue are shared.
func sharingText(q *planner.Queue) string {
	text := ""
	if q.Broadcast {
		text += ", each item to each process"
	}
	if q.Key != nil {
		text += ", by " + sourceText(q.Key)
	}
	return text
}

// mostParts is how many parts of a queue are shown.
const mostParts = 16

// writeParts writes which parts a queue is made of.
func writeParts(t *planTable, q *planner.Queue) {
	for i, p := range q.Parts {
		if i == mostParts {
			fmt.Fprintf(t, "    and %d more\t\t\t\t\n", len(q.Parts)-i)
			return
		}
		fmt.Fprintf(t, "    %s\t\t\t\t%s\n", p.Name, strings.TrimSpace(workerNames(p.Writers)+" -> "+workerNames(p.Readers)))
	}
}

func workerNames(workers []planner.Worker) string {
	names := make([]string, len(workers))
	for i, w := range workers {
		names[i] = w.String()
	}
	return strings.Join(names, ", ")
}

// sizeText is the most bytes that something may have.
func sizeText(n int) string { return "at most " + byteText(int64(n)) }

// byteText is a number of bytes in the largest unit that gives a whole number.
func byteText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for i < len(units)-1 && n >= 1024 && n%1024 == 0 {
		n /= 1024
		i++
	}
	return strconv.FormatInt(n, 10) + " " + units[i]
}

func writeProcess(b *strings.Builder, p *planner.Process, secrets planner.Secrets) {
	b.WriteString("  " + p.Name)
	if p.Replicas > 1 {
		fmt.Fprintf(b, " x %d", p.Replicas)
	}
	if p.Daemon {
		b.WriteString(", a daemon")
	}
	switch p.StartMethod {
	case planner.ThreadMethod:
		b.WriteString(", as threads of one process")
	case planner.ForkserverMethod:
		b.WriteString(", with a worker in reserve")
	}
	for _, d := range p.DependsOn {
		fmt.Fprintf(b, ", after %s (%s)", d.Process, d.Condition)
	}
	if limits := p.Limits.String(); limits != "" {
		b.WriteString(", limited to " + limits)
	}
	b.WriteByte('\n')
	if len(p.Command) > 0 {
		fmt.Fprintf(b, "    command %s\n", commandText(p.Command, secrets))
		if p.Creates != nil {
			fmt.Fprintf(b, "    creates %s\n", commandText([]string{p.Creates.Path}, secrets))
		}
		fmt.Fprintf(b, "    stdin %s, stdout %s, stderr %s\n", secrets.Mask(stdioText(p.Stdin)), secrets.Mask(stdioText(p.Stdout)), secrets.Mask(stdioText(p.Stderr)))
		return
	}
	t := newPlanTable()
	writeStages(t, p.Stages, "    ", secrets)
	t.writeTo(b)
}

// commandText writes words so that a shell would split them in the same way.
func commandText(words []string, secrets planner.Secrets) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		w = secrets.Mask(w)
		quoted[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.ReplaceAll(strings.Join(quoted, " "), "\n", `\n`)
}

func stdioText(s planner.Stdio) string {
	if s.Path != "" {
		return s.Kind + " " + s.Path
	}
	return s.Kind
}

func writeStages(t *planTable, list []stages.Stage, indent string, secrets planner.Secrets) {
	for i := range list {
		st := &list[i]
		line := st.Op
		if text := fieldText(st.Operand, secrets); text != "" {
			line += ": " + text
		}
		if st.As != "" {
			line += ", as " + st.As
		}
		fmt.Fprintf(t, "%s%s\t%s\n", indent, line, st.Out)
		writeStages(t, st.Operand.Stages, indent+"  ", secrets)
		for _, branch := range st.Operand.Branches {
			when := "else"
			if branch.When != nil {
				when = "when " + sourceText(branch.When)
			}
			if st.Op == "tee" {
				when = "-"
			}
			fmt.Fprintf(t, "%s  %s\t\n", indent, when)
			writeStages(t, branch.Stages, indent+"    ", secrets)
		}
	}
}

// longestField is how many runes of an operand are shown.
const longestField = 60

func fieldText(f stages.Field, secrets planner.Secrets) string {
	var parts []string
	if f.Source != nil {
		parts = append(parts, sourceText(f.Source))
	}
	for i := range f.Sources {
		parts = append(parts, sourceText(&f.Sources[i]))
	}
	for _, p := range f.Places {
		if len(p.Index) > 0 {
			p.Name += "[" + sourceText(&p.Index[0]) + "]"
		}
		parts = append(parts, p.Name)
	}
	text := []rune(secrets.Mask(strings.Join(strings.Fields(strings.Join(parts, " ")), " ")))
	if len(text) > longestField {
		return string(text[:longestField-1]) + "…"
	}
	return string(text)
}

// sourceText writes a field about as it stands in the spec.
func sourceText(s *stages.Source) string {
	switch s.Kind {
	case stages.SourceExpr:
		return s.Text
	case stages.SourceLiteral:
		return stages.TextOf(s.Value)
	case stages.SourceText:
		var b strings.Builder
		for _, p := range s.Parts {
			if p.Expr {
				b.WriteString("${{ " + p.Text + " }}")
			} else {
				b.WriteString(p.Text)
			}
		}
		return b.String()
	}
	items := make([]string, len(s.Items))
	for i := range s.Items {
		items[i] = sourceText(&s.Items[i])
		if s.Kind == stages.SourceMap && i < len(s.Keys) {
			items[i] = s.Keys[i] + ": " + items[i]
		}
	}
	if s.Kind == stages.SourceMap {
		return "{" + strings.Join(items, ", ") + "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}
