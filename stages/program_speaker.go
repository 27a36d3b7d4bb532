package stages

import (
	"errors"
	"io"
	"strings"
)

// speaker starts the program of a `through` and writes items for it.
type speaker struct {
	words  []*RowExpr
	env    *RowExpr
	cwd    *RowExpr
	dir    string
	format format // of what it gets
	answer format // of what it writes
	header csvHeader

	talk   *talk     // nil: it has not been started, or was ended
	reader *reader   // of what it writes
	csv    csvWriter // of what it gets, if that is CSV
	said   bool      // something has been said to it
	record []byte
}

func newSpeaker(b *Builder, stage *Stage) (*speaker, error) {
	s := &speaker{dir: b.Dir()}
	var err error
	if s.words, err = b.Exprs(stage.Operand.Sources); err != nil {
		return nil, err
	}
	if len(s.words) == 0 {
		return nil, errors.New("a program is needed")
	}
	if s.env, err = b.Option("env"); err != nil {
		return nil, err
	}
	if s.cwd, err = b.Option("cwd"); err != nil {
		return nil, err
	}
	if s.format, s.header, err = formatOptions(b, stage, formatLines); err != nil {
		return nil, err
	}
	s.answer = s.format
	word, err := b.Word(stage.Options[AnswersOption])
	if err == nil && word != "" {
		s.answer, err = parseFormat(word)
	}
	return s, err
}

// AnswersOption is an option of `through` that no spec has: the format of what the program writes, where a command's standard input
// and output have two.
const AnswersOption = "answers"

// start starts the program, if it does not run. Its words are the same for all items: there is no item in them.
func (s *speaker) start(r *Run) error {
	if s.talk != nil {
		return nil
	}
	nobody := NewBatch(s.words[0].names, false)
	nobody.EmitNew(nil, "")
	p, err := programOf(s.words, s.env, s.cwd, s.dir, nobody)
	if err != nil {
		return err
	}
	t, err := startTalk(r.Programs(), p)
	if err != nil {
		return err
	}
	s.talk = t
	s.reader = newReader(s.answer, s.header)
	s.reader.in = t
	s.csv, s.said = csvWriter{names: s.header.names, width: len(s.header.names)}, false
	return nil
}

// stop ends the program.
func (s *speaker) stop() {
	if s.talk != nil {
		_ = s.talk.Close()
	}
	s.talk, s.reader = nil, nil
}

// say writes an item to the program.
func (s *speaker) say(item any) error {
	if s.format == formatCSV {
		record, err := s.csv.appendItem(s.record[:0], item)
		if err != nil {
			return err
		}
		if !s.said && !s.header.none {
			record = append([]byte(s.csv.header()), record...)
		}
		s.record, s.said = record, true
		s.talk.say(s.record)
		return nil
	}
	s.record = appendRecord(s.record[:0], s.format, item)
	inside := string(s.record[:max(0, len(s.record)-1)])
	switch {
	case s.format == formatLines && strings.IndexByte(inside, '\n') >= 0:
		return Failf("format", "a text with a line break in it would be several lines (`format: jsonl` or `nul` keeps it whole)")
	case s.format == formatNul && strings.IndexByte(inside, 0) >= 0:
		return Failf("format", "a text with a zero byte in it would be several texts (`format: jsonl` keeps it whole)")
	}
	s.talk.say(s.record)
	return nil
}

// isCut says whether the last item that has been taken is all that the program wrote at its end, without the separator that ends an item.
func (s *speaker) isCut() bool {
	sep, separated := s.answer.separator()
	return separated && s.reader.ended && s.reader.size == s.reader.w.pos && !s.talk.endsWith(sep)
}

// hear takes up to limit items that the program has written. errNotYet and io.EOF are as in reader.next.
func (s *speaker) hear(limit int, items *Column) error {
	items.Reset()
	err := s.reader.next(limit, items, func() {})
	var broken *brokenRecord
	if errors.As(err, &broken) {
		return &ItemError{Type: "format", Message: broken.at("output of "+s.talk.name) + ": " + broken.message, Partial: true, Piece: broken.piece}
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errNotYet) {
		return Failf("exec", "output of %s: %s", s.talk.name, err)
	}
	return err
}
