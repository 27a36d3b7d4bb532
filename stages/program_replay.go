package stages

// keptInput is how many bytes a program with `per: stream` may have been given for another to be given them again.
const keptInput = 16 << 20

// replay is what a program with `per: stream` was given and has answered. What the program makes of it inside cannot be written down, so if
// the worker dies, another program is given the same again, and as much of its answers as went on before is left out. That needs a program
// that answers the same to the same; one that answers something else, and one that had been given more than is kept, is a failure with a
// name, because nobody could tell what is missing.
type replay struct {
	given   journal
	bytes   int  // that were given
	tooMuch bool // given is not all
	retold
}

// retold is what has been answered so far, and as much of it as another one that is asked the same has answered again.
type retold struct {
	answered tally
	again    tally // of what another program has answered
	behind   bool  // it has not come to where the one before it was
}

// clear is for a program that starts with nothing.
func (p *replay) clear() {
	p.given.clear()
	p.bytes, p.tooMuch = 0, false
	p.retold = retold{}
}

// restart is for another program, which is asked the same.
func (p *retold) restart() {
	p.again = tally{}
	p.behind = p.answered.count > 0
}

// give notes what has been written to the program.
func (p *replay) give(record []byte) {
	switch p.bytes += len(record); {
	case p.bytes <= keptInput:
		p.given.add(record)
	case !p.tooMuch:
		p.tooMuch = true
		p.given.clear()
	}
}

// answer is retold's, for which nothing need be remembered where no other program will be asked.
func (p *replay) answer(item any) (bool, error) {
	if p.tooMuch && !p.behind {
		return true, nil
	}
	return p.retold.answer(item)
}

// answer takes the next answer, or what stands in the place of one and is none, and says whether it is new.
func (p *retold) answer(item any) (bool, error) {
	if !p.behind {
		p.answered.add(item)
		return true, nil
	}
	p.again.add(item)
	if p.again.count == 1 && p.again.first != p.answered.first || p.again.count == p.answered.count && p.again.sum != p.answered.sum {
		return false, errOtherAnswers()
	}
	p.behind = p.again.count < p.answered.count
	return false, nil
}

// end is told that the program has ended well.
func (p *retold) end() error {
	if p.behind {
		return errOtherAnswers()
	}
	return nil
}

func errOtherAnswers() error {
	return Failf("input-lost", "the worker was replaced, and the program that took the place of the one that ended with it answers something else to the same input "+
		"(`per: item` asks each line once more) [input-lost]")
}

func errTooMuchGiven() error {
	return Failf("input-lost", "the worker was replaced, and its program with it, after that had been given more than the %d MiB that are kept to be given again "+
		"(`per: item` asks each line once more) [input-lost]", keptInput>>20)
}

func (p *replay) save(w *StateWriter, full bool) {
	p.given.save(w, full)
	w.Int(p.bytes)
	w.Bool(p.tooMuch)
	p.answered.save(w)
}

func (p *replay) load(r *StateReader) {
	p.given.load(r)
	p.bytes = r.Int()
	p.tooMuch = r.Bool()
	p.answered.load(r)
	p.restart()
}

// tally tells a sequence of items from others.
type tally struct {
	count      int
	first, sum uint64
}

func (t *tally) add(item any) {
	if text, ok := item.(string); ok {
		t.sum = hashText(t.sum, text)
	} else {
		t.sum = hashItem(t.sum, item)
	}
	if t.count++; t.count == 1 {
		t.first = t.sum
	}
}

// hashText is a hash of a text and of what came before it, eight bytes at a time.
func hashText(h uint64, s string) uint64 {
	h = (h ^ uint64(len(s))) * hashPrime
	for ; len(s) >= 8; s = s[8:] {
		word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h = mix64(h ^ word)
	}
	return mix64(hashString(h, s))
}

func (t *tally) save(w *StateWriter) {
	w.Int(t.count)
	w.Uint(t.first)
	w.Uint(t.sum)
}

func (t *tally) load(r *StateReader) { t.count, t.first, t.sum = r.Int(), r.Uint(), r.Uint() }
