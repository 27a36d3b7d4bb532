package each

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
	j.vars(s)
	if j.DryRun {
		s.line(0, "processes:")
		err = j.process(s, func() { s.line(3, "- print: "+scalar("${{ "+w.shown()+" }}")) })
		return s.String(), err
	}
	j.resources(s)
	s.line(0, "processes:")
	if j.beginsLog() {
		s.line(1, "joblog: {stages: [{items: ["+scalar(strings.Join(jobLogColumns, "\t"))+"]}, {write: "+scalar(literal(j.JobLog))+"}]}")
	}
	if err := j.process(s, func() { j.pool(s, w) }); err != nil {
		return "", err
	}
	if j.Halt.Now {
		s.line(1, "halt:")
		s.line(2, "stages:")
		s.line(3, "- get: halts")
		if j.Halt.Number > 1 {
			s.line(3, "- skip: "+strconv.Itoa(j.Halt.Number-1))
		}
		s.line(3, "- kill: jobs")
	}
	s.line(0, "finally:")
	s.line(1, "- {result: "+ResultFailed+", value: failed}")
	if j.Halt.Number > 0 {
		s.line(1, "- {when: halting >= "+strconv.Itoa(j.Halt.Number)+", result: "+ResultCode+", value: code}")
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

// vars is the jobs that are left out.
func (j *Job) vars(s *specText) {
	if len(j.Done) == 0 {
		return
	}
	spans := make([]string, len(j.Done))
	for i, d := range j.Done {
		spans[i] = fmt.Sprintf("[%d, %d]", d.First, d.Last)
	}
	s.line(0, "vars:")
	s.line(1, "done: ["+strings.Join(spans, ", ")+"]")
}

// resources is the pool, and what there is beside it.
func (j *Job) resources(s *specText) {
	s.line(0, "pools:")
	s.line(1, "jobs: {workers: "+strconv.Itoa(j.Slots)+"}")
	if j.Halt.Now || j.Count {
		s.line(0, "queues:")
	}
	if j.Halt.Now {
		s.line(1, "halts: {}")
	}
	if j.Count {
		s.line(1, "all: {capacity: unbounded}")
	}
	s.line(0, "values:")
	s.line(1, "failed: {type: int64}")
	if j.Halt.Number > 0 {
		s.line(1, "halting: {type: int64}")
		s.line(1, "code: {type: int64}")
	}
}

// process is the process that has the items, and does something with them.
func (j *Job) process(s *specText, do func()) error {
	counted := j.Count && !j.DryRun
	if counted {
		s.line(1, "items:")
		s.line(2, "stages:")
		if err := j.items(s); err != nil {
			return err
		}
		s.line(3, "- put: all")
	}
	s.line(1, "each:")
	if j.beginsLog() && !j.DryRun {
		s.line(2, "depends_on: {joblog: completed}")
	}
	s.line(2, "stages:")
	if counted {
		s.line(3, "- get: all")
	} else if err := j.items(s); err != nil {
		return err
	}
	if j.numbered() {
		s.line(3, "- {map: index + 1, as: n}")
	}
	if len(j.Done) > 0 {
		s.line(3, "- filter: none(vars.done, it[0] <= n and n <= it[1])")
	}
	do()
	return nil
}

// items is the stages that make the items: an argument each, or a list of them (see several).
func (j *Job) items(s *specText) error {
	switch {
	case len(j.Sources) == 0:
		j.read(s, "-")
	case len(j.Sources) == 1 && j.Sources[0].File != "":
		j.read(s, j.Sources[0].File)
	case len(j.Sources) == 1:
		s.line(3, "- items: "+listOf(j.Sources[0].Items))
	default:
		if err := j.matrix(s); err != nil {
			return err
		}
	}
	if j.Columns != "" {
		split, err := columnsExpression(j.Columns)
		if err != nil {
			return err
		}
		s.line(3, "- map: "+scalar(split))
	}
	if j.SkipBlank {
		s.line(3, `- filter: trim(utf8(item)) != ""`)
	}
	if j.Shuffle {
		s.line(3, "- sort: random()")
	}
	if j.Arguments > 1 {
		s.line(3, "- batch: "+strconv.Itoa(j.Arguments))
	}
	return nil
}

// read is the stage that reads the items: any bytes, as names of files may be.
func (j *Job) read(s *specText, path string) {
	s.line(3, "- read: "+scalar(literal(path)))
	switch {
	case j.Format == "nul":
		s.line(4, "format: nul")
	case j.Delimiter != "":
		s.line(4, "separator: "+scalar(literal(j.Delimiter)))
	}
	s.line(4, "encoding: any")
}

// matrix is the stages that make the combinations of several lists.
func (j *Job) matrix(s *specText) error {
	all, err := columns(j.Sources)
	if err != nil {
		return err
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
	s.line(3, "- map: concat("+strings.Join(names, ", ")+")")
	return nil
}

// beginsLog says whether the job log is a new one.
func (j *Job) beginsLog() bool { return j.JobLog != "" && !j.Append }

// numbered says whether anything reads the number of the job.
func (j *Job) numbered() bool {
	return j.JobLog != "" || len(j.Done) > 0 || slices.ContainsFunc(append([]string{j.Tag, j.Creates}, j.Command...), func(text string) bool {
		return slices.ContainsFunc(parse(text, j.Replace), func(p part) bool { return p.kind == kindNumber })
	})
}

// pool is the stage that runs the programs, and what prints what they wrote: where it is not to be in order, the workers do.
func (j *Job) pool(s *specText, w words) {
	halted := "- take_while: halting < " + strconv.Itoa(j.Halt.Number)
	if j.Halt.Number > 0 {
		s.line(3, halted)
	}
	s.line(3, "- pool: jobs")
	if !j.KeepOrder {
		s.line(4, "ordered: false")
	}
	s.line(4, "do:")
	if j.Halt.Number > 0 {
		s.line(5, halted)
	}
	if j.Delay > 0 {
		s.line(5, "- throttle: 1/"+j.Delay.String())
	}
	if j.Verbose {
		s.line(5, "- print: "+scalar("${{ "+w.shown()+" }}"))
		s.line(6, "to: stderr")
	}
	j.program(s, w)
	if !j.KeepOrder && !j.Live {
		printed(s, 5, "job")
	}
	if j.JobLog != "" {
		s.line(5, "- do:")
		s.line(7, "- map: "+scalar(j.jobLogLine(w)))
		s.line(7, "- write: "+scalar(literal(j.JobLog)))
		s.line(8, "append: true")
	}
	s.line(5, "- {when: job.code != 0, add: failed, value: 1}")
	if j.Halt.Number > 0 {
		j.halt(s)
	}
	if j.KeepOrder {
		s.line(5, "- map:")
		for _, stream := range streams {
			s.line(7, stream+": job."+stream)
			s.line(7, stream+"_file: job."+stream+"_file")
		}
		printed(s, 3, "item")
	}
}

// program is the stage that runs the program of a job. Its outcome is bound to the name job.
func (j *Job) program(s *specText, w words) {
	s.line(5, "- exec:")
	for _, word := range w.templates {
		s.line(7, "- "+scalar(word))
	}
	s.line(6, "format: outcome")
	if j.Timeout > 0 {
		s.line(6, "timeout: "+j.Timeout.String())
	}
	if j.Retries > 0 {
		s.line(6, "retry: "+strconv.Itoa(j.Retries))
	}
	if j.Creates != "" {
		s.line(6, "creates: "+scalar(template(j.Creates, j.Replace, j.several(), false)))
	}
	prefix := ""
	if j.Tag != "" {
		prefix = template(j.Tag, j.Replace, j.several(), false) + "\t"
	}
	if j.Live {
		s.line(6, "live: "+scalar(prefix))
	} else {
		s.line(6, "spill: "+kept)
		if prefix != "" {
			s.line(6, "prefix: "+scalar(prefix))
		}
	}
	s.line(6, "as: job")
	s.line(5, `- when: job.error != null and not (job.error matches " ended with exit code | was ended by signal ")`)
	s.line(6, "print: "+scalar("mprun each: "+template("{}", "", j.several(), false)+": ${{ job.error }}"))
	s.line(6, "to: stderr")
}

// halt is the stages that end it all. They do not commit by themselves, so that who kills the pool for it finds the outcome of the job handed
// over, too.
func (j *Job) halt(s *specText) {
	counts := map[string]string{"fail": "job.code != 0", "success": "job.code == 0", "done": "true"}[j.Halt.Of]
	s.line(5, "- {when: "+counts+", store: code, value: 'job.code < 0 ? 128 - job.code : job.code'}")
	s.line(5, "- {when: "+counts+", add: halting, value: 1}")
	if j.Halt.Now {
		s.line(5, "- {when: "+counts+", put: halts}")
	}
}

// kept is how much of a job's output is kept in memory; what is more goes into a file.
const kept = "256KiB"

// streams are the outputs of a job.
var streams = [...]string{"stdout", "stderr"}

// printed is the stages that print what a job wrote.
func printed(s *specText, depth int, of string) {
	for _, stream := range streams {
		text := of + "." + stream
		s.line(depth, "- {when: len("+text+`) > 0, print: '${{ `+text+` }}', end: "", to: `+stream+"}")
		s.line(depth, "- {when: "+text+"_file != null, print: '${{ "+text+"_file }}', from: file, to: "+stream+"}")
	}
}

// jobLogLine is the expression for a line of the job log.
func (j *Job) jobLogLine(w words) string {
	return `join([n, ":", job.started == null ? 0 : round(job.started * 1000) / 1000, round(job.seconds * 1000) / 1000, 0, 0, ` +
		`job.code < 0 ? 0 : job.error != null && job.code == 124 ? -1 : job.code, job.code < 0 ? -job.code : 0, ` + w.shown() + `], "\t")`
}

// specText is a YAML text that grows.
type specText struct{ strings.Builder }

// line adds a line, indented by so many steps.
func (s *specText) line(depth int, text string) {
	s.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// literal is a text of the spec in which nothing is replaced. Bytes that are not UTF-8 cannot stand in YAML as they are.
func literal(text string) string {
	if !utf8.ValidString(text) {
		return "${{ " + inBase64(text) + " }}"
	}
	return strings.ReplaceAll(text, "${{", `${{ "$" }}{{`)
}

// quoted is a text as an expression.
func quoted(text string) string {
	if !utf8.ValidString(text) {
		return inBase64(text)
	}
	return strconv.Quote(text)
}

func inBase64(text string) string {
	return `fromBase64("` + base64.StdEncoding.EncodeToString([]byte(text)) + `")`
}

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
