package stages

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	// pythonPace is how long the interpreter shall work on what it is asked at a time, about: short enough that results are not late,
	// long enough that what a batch costs by itself is little.
	pythonPace = time.Millisecond
	// pythonWeight is how many bytes of results that shall give at most, about.
	pythonWeight = talkAhead
	// pythonQuestions is how many batches are on their way at a time.
	pythonQuestions = 3
	// pythonDeaths is how often an item is given to an interpreter that is then killed, before that is the item's failure: as often as a queue
	// delivers an item whose worker is.
	pythonDeaths = 3
	// pythonStarts is how many failed starts in a row there are before the last one's failure is that of all further items.
	pythonStarts = 3
	// pythonGreeting is how long a program may take before it says that it is a Python.
	pythonGreeting = 30 * time.Second
	// pythonEnd is how long an interpreter may take to its end, once nothing more comes: for its exit handlers and threads.
	pythonEnd = 10 * time.Second
	// mostInVain is how many results of an item that nobody wants any more are waited for, so that those behind it are not asked again. One of
	// more than vainResult bytes counts as several.
	mostInVain = 4096
	vainResult = 16 * talkAhead / mostInVain
	// pythonIdle is that for one which is still at work on items that have been dropped.
	pythonIdle = time.Second
)

// start starts the interpreter, if there is none.
func (n *pythonNode) start(r *Run) error {
	if n.frames.talk != nil {
		return nil
	}
	if !n.preparing {
		n.preparing = true
		if err := r.prepare("the start of the interpreter, which loads " + n.settings.function + " and what it imports"); err != nil {
			return err
		}
	}
	t := n.takeSpare()
	n.early = t != nil
	if t == nil {
		var err error
		if t, err = n.launch(r.Programs(), false); err != nil {
			return n.unstarted(err)
		}
	}
	t.say(pythonBegin)
	n.frames, n.since = frames{talk: t}, r.Now()
	return nil
}

// launch starts an interpreter, which begins when it is told so.
func (n *pythonNode) launch(programs Programs, ahead bool) (*talk, error) {
	greeting, err := n.settings.greeting(ahead)
	if err != nil {
		return nil, err
	}
	t, err := startTalk(programs, n.settings.program())
	if err == nil {
		t.say(greeting)
	}
	return t, err
}

// stop ends the interpreter at once. What it was asked is asked again.
func (n *pythonNode) stop() {
	if n.frames.talk != nil {
		_ = n.frames.talk.Close()
	}
	n.frames, n.greeted, n.ready, n.early = frames{}, false, false, false
	n.asked, n.next, n.again = n.asked[:0], n.base, false
	clear(n.stash)
}

// unstarted is the failure of an interpreter to start or to load the function. It is not tried again and again: the failure of the last try
// is that of all further items.
func (n *pythonNode) unstarted(err error) error {
	if n.starts++; n.starts >= pythonStarts {
		n.broken = itemError(err)
	}
	return err
}

// hear deals with what the interpreter says. It says whether rows have been taken or results been emitted.
func (n *pythonNode) hear(fr *saying, in, out *Batch) (done bool, err error) {
	switch fr.kind {
	case pythonRuns:
		n.greeted = true
		return false, nil
	case pythonReady:
		n.ready, n.early, n.starts = true, false, 0
		return true, nil
	case pythonBroken:
		failed, err := fr.failure()
		if err != nil {
			return true, n.lost(err)
		}
		n.stop()
		return false, n.unstarted(failed)
	}
	if len(n.asked) == 0 {
		return true, n.lost(errPickle)
	}
	switch fr.kind {
	case pythonAnswer:
		return n.answers(fr, in, out)
	case pythonFailed:
		failed, err := fr.failure()
		if err != nil {
			return true, n.lost(err)
		}
		n.keep(n.answeredRows(1), answered{failed: failed})
		return false, nil
	case pythonPart, pythonLast:
		return n.parts(fr, in, out)
	}
	return true, n.lost(errPickle)
}

// answeredRows takes rows from the first question, and gives the number of the first of them.
func (n *pythonNode) answeredRows(count int) int {
	q := &n.asked[0]
	first := q.first
	q.first += count
	if q.count -= count; q.count == 0 {
		n.asked = append(n.asked[:0], n.asked[1:]...)
	}
	return first
}

// answers deals with a result each of some rows.
func (n *pythonNode) answers(fr *saying, in, out *Batch) (done bool, err error) {
	odd, err := unpickle(fr.body, &n.results)
	if err != nil || n.results.Len() != fr.count || fr.count < 1 || fr.count > n.asked[0].count {
		return true, n.lost(errPickle)
	}
	n.adapt(fr)
	row := n.answeredRows(fr.count)
	if row == n.base && !odd && len(n.stash) == 0 {
		out.EmitColumn(in, &n.results)
		in.Drop(fr.count)
		n.pass(fr.count)
		return true, nil
	}
	for i := range fr.count {
		result := n.results.At(i)
		if strange := oddPart(result, 0); strange != nil {
			n.keep(row+i, answered{failed: Failf("TypeError", "TypeError: %s", strange.why)})
		} else {
			n.keep(row+i, answered{result: result})
		}
	}
	return false, nil
}

// adapt finds how many rows to ask for at a time by how long those of an answer took, and how much it is.
func (n *pythonNode) adapt(fr *saying) {
	fit := n.most
	if fr.nanos > 0 {
		fit = min(fit, int(float64(fr.count)*float64(pythonPace)/float64(fr.nanos)))
	}
	fit = min(fit, fr.count*pythonWeight/(len(fr.body)+1))
	n.ahead = max(1, min(fit, 2*n.ahead))
}

// parts deals with several results of a row.
func (n *pythonNode) parts(fr *saying, in, out *Batch) (done bool, err error) {
	odd, err := unpickle(fr.body, &n.results)
	if err != nil || n.results.Len() != fr.count {
		return true, n.lost(errPickle)
	}
	row, last := n.asked[0].first, fr.kind == pythonLast
	if row == n.base && n.vain {
		return n.drop(max(fr.count, len(fr.body)/vainResult), last, in), nil
	}
	if row != n.base && !last { // nobody wants them, or not yet, and they may have no end
		n.alone = n.next - n.base
		n.stop()
		return true, nil
	}
	if odd {
		if failed := n.oddResult(); failed != nil {
			return n.spoilt(failed, row, in, out)
		}
	}
	if last {
		n.answeredRows(1)
	}
	switch {
	case row != n.base:
		results := n.results
		n.results = Column{}
		n.keep(row, answered{many: &results})
		return false, nil
	case last:
		return n.last(&n.results, in, out)
	}
	return n.tell(&n.results, in, out)
}

// leave says that nobody wants what the first row still gives.
func (n *pythonNode) leave() { n.vain = n.told.answered.count > 0 }

// drop drops results of the first row, and the row with the last of them. A generator that goes on and on is ended with its interpreter.
func (n *pythonNode) drop(results int, last bool, in *Batch) (done bool) {
	n.dropping += results
	switch {
	case last:
		n.answeredRows(1)
	case n.dropping > mostInVain:
		n.stop()
	default:
		return false
	}
	in.Drop(1)
	n.pass(1)
	return true
}

// oddResult is the failure of the first result that is no item. Those before it stay.
func (n *pythonNode) oddResult() *ItemError {
	for i := range n.results.Len() {
		if strange := oddPart(n.results.At(i), 0); strange != nil {
			n.results.truncate(i)
			return Failf("TypeError", "TypeError: %s", strange.why)
		}
	}
	return nil
}

// spoilt emits the results before one that is no item, which is the failure of the row.
func (n *pythonNode) spoilt(failed *ItemError, row int, in, out *Batch) (done bool, err error) {
	results := n.results
	n.results = Column{}
	n.alone = max(n.alone, n.next-n.base)
	n.stop() // the generator goes on
	n.keep(row, answered{failed: failed})
	if row == n.base {
		n.next = n.base + 1
		_, err = n.tell(&results, in, out)
	}
	return true, err
}

// tell emits results of the first row, which has more.
func (n *pythonNode) tell(results *Column, in, out *Batch) (done bool, err error) {
	for i := range results.Len() {
		item := results.At(i)
		fresh, err := n.told.answer(item)
		if err != nil {
			n.stop()
			n.told = retold{}
			return false, err
		}
		if fresh {
			out.EmitPart(in, 0, n.told.answered.count-1, item)
			done = true
		}
	}
	return done, nil
}

// last emits the last results of the first row.
func (n *pythonNode) last(results *Column, in, out *Batch) (done bool, err error) {
	if _, err = n.tell(results, in, out); err == nil {
		err = n.told.end()
	}
	if err != nil {
		return false, err
	}
	in.Drop(1)
	n.pass(1)
	return true, nil
}

// lost deals with the end of an interpreter, or with one that says what is no answer: then it is ended. It is known which row has done that
// if it was at no other.
func (n *pythonNode) lost(cause error) error {
	failed, killed := n.ending(cause)
	ready, early, rows, suspect := n.ready, n.early, 0, len(n.asked) == 1 && n.asked[0] == question{n.base, 1}
	for _, q := range n.asked {
		rows += max(0, q.first+q.count-max(n.base, q.first))
	}
	window := n.next - n.base
	n.stop()
	switch {
	case early: // it may have gone wrong long ago: another one is started
		return nil
	case !ready && killed && n.starts < pythonDeaths:
		n.starts++
		return nil
	case !ready:
		return n.unstarted(failed)
	case rows == 0:
		return nil
	case !suspect:
		n.alone = window
		return nil
	case !killed:
		return failed
	}
	if n.deaths++; n.deaths < pythonDeaths {
		return nil
	}
	n.deaths = 0
	return Failf("exec", "%d interpreters were killed while they worked on the item: %s", pythonDeaths, failed.Message)
}

// ending is the failure that the end of an interpreter is, and whether it was killed.
func (n *pythonNode) ending(cause error) (failed *ItemError, killed bool) {
	t := n.frames.talk
	if !errors.Is(cause, io.EOF) {
		return Failf("exec", "%s: %s", t.name, cause), false
	}
	if failed = itemError(t.result()); failed == nil {
		return Failf("exec", "%s ended without an answer", t.name), false
	}
	return failed, t.exitCode() < 0
}

// letGo ends the interpreter when its worker has nothing more for it. It may take its time for its exit handlers.
func (n *pythonNode) letGo() error {
	n.dropSpare()
	if n.frames.talk == nil {
		return nil
	}
	defer n.stop()
	if !n.ready {
		return nil
	}
	t, patience := n.frames.talk, pythonEnd
	if t.hasEnded() && t.exitCode() < 0 && len(n.asked) == 0 {
		return nil // it was killed when it had nothing to do, and before it was told to end: nothing of it is missing
	}
	if len(n.asked) > 0 { // it is at work on what nobody waits for
		patience = pythonIdle
	}
	t.finish()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !t.hasEnded() {
		if t.Wait(ctx) == nil {
			continue
		}
		if len(n.asked) == 0 {
			return Failf("exec", "%s has not ended within %s after its last item: an exit handler is at work, or a thread that is no daemon", t.name, pythonEnd)
		}
		return nil
	}
	if len(n.asked) > 0 {
		return nil
	}
	return t.result()
}
