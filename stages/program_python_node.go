package stages

import (
	"errors"
	"fmt"
	"time"
)

// pythonNode is `python`: a function that an interpreter calls for each item.
//
// Rows stay before the stage until they are answered, so nothing of them need be written down: after a death another interpreter is asked
// again. Rows have numbers, as they come. base is that of the first row that stands here:
//
//	base        next
//	 | asked ... | not asked ...   rows that stand here
//
// Of the rows that have been asked, some have been answered out of turn: behind a row that failed and is tried again, whose answer comes last.
// They wait in stash. Answers of rows before base are of rows that were dropped meanwhile; nobody wants them.
//
//	interpreter        started by     ends with
//	none               -              -
//	starting           the first row  H; 30 s; its exit
//	loading            H              R, or F: the function or `init` has failed
//	ready              R              its exit, a timeout of the stage, something that is no answer
//	spare              prepare        the first row: as loading; its exit, which goes unnoticed until then
//
// A spare is of a worker in reserve (program_python_ahead.go).
//
// Exceptions of the function leave the interpreter as it is. When it ends with several rows asked, these are asked again one by one, so that
// it is known which one ends it: that one has failed where it ended by itself, and after three deaths where it was killed. With its worker it
// dies at once. It outlives streams: it ends when its worker does.
type pythonNode struct {
	settings pythonSettings
	most     int // rows of a question

	spare     *talk // an interpreter that was started ahead, and waits for the word to begin; nil: none
	frames    frames
	early     bool // the one at work was the spare, and is not ready
	greeted   bool
	ready     bool
	preparing bool          // the worker has said so
	since     time.Duration // when it was started
	asked     []question
	record    []byte
	results   Column

	base, next int
	again      bool // the first row is to be asked once more
	stash      map[int]answered
	ahead      int // rows that are asked at a time
	alone      int // rows that are yet to be asked by themselves, because one of them has ended an interpreter

	at      int  // the number in the batch of the first row when it failed,
	failed  bool // which has happened: it is tried again,
	dropped bool // or has been dropped

	starts int // failed ones in a row
	broken *ItemError

	deaths int    // of interpreters that were killed while at work on the first row alone
	told   retold // results of the first row that have gone on while it had more

	vain     bool // nobody wants what else it gives,
	dropping int  // of which so much has been dropped
}

// question is rows that an interpreter has been asked for in one go, and has not answered.
type question struct{ first, count int }

// answered is the answer for a row: a result, several, or a failure.
type answered struct {
	result any
	many   *Column
	failed *ItemError
}

func (n *pythonNode) Step(r *Run, in, out *Batch) error {
	n.align(in)
	err := n.step(r, in, out)
	if errors.Is(err, ErrTimeout) {
		n.stop()
	}
	if n.preparing && n.frames.talk == nil { // it has failed
		n.preparing = false
		if r.Preparing != nil {
			r.Preparing("")
		}
	}
	if itemError(err) != nil {
		n.at, n.failed = in.Index(0), true
	}
	return err
}

// align finds out what has become of the first row since it failed.
func (n *pythonNode) align(in *Batch) {
	switch {
	case !n.failed:
	case !n.dropped:
		n.again = n.next > n.base
	case in.Index(0) == n.at+1:
		n.pass(1)
	default:
		n.forget()
	}
	n.failed, n.dropped = false, false
	if n.next-n.base > in.rows() {
		n.forget()
	}
}

func (n *pythonNode) step(r *Run, in, out *Batch) error {
	if n.broken != nil {
		return n.broken
	}
	if err := n.start(r); err != nil {
		return err
	}
	if n.ready {
		if err := n.prepared(r); err != nil {
			return err
		}
		n.ask(r, in)
	}
	for {
		if done, err := n.give(in, out); done || err != nil {
			return err
		}
		fr, err := n.frames.next()
		switch {
		case errors.Is(err, errNotYet):
			return n.await(r)
		case err != nil:
			return n.lost(err)
		}
		if done, err := n.hear(&fr, in, out); done || err != nil {
			return err
		}
	}
}

// prepared says that the interpreter is there: what the worker dies of from now on is of its items.
func (n *pythonNode) prepared(r *Run) error {
	if !n.preparing {
		return nil
	}
	n.preparing = false
	return r.prepare("")
}

// give emits or fails the first row, if its answer has come out of turn.
func (n *pythonNode) give(in, out *Batch) (bool, error) {
	answer, known := n.stash[n.base]
	if !known {
		return false, nil
	}
	delete(n.stash, n.base)
	switch {
	case answer.failed != nil:
		return false, answer.failed
	case answer.many != nil:
		return n.last(answer.many, in, out)
	}
	out.Emit(in, 0, answer.result)
	in.Drop(1)
	n.pass(1)
	return true, nil
}

// await waits for the interpreter. Its start is no part of the time that a row may take.
func (n *pythonNode) await(r *Run) error {
	switch {
	case n.ready && n.frames.talk.isMute():
		err := r.Wait(n.frames.talk, mutePatience)
		if errors.Is(err, ErrTimeout) {
			err = n.lost(fmt.Errorf("it has closed descriptor %d, which is mprun's", asideOut))
		}
		return err
	case n.ready:
		return r.Await(n.frames.talk)
	case n.greeted:
		return r.awaitEver(n.frames.talk)
	}
	over := later(n.since, pythonGreeting)
	if r.Now() >= over {
		n.stop()
		return n.unstarted(Failf("exec", "%s has not said within %s that it is a Python", n.settings.interpreter, pythonGreeting))
	}
	timeout := r.timeout
	r.timeout = 0
	defer func() { r.timeout = timeout }()
	return r.await(n.frames.talk, over)
}

// ask asks for as many rows as the interpreter shall have on its way.
func (n *pythonNode) ask(r *Run, in *Batch) {
	if n.again && (n.alone == 0 || len(n.asked) == 0) {
		n.again = false
		n.put(in, n.base, 1)
	}
	for len(n.asked) < pythonQuestions && n.next-n.base < in.Len() && n.frames.talk.room() {
		count := min(n.ahead, max(r.Limit, 1), in.Len()-(n.next-n.base))
		if n.alone > 0 {
			if len(n.asked) > 0 {
				return
			}
			count = 1
		}
		n.next += n.put(in, n.next, count)
	}
}

// put asks for rows from the one with the given number on, count or fewer, and says how many.
func (n *pythonNode) put(in *Batch, first, count int) int {
	items := in.Column()
	from := first - n.base
	count = fewer(&items, from, count)
	record, err := appendAsk(n.record[:0], &items, from, from+count)
	if err != nil && count > 1 {
		return n.put(in, first, 1)
	}
	n.record = record
	if err != nil {
		n.keep(first, answered{failed: itemError(err)})
		return 1
	}
	if first == n.base {
		n.told.restart()
	}
	n.asked = append(n.asked, question{first, count})
	n.frames.talk.say(record)
	return count
}

// fewer is how many of the items from one on, at most count and at least one, are not too much at a time.
func fewer(items *Column, from, count int) int {
	if items.Kind == Ints || items.Kind == Floats {
		return count
	}
	var load scales
	for i := range count {
		if load.full(items.At(from + i)) {
			return i + 1
		}
	}
	return count
}

// keep keeps an answer until it is its row's turn.
func (n *pythonNode) keep(row int, a answered) {
	if row < n.base {
		return
	}
	if n.stash == nil {
		n.stash = map[int]answered{}
	}
	n.stash[row] = a
}

// pass notes that the first rows are done.
func (n *pythonNode) pass(rows int) {
	for row := n.base; row < n.base+rows; row++ {
		if len(n.stash) == 0 {
			break
		}
		delete(n.stash, row)
	}
	n.base += rows
	n.next = max(n.next, n.base)
	n.alone = max(0, n.alone-rows)
	n.again, n.deaths, n.told = false, 0, retold{}
	n.vain, n.dropping = false, 0
}

// forget is for when all rows have been dropped.
func (n *pythonNode) forget() {
	if n.told.answered.count > 0 {
		n.stop() // it may go on for ever
	}
	n.base = n.next
	clear(n.stash)
	n.pass(0)
	n.alone = 0
}

// Skip notes that the first row has been dropped, which has failed, or all rows.
func (n *pythonNode) Skip() {
	if n.failed && !n.dropped {
		n.dropped = true
		return
	}
	n.Reset()
}

// Reset forgets the rows. The interpreter stays for the next stream.
func (n *pythonNode) Reset() {
	n.failed, n.dropped = false, false
	n.forget()
}

// Save writes down what has gone on of the first row, and how many interpreters it has cost.
func (n *pythonNode) Save(w *StateWriter, _ bool) {
	w.Int(n.deaths)
	n.told.answered.save(w)
}

// Load is for a node whose interpreter has not been started.
func (n *pythonNode) Load(r *StateReader, _ bool) error {
	n.deaths = r.Int()
	n.told = retold{}
	n.told.answered.load(r)
	return r.Err()
}
