package stages

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxAnswer bounds what a program may write for one item, in bytes.
const maxAnswer = 256 << 20

// execNode is `exec`: a program per item; its standard output is the result, or several.
//
// The chain commits before the program starts. If the worker dies while it runs, the item is given to a program again, with the same
// ITEM_ID and a higher ATTEMPT: what it does outside of the run can be made to happen once with those. The state is the results that
// have not been passed on.
type execNode struct {
	words   []*RowExpr
	input   *RowExpr
	env     *RowExpr
	cwd     *RowExpr
	dir     string
	format  format
	header  csvHeader
	attempt *int

	results heldItems
	given   int  // results that have been passed on
	ran     bool // the program for the first row has ended well
	running bool // it has been started, as the last commit says: found in a life that did not start it, it died with its worker
	deaths  int  // how often that has happened
}

func buildExec(b *Builder, stage *Stage) (Node, error) {
	n := &execNode{dir: b.Dir(), attempt: b.Attempt()}
	b.TrackIdentities()
	var err error
	if n.words, err = b.Exprs(stage.Operand.Sources); err != nil {
		return nil, err
	}
	if len(n.words) == 0 {
		return nil, errors.New("a program is needed")
	}
	for _, option := range []struct {
		name string
		to   **RowExpr
	}{{"input", &n.input}, {"env", &n.env}, {"cwd", &n.cwd}} {
		if *option.to, err = b.Option(option.name); err != nil {
			return nil, err
		}
	}
	n.format, n.header, err = formatOptions(b, stage, formatText)
	return n, err
}

func (n *execNode) Step(r *Run, in, out *Batch) error {
	if !n.ran {
		output, err := n.run(r, in)
		if err != nil {
			return err
		}
		n.results.clear()
		n.given = 0
		if err := decodeAnswer(n.format, n.header, output, &n.results.items); err != nil {
			return err
		}
		n.ran = true
	}
	if n.format == formatText || n.format == formatBytes {
		out.Emit(in, 0, n.results.items.At(0))
		n.given = 1
	} else {
		to := min(n.results.items.Len(), n.given+max(r.Limit, 1))
		some := n.results.items.Slice(n.given, to)
		out.EmitParts(in, 0, n.given, &some)
		n.given = to
	}
	if n.given == n.results.items.Len() {
		n.Reset()
		in.Drop(1)
	}
	return nil
}

// run runs the program for the first row of in.
func (n *execNode) run(r *Run, in *Batch) ([]byte, error) {
	if n.running {
		n.running = false
		n.deaths++
	}
	program, err := n.program(in)
	if err != nil {
		return nil, err
	}
	n.running = true
	if err := r.Commit(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	if r.Timeout() > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout())
		defer cancel()
	}
	output := &answer{most: maxAnswer}
	program.Stdout = output
	err = r.Programs().Run(ctx, program)
	n.running = false
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, &ItemError{Type: "timeout", Message: program.Words[0] + " was ended after " + r.Timeout().Round(time.Millisecond).String()}
	case output.over:
		return nil, Failf("exec", "%s wrote more than %d MiB", program.Words[0], output.most>>20)
	case err != nil:
		return nil, programError(program.Words[0], err)
	}
	return output.bytes, nil
}

// programError is the failure of a program as one of its item.
func programError(name string, err error) error {
	var exit *ExitError
	if errors.As(err, &exit) {
		return &ItemError{Type: "exec", Message: exit.Error()}
	}
	if errors.Is(err, ErrInterrupted) {
		return err
	}
	return Failf("exec", "running %s: %s", name, err)
}

// program is what to run for the first row of in.
func (n *execNode) program(in *Batch) (Program, error) {
	p, err := programOf(n.words, n.env, n.cwd, n.dir, in)
	if err != nil {
		return p, err
	}
	p.Env = append(p.Env, "ITEM_ID="+in.ID(0), "ATTEMPT="+strconv.Itoa(max(*n.attempt, 1+n.deaths)))
	if n.input != nil {
		v, err := n.input.At(in, 0)
		if err != nil {
			return p, err
		}
		p.Stdin = strings.NewReader(TextOf(v))
	}
	return p, nil
}

// programOf computes words, environment and folder of a program for the first row of in.
func programOf(words []*RowExpr, env, cwd *RowExpr, dir string, in *Batch) (Program, error) {
	p := Program{Words: make([]string, len(words)), Dir: dir}
	for i, e := range words {
		word, err := e.Text(in, 0)
		if err != nil {
			return p, err
		}
		if strings.IndexByte(word, 0) >= 0 {
			return p, Failf("exec", "a word of a command cannot have a zero byte in it: %s", ShortJSON(word))
		}
		p.Words[i] = word
	}
	if p.Words[0] == "" {
		return p, Failf("exec", "the program's name is empty")
	}
	var err error
	if p.Env, err = environment(env, in); err != nil {
		return p, err
	}
	folder, err := cwd.Text(in, 0)
	if folder != "" {
		p.Dir = resolve(dir, folder)
	}
	return p, err
}

// environment is the value of an `env` option as NAME=value, sorted by name. A variable that is null is not set.
func environment(env *RowExpr, in *Batch) ([]string, error) {
	v, err := env.At(in, 0)
	if err != nil || v == nil {
		return nil, err
	}
	variables, ok := v.(map[string]any)
	if !ok {
		return nil, Failf("exec", "`env` needs a map from names to values, not %s", ShortJSON(v))
	}
	var list []string
	for _, name := range sortedKeys(variables) {
		value := variables[name]
		if value == nil {
			continue
		}
		pair := name + "=" + TextOf(value)
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.IndexByte(pair, 0) >= 0 {
			return nil, Failf("exec", "not possible in an environment: %s", ShortJSON(pair))
		}
		list = append(list, pair)
	}
	return list, nil
}

func (n *execNode) Skip() { n.Reset() }

func (n *execNode) Reset() {
	n.results.clear()
	n.given, n.ran, n.running, n.deaths = 0, false, false, 0
}

func (n *execNode) Save(w *StateWriter, full bool) {
	w.Bool(n.running)
	w.Int(n.deaths)
	w.Bool(n.ran)
	if n.ran {
		w.Int(n.given)
		n.results.save(w, full)
	}
}

func (n *execNode) Load(r *StateReader, _ bool) error {
	n.running, n.deaths = r.Bool(), r.Int()
	if n.ran = r.Bool(); n.ran {
		n.given = r.Int()
		n.results.load(r)
		if n.given < 0 || n.given >= n.results.items.Len() {
			r.fail()
		}
	}
	return r.Err()
}

// answer collects what a program writes, up to a limit.
type answer struct {
	bytes []byte
	most  int
	over  bool
}

var errTooMuch = errors.New("too much output")

// Write fails behind the limit, which ends the program.
func (a *answer) Write(p []byte) (int, error) {
	if len(a.bytes)+len(p) > a.most {
		a.over = true
		return 0, errTooMuch
	}
	a.bytes = append(a.bytes, p...)
	return len(p), nil
}

// decodeAnswer reads all that a program wrote.
func decodeAnswer(f format, header csvHeader, output []byte, items *Column) error {
	switch f {
	case formatBytes:
		items.Append(output)
		return nil
	case formatText:
		if !utf8.Valid(output) {
			return Failf("format", "the output is not UTF-8 (`format: bytes` reads any bytes)")
		}
		text := strings.TrimSuffix(string(output), "\n")
		items.Append(text)
		return nil
	}
	dec := newDecoder(f, header)
	w := window{text: string(output), valid: utf8.Valid(output), last: true, first: true, stop: len(output)}
	var some Column
	for {
		some.Reset()
		if err := dec.decode(&w, len(output)+1, &some); err != nil {
			var broken *brokenRecord
			if errors.As(err, &broken) {
				return &ItemError{Type: "format", Message: broken.at("output") + ": " + broken.message}
			}
			return Failf("format", "the output: %s", err)
		}
		if some.Len() == 0 {
			return nil
		}
		items.AppendRange(&some, 0, some.Len())
	}
}
