package stages

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// execNode is `exec` or `shell`: a program per item; its standard output is the result, or several. With `creates` it is the path of the
// file that the program has created.
//
// The chain commits before the program starts. If the worker dies while it runs, the item is given to a program again, with the same
// ITEM_ID and a higher ATTEMPT: what it does outside of the run can be made to happen once with those. The state is the results that
// have not been passed on.
type execNode struct {
	words   []*RowExpr // of `exec`
	script  *RowExpr   // of `shell`
	input   *RowExpr
	env     *RowExpr
	cwd     *RowExpr
	dir     string
	creates *RowExpr
	live    *RowExpr // nil: what programs write is their result
	prefix  *RowExpr // of each line of an outcome
	most    int      // bytes that a program may write, to each of its outputs that are collected
	room    int      // bytes of an output of an outcome that are kept in memory; 0: all of them
	format  format
	header  csvHeader
	attempt *int
	globals *Env // what all expressions of the chain share: `out` is set there

	outcome *programOutcome // of the program that is running, with `format: outcome`

	results heldItems
	given   int  // results that have been passed on
	ran     bool // the program for the first row has ended well
	running bool // it has been started, as the last commit says: found in a life that did not start it, it died with its worker
	deaths  int  // how often that has happened
}

func buildExec(b *Builder, stage *Stage) (Node, error) {
	words, err := b.Exprs(stage.Operand.Sources)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("a program is needed")
	}
	return buildCalling(b, stage, &execNode{words: words})
}

func buildShell(b *Builder, stage *Stage) (Node, error) {
	script, err := b.Expr(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	if script == nil {
		return nil, errors.New("a script is needed")
	}
	return buildCalling(b, stage, &execNode{script: script})
}

// buildCalling adds the options that exec and shell have in common.
func buildCalling(b *Builder, stage *Stage, n *execNode) (Node, error) {
	n.dir, n.attempt, n.globals = b.Dir(), b.Attempt(), &b.env
	b.TrackIdentities()
	var err error
	for _, option := range []struct {
		name string
		to   **RowExpr
	}{{"input", &n.input}, {"env", &n.env}, {"cwd", &n.cwd}, {"creates", &n.creates}, {"live", &n.live}} {
		if *option.to, err = b.Option(option.name); err != nil {
			return nil, err
		}
	}
	size, err := b.Option("max_output")
	if err != nil {
		return nil, err
	}
	if n.most, err = constCount(size); err != nil {
		return nil, &StageError{Op: stage.Op, Pos: stage.Pos, Type: "expression", Text: "max_output: " + err.Error()}
	}
	if err := n.spillOptions(b, stage); err != nil {
		return nil, err
	}
	switch {
	case n.room > 0 && n.most == 0:
		n.most = math.MaxInt
	case n.room == 0 && (n.most == 0 || n.most > maxAnswer):
		n.most = maxAnswer
	}
	n.format, n.header, err = formatOptions(b, stage, formatText)
	return n, err
}

func (n *execNode) Step(r *Run, in, out *Batch) error {
	if !n.ran {
		done, err := n.work(r, in)
		if err != nil {
			return n.outcome.instead(err)
		}
		if !done {
			return nil
		}
		n.given, n.ran = 0, true
	}
	if n.single() {
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

// single says whether there is one result for each item.
func (n *execNode) single() bool {
	return n.creates != nil || n.format == formatText || n.format == formatBytes || n.format == formatOutcome
}

// work gets the results for the first row of in; done is false if it had to wait for something and is to be called again.
func (n *execNode) work(r *Run, in *Batch) (done bool, err error) {
	if n.running {
		n.running = false
		n.deaths++
	}
	n.results.clear()
	if n.format == formatOutcome {
		if err := n.newOutcome(r, in); err != nil {
			return false, err
		}
	}
	if n.creates != nil {
		path, done, err := n.create(r, in)
		n.results.items.Append(n.created(path))
		return done, err
	}
	program, err := n.program(in)
	if err != nil {
		return false, err
	}
	output := &answer{most: n.most}
	program.Stdout = output
	if err := n.start(r); err != nil {
		return false, err
	}
	if n.outcome != nil {
		if err := n.run(r, in, program); err != nil {
			return false, err
		}
		n.results.items.Append(n.outcome.item(""))
		return true, nil
	}
	if err := n.run(r, in, program); err != nil {
		if output.over {
			err = n.tooMuchWritten(program)
		}
		return false, err
	}
	return true, decodeAnswer(n.format, n.header, output.bytes, &n.results.items)
}

// start writes down that a program is about to run.
func (n *execNode) start(r *Run) error {
	n.running = true
	return r.Commit()
}

// run runs a program for the first row of in to its end.
func (n *execNode) run(r *Run, in *Batch, program Program) error {
	ctx := context.Background()
	if r.Timeout() > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout())
		defer cancel()
	}
	prefix, err := n.live.Text(in, 0)
	if err != nil {
		n.running = false
		return err
	}
	n.outcome.begin(&program)
	if n.live == nil {
		err = r.Programs().Run(ctx, program)
	} else {
		var failed error
		if err, failed = runLive(ctx, r, program, prefix); failed != nil {
			return failed
		}
	}
	n.running = false
	switch ended := n.outcome.end(err); {
	case errors.Is(ended, errTooMuch):
		return n.tooMuchWritten(program)
	case ended != nil:
		return spillError(n.called(program), ended)
	}
	if ctx.Err() != nil && err != nil {
		return &ItemError{Type: "timeout", Message: n.called(program) + " was ended after " + r.Timeout().Round(time.Millisecond).String()}
	}
	if err != nil {
		return programError(n.called(program), err)
	}
	return nil
}

func (n *execNode) tooMuchWritten(program Program) *ItemError {
	return Failf("exec", "%s wrote more than %d bytes (max_output), and was ended; with `live` what it writes is printed as it comes", n.called(program), n.most)
}

// called is what messages call a program.
func (n *execNode) called(program Program) string {
	if n.script != nil {
		return "the script"
	}
	return program.Words[0]
}

// programError is the failure of a program as one of its item.
func programError(name string, err error) error {
	var exit *ExitError
	if errors.As(err, &exit) {
		named := *exit
		named.Program = name
		return &ItemError{Type: "exec", Message: named.Error()}
	}
	var item *ItemError
	if errors.As(err, &item) || errors.Is(err, ErrInterrupted) {
		return err
	}
	return Failf("exec", "running %s: %s", name, err)
}

// program is what to run for the first row of in.
func (n *execNode) program(in *Batch) (Program, error) {
	var p Program
	var err error
	if n.script != nil {
		p, err = n.shell(in)
	} else {
		p, err = programOf(n.words, n.env, n.cwd, n.dir, in)
	}
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
