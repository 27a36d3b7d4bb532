package each

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Spec is the spec that does the job, and of it the names that a caller needs: ResultFailed and ResultCode are among its results.
func (j *Job) Spec() (string, error) {
	if err := j.check(); err != nil {
		return "", err
	}
	w, err := j.words()
	if err != nil {
		return "", err
	}
	s := &specText{}
	s.line(0, "name: each")
	if w.itemIsScript {
		s.line(0, "x-mprun-allow: [script-data]")
	}
	if j.DryRun {
		s.line(0, "processes:")
		s.line(1, "items:")
		s.line(2, "stages:")
		if err := j.items(s); err != nil {
			return "", err
		}
		s.line(3, "- print: "+scalar("${{ "+w.shown()+" }}"))
		return s.String(), nil
	}
	j.resources(s)
	s.line(0, "processes:")
	s.line(1, "items:")
	s.line(2, "stages:")
	if err := j.items(s); err != nil {
		return "", err
	}
	if j.Count {
		s.line(3, "- put: all")
		s.line(1, "feed: {stages: [{get: all}, {put: jobs}]}")
	} else {
		s.line(3, "- put: jobs")
	}
	if j.JobLog != "" {
		s.line(1, "joblog: {stages: [{items: ["+scalar(strings.Join(jobLogColumns, "\t"))+"]}, {write: "+scalar(literal(j.JobLog))+"}]}")
	}
	j.slots(s, w)
	if j.KeepOrder {
		j.order(s)
	}
	s.line(0, "finally:")
	s.line(1, "- {result: "+ResultFailed+", value: failed}")
	if j.Halt.Number > 0 {
		s.line(1, "- {when: halting >= "+strconv.Itoa(j.Halt.Number)+", result: "+ResultCode+", value: ended}")
	}
	s.line(1, "- {when: failed > 0, fail: '${{ failed }} failed'}")
	return s.String(), nil
}

// Results of a run: how many jobs failed, and where Halt has ended it, the exit code of the job that did.
const (
	ResultFailed = "failed"
	ResultCode   = "code"
)

// jobLogColumns are those of GNU parallel.
var jobLogColumns = []string{"Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"}

// resources is the queues and values.
func (j *Job) resources(s *specText) {
	s.line(0, "queues:")
	s.line(1, "jobs: {capacity: 1}")
	if j.Count {
		s.line(1, "all: {capacity: unbounded}")
	}
	if j.KeepOrder {
		s.line(1, "results: {max_item: 128MiB, max_bytes: 512MiB}")
	}
	s.line(0, "values:")
	s.line(1, "failed: {type: int64}")
	if j.Halt.Number > 0 {
		s.line(1, "halting: {type: int64}")
		s.line(1, "ended: {type: int64}")
	}
}

// items is the stages that make the items of the queue jobs: maps of n and a.
func (j *Job) items(s *specText) error {
	list := "[item]"
	switch {
	case len(j.Sources) == 0 || len(j.Sources) == 1 && j.Sources[0].File != "":
		path := "-"
		if len(j.Sources) == 1 {
			path = j.Sources[0].File
		}
		j.read(s, path)
	case len(j.Sources) == 1:
		s.line(3, "- items: "+listOf(j.Sources[0].Items))
	default:
		var err error
		if list, err = j.matrix(s); err != nil {
			return err
		}
	}
	if j.SkipBlank {
		s.line(3, `- filter: trim(string(item)) != ""`)
	}
	if j.Arguments > 1 {
		s.line(3, "- batch: "+strconv.Itoa(j.Arguments))
		list = "item"
	}
	s.line(3, "- map: {n: index + 1, a: "+list+"}")
	return nil
}

// read is the stages that read the items.
func (j *Job) read(s *specText, path string) {
	switch {
	case j.Delimiter != "":
		s.line(3, "- read: "+scalar(literal(path)))
		s.line(4, "format: bytes")
		s.line(3, "- flat_map: "+scalar(fmt.Sprintf(`split(trimSuffix(trimSuffix(string(item), "\n"), %s), %[1]s)`, strconv.Quote(j.Delimiter))))
	case j.Format == "nul":
		s.line(3, "- read: "+scalar(literal(path)))
		s.line(4, "format: nul")
	default:
		s.line(3, "- read: "+scalar(literal(path)))
		s.line(4, "format: lines")
	}
}

// matrix is the stage that makes the combinations of several lists, and the expression for the list of arguments.
func (j *Job) matrix(s *specText) (list string, err error) {
	all, err := columns(j.Sources)
	if err != nil {
		return "", err
	}
	s.line(3, "- matrix:")
	var names []string
	for i, column := range all {
		name := fmt.Sprintf("a%d", i+1)
		rows := make([]string, 0, len(column))
		for _, row := range column {
			rows = append(rows, listOf(row))
		}
		s.line(5, name+": ["+strings.Join(rows, ", ")+"]")
		names = append(names, "item."+name)
	}
	return scalar("concat(" + strings.Join(names, ", ") + ")"), nil
}

// slots is the process that runs the programs.
func (j *Job) slots(s *specText, w words) {
	s.line(1, "each:")
	s.line(2, "replicas: "+strconv.Itoa(j.Slots))
	if j.JobLog != "" {
		s.line(2, "depends_on: {joblog: completed}")
	}
	s.line(2, "stages:")
	s.line(3, "- get: jobs")
	if j.Halt.Number > 0 {
		s.line(3, "- take_while: halting < "+strconv.Itoa(j.Halt.Number))
	}
	s.line(3, "- exec:")
	for _, word := range w.templates {
		s.line(5, "- "+scalar(word))
	}
	s.line(4, "format: outcome")
	if j.Timeout > 0 {
		s.line(4, "timeout: "+j.Timeout.String())
	}
	if j.Retries > 0 {
		s.line(4, "retry: "+strconv.Itoa(j.Retries))
	}
	if j.Creates != "" {
		s.line(4, "creates: "+scalar(template(j.Creates, j.Replace, j.several(), false)))
	}
	s.line(4, "as: job")
	if j.KeepOrder {
		s.line(3, "- put: results")
		s.line(4, "value: {n: item.n, stdout: "+scalar(j.tagged("job.stdout"))+", stderr: "+scalar(j.tagged("job.stderr"))+"}")
	} else {
		j.print(s, "job", true)
	}
	if j.JobLog != "" {
		s.line(3, "- do:")
		s.line(5, "- map: "+scalar(j.jobLogLine(w)))
		s.line(5, "- write: "+scalar(literal(j.JobLog)))
		s.line(6, "append: true")
	}
	s.line(3, "- {when: job.code != 0, add: failed, value: 1}")
	if j.Halt.Number > 0 {
		j.halt(s)
	}
}

// halt is the stages that end it all.
func (j *Job) halt(s *specText) {
	counts := map[string]string{"fail": "job.code != 0", "success": "job.code == 0", "done": "true"}[j.Halt.Of]
	s.line(3, "- when: "+counts)
	s.line(4, "do:")
	s.line(5, "- {store: ended, value: 'job.code < 0 ? 128 - job.code : job.code'}")
	s.line(5, "- {add: halting, value: 1}")
	if j.Halt.Now {
		s.line(5, "- {when: halting >= "+strconv.Itoa(j.Halt.Number)+", kill: each}")
	}
}

// print is the stages that print what a job wrote.
func (j *Job) print(s *specText, of string, tag bool) {
	for _, stream := range []string{"stdout", "stderr"} {
		text := of + "." + stream
		s.line(3, "- when: len("+text+") > 0")
		if tag {
			text = j.tagged(text)
		}
		s.line(4, "print: "+scalar("${{ "+text+" }}"))
		s.line(4, `end: ""`)
		if stream == "stderr" {
			s.line(4, "to: stderr")
		}
	}
}

// tagged is the expression for a text with the tag in front of each line.
func (j *Job) tagged(text string) string {
	if j.Tag == "" {
		return text
	}
	tag := "(" + value(j.Tag, j.Replace, j.several(), false) + ` + "\t")`
	return fmt.Sprintf(`len(%s) == 0 || type(%[1]s) == "bytes" ? %[1]s : %[2]s + replace(trimSuffix(%[1]s, "\n"), "\n", "\n" + %[2]s) + "\n"`, text, tag)
}

// order is the process that prints the results in the order of the items: those that have come too early are held.
func (j *Job) order(s *specText) {
	s.line(1, "order:")
	s.line(2, "stages:")
	s.line(3, "- get: results")
	s.line(3, "- reduce: "+scalar(`let held = sortBy(concat(acc.held, [item]), it.n); let k = reduce(held, #acc + (it.n == acc.next + #acc ? 1 : 0), 0); `+
		`{next: acc.next + k, held: held[k:], ready: held[:k]}`))
	s.line(4, "init: {next: 1, held: [], ready: []}")
	s.line(4, "emit: each")
	s.line(3, "- flat_map: item.ready")
	j.print(s, "item", false)
}

// jobLogLine is the expression for a line of the job log.
func (j *Job) jobLogLine(w words) string {
	return `join([item.n, ":", job.started == null ? 0 : round(job.started * 1000) / 1000, round(job.seconds * 1000) / 1000, 0, 0, ` +
		`job.code < 0 ? 0 : job.error != null && job.code == 124 ? -1 : job.code, job.code < 0 ? -job.code : 0, ` + w.shown() + `], "\t")`
}

// specText is a YAML text that grows.
type specText struct{ strings.Builder }

// line adds a line, indented by so many steps.
func (s *specText) line(depth int, text string) {
	s.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// literal is a text in which nothing is replaced.
func literal(text string) string { return strings.ReplaceAll(text, "${{", `${{ "$" }}{{`) }

// scalar is a text as YAML has it.
func scalar(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 1<<8:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 1<<16:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// listOf is texts as a YAML list.
func listOf(items []string) string {
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, scalar(literal(item)))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
