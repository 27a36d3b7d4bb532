package stages

import (
	"errors"
	"io"
	"strconv"
)

// readNode is `read`: what is in files, one after the other, in a format. It keeps one of them open.
//
// With several files, one that cannot be read is left out where `on_error` says so (the piece that failed is its path); a file that
// is alone is the row itself, and can be retried. A record that does not follow the format is left out alone in both cases.
type readNode struct {
	turn
	paths  []*RowExpr
	dir    string
	pos    Pos
	format format
	header csvHeader
	apart  separatedDecoder // how records are told apart, if sep is not ""
	follow bool
	shares *splitting // nil: it reads everything itself

	files  listing // paths
	first  int     // number of the first of them among all that this stage has read, for shares
	piece  int     // of the next file, from which on pieces have not been read
	cut    int64   // size of the next file, if it is cut into pieces
	looked bool    // cut is known
	from   *reader // of the file that is next in files; nil: it has not been begun
	fresh  bool    // from is another one than was written down
	spare  leftover
	noted  fileID // of the file that is followed, as it was written down when it had nothing yet
	column Column
	counts lineCount

	raw    bool // no name tells a compression
	bare   bool // the stages behind read fields only, these
	fields []string
}

func buildRead(b *Builder, stage *Stage) (Node, error) {
	t, err := newTurn(b)
	if err != nil {
		return nil, err
	}
	n := &readNode{turn: t, dir: b.Dir(), pos: stage.Pos}
	if n.paths, err = b.Exprs(textSources(stage.Operand)); err != nil {
		return nil, err
	}
	if n.format, n.header, err = formatOptions(b, stage, formatLines); err != nil {
		return nil, err
	}
	if n.apart, err = separation(b, stage, n.format); err != nil {
		return nil, err
	}
	_, n.raw = stage.Options[RawOption]
	if n.follow, err = b.Flag("follow"); err != nil {
		return nil, err
	}
	split, err := b.Flag("split")
	if err != nil {
		return nil, err
	}
	switch {
	case n.follow && split:
		return nil, errors.New("`follow` and `split` cannot be had together: nobody knows who has to wait for what")
	case n.follow && n.format.isWhole():
		return nil, errors.New("`follow` needs a format with records: the end of a file that is followed never comes")
	case split && len(n.apart.sep) > 1:
		return nil, errors.New("`split` needs a separator of one byte, to find the first record of a piece")
	case split:
		n.shares = newSplitting(b.opts.Self)
	}
	return n, nil
}

// separation is the options `separator` and `encoding`; the zero value where the format says it all.
func separation(b *Builder, stage *Stage, f format) (d separatedDecoder, err error) {
	if d.sep, err = b.Word(stage.Options["separator"]); err != nil {
		return d, err
	}
	encoding, err := b.Word(stage.Options["encoding"])
	if err != nil {
		return d, err
	}
	d.given, d.any = d.sep != "", encoding == "any"
	switch {
	case d.given && f != formatLines:
		return d, errors.New("`separator` takes the place of line ends, and needs `format: lines`")
	case d.any && f != formatLines && f != formatNul:
		return d, errors.New("`encoding: any` needs `format: lines` or `nul`")
	case d.any && !d.given:
		sep, _ := f.separator()
		d.sep = string(rune(sep))
	}
	return d, nil
}

// formatOptions is the options `format` and `header` of a stage.
func formatOptions(b *Builder, stage *Stage, without format) (f format, header csvHeader, err error) {
	f = without
	word, err := b.Word(stage.Options["format"])
	if err != nil {
		return 0, header, err
	}
	if word != "" {
		if f, err = parseFormat(word); err != nil {
			return 0, header, err
		}
	}
	e, err := b.Option("header")
	if err != nil || e == nil {
		return f, header, err
	}
	value, ok := e.Const()
	if !ok {
		return 0, header, errors.New("`header` must be the same for all items")
	}
	if f != formatCSV {
		return 0, header, errors.New("`header` needs `format: csv`")
	}
	header, err = headerOf(value)
	return f, header, err
}

// headerOf reads the value of a Header field: true, false, or names.
func headerOf(value any) (csvHeader, error) {
	switch v := value.(type) {
	case bool:
		return csvHeader{none: !v}, nil
	case []any:
		header := csvHeader{}
		seen := map[string]bool{}
		for _, name := range v {
			text := TextOf(name)
			if seen[text] {
				return header, errors.New("`header` has the name " + strconv.Quote(text) + " twice")
			}
			seen[text] = true
			header.names = append(header.names, text)
		}
		if len(header.names) > 0 {
			return header, nil
		}
	}
	return csvHeader{}, errors.New("`header` is true, false, or a list of names")
}

func (n *readNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		paths, err := textValues(n.paths, in, "a path")
		if err != nil {
			return err
		}
		if err := n.begin(in); err != nil {
			return err
		}
		if n.follow {
			if err := canFollow(paths); err != nil {
				n.active = false
				return err
			}
		}
		n.files.set(texts(paths))
		n.first, n.piece, n.looked = in.Index(0), 0, false
	}
	if n.room(1) == 0 || !n.findPiece() {
		n.Close()
		n.finish(in)
		return nil
	}
	if err := n.open(); errors.Is(err, errHeader) && n.piece > 0 {
		n.nextFile() // whoever has the file's first piece says so
		return nil
	} else if err != nil {
		return n.fileFailed(err)
	}
	n.column.Reset()
	err := n.from.next(n.room(r.Limit), &n.column, func() { r.Volatile(n.pos) })
	if n.column.Len() > 0 {
		n.emit(in, out, &n.column)
		return nil
	}
	return n.without(r, err)
}

// without deals with a read that gave no item.
func (n *readNode) without(r *Run, err error) error {
	var broken *brokenRecord
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		n.nextPiece()
		return nil
	case errors.Is(err, errNotYet):
		if err := n.note(r); err != nil {
			return err
		}
		return r.Await(n.from.in.waiter())
	case errors.As(err, &broken):
		broken.line += n.linesBefore()
		return &ItemError{Type: "format", Message: broken.at(n.name()) + ": " + broken.message, Partial: true, Piece: broken.piece}
	}
	return n.fileFailed(err)
}

// note has it written down which file is followed, although nothing has come of it yet: else a replacement would take the one that has
// its name by then, and what is written to this one meanwhile would be lost.
func (n *readNode) note(r *Run) error {
	n.from.mark()
	if n.from.id == n.noted {
		return nil
	}
	n.noted = n.from.id
	return r.Checkpoint()
}

// open sees to it that the next file is open.
func (n *readNode) open() error {
	path := n.path()
	if n.from == nil {
		n.from, n.fresh = n.newReader(), true
		if n.cut > 0 {
			n.from.take(n.shares.stretch(n.piece))
		}
	}
	squeezed := notCompressed
	if !n.raw {
		squeezed = compressionOf(path)
	}
	if path != "-" {
		path = resolve(n.dir, path)
	}
	if err := n.from.open(path, squeezed); err != nil {
		return err
	}
	return n.from.readHeader(path)
}

func (n *readNode) newReader() *reader {
	from := newReader(n.format, n.header)
	if n.apart.sep != "" {
		from.dec, from.sep = n.apart, n.apart.sep[len(n.apart.sep)-1]
	}
	from.follow = n.follow
	if n.bare {
		from.leave(n.fields)
	}
	from.inherit(n.spare)
	n.spare = leftover{}
	return from
}

func (n *readNode) path() string { return TextOf(n.files.items[n.files.at]) }

// name is the file for messages.
func (n *readNode) name() string {
	if path := n.path(); path != "-" {
		return path
	}
	return "standard input"
}

// fileFailed is the failure of the file itself.
func (n *readNode) fileFailed(err error) error {
	message := n.name()
	if n.from != nil {
		if line := n.from.w.line + n.linesBefore(); line > 0 {
			message += ": behind " + n.format.unit() + " " + strconv.Itoa(line)
		}
	}
	failed := &ItemError{Type: "io", Message: message + ": " + err.Error()}
	if len(n.files.items) > 1 {
		failed.Partial, failed.Piece = true, n.path()
		n.nextFile()
		return failed
	}
	if n.from != nil {
		n.from.rewind()
	}
	return failed
}

// findPiece goes to the next piece that this replica is to read, and reports whether there is one.
func (n *readNode) findPiece() bool {
	for !n.files.empty() {
		if n.shares == nil || n.from != nil {
			return true
		}
		file := n.first + n.files.at
		if !n.looked {
			path := n.path()
			if path != "-" {
				path = resolve(n.dir, path)
			}
			n.cut, n.looked = n.shares.size(path, n.format), true
		}
		n.piece = n.shares.next(file, n.piece)
		if n.piece == 0 || int64(n.piece)*n.shares.piece < n.cut {
			return true
		}
		n.nextFile()
	}
	return false
}

// nextPiece goes behind what has been read to its end.
func (n *readNode) nextPiece() {
	switch {
	case n.follow: // another file has its name now
		n.Close()
	case n.cut > 0:
		n.spare = n.from.leftover()
		n.Close()
		n.piece++
	default:
		n.nextFile()
	}
}

func (n *readNode) nextFile() {
	n.Close()
	n.spare = leftover{}
	n.files.take(1)
	n.piece, n.cut, n.looked = 0, 0, false
}

// canFollow says what is wrong with paths that are to be followed.
func canFollow(paths []string) error {
	switch {
	case len(paths) != 1:
		return Failf("io", "`follow` reads one file, not %d: the first would never end (a process for each can put what they read into one queue)", len(paths))
	case paths[0] == "-":
		return Failf("io", "standard input is not followed: it is read until its end, which waits for whoever writes it")
	case compressionOf(paths[0]) != notCompressed:
		return Failf("io", "%s is compressed, and such a file is not followed", paths[0])
	}
	return nil
}

// lineCount is how many lines a file has before an offset: what was counted last.
type lineCount struct {
	path   string
	offset int64
	lines  int
}

// linesBefore is how many lines the file has before the stretch that is read of it. They are counted only when somebody asks.
func (n *readNode) linesBefore() int {
	if n.from == nil || n.from.part.first == 0 {
		return 0
	}
	path, at := resolve(n.dir, n.path()), n.from.part.first
	if n.counts.path != path || n.counts.offset != at {
		lines, err := countRecords(path, n.from.sep, at)
		if err != nil {
			return 0
		}
		n.counts = lineCount{path, at, lines}
	}
	return n.counts.lines
}

// Close lets go of the file.
func (n *readNode) Close() {
	if n.from != nil {
		n.from.close()
		n.from = nil
	}
}

func (n *readNode) Skip() {
	n.Close()
	n.active = false
}

func (n *readNode) Reset() { n.Skip() }

// What a Save says of the reader.
const (
	readerNone = iota
	readerSame
	readerFresh
)

func (n *readNode) Save(w *StateWriter, full bool) {
	n.save(w)
	if !n.active {
		return
	}
	n.files.save(w, full)
	w.Int(n.first)
	w.Int(n.piece)
	w.Uint(uint64(n.cut))
	w.Bool(n.looked)
	switch {
	case n.from == nil:
		w.Uint(readerNone)
	case n.fresh || full:
		w.Uint(readerFresh)
		n.from.save(w, true)
		n.fresh = false
	default:
		w.Uint(readerSame)
		n.from.save(w, false)
	}
}

func (n *readNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if !n.active {
		n.Close()
		return r.Err()
	}
	n.files.load(r)
	n.first, n.piece, n.cut, n.looked = r.Int(), r.Int(), int64(r.Uint()), r.Bool()
	switch r.Uint() {
	case readerNone:
		n.Close()
	case readerFresh:
		n.Close()
		n.from = n.newReader()
		n.from.load(r, true)
	case readerSame:
		if n.from == nil {
			r.fail()
			break
		}
		n.from.load(r, false)
	}
	return r.Err()
}

// readType is the type of what a format gives.
func readType(stage *Stage, _ *Scope, _ Type) Type {
	if encoding := stage.Options["encoding"].Source; encoding != nil && encoding.Value == "any" {
		return Join(StringType, BytesType)
	}
	return formatType(stage, StringType)
}

// formatType is the type of the items that the stage's `format` gives; without is that of no format.
func formatType(stage *Stage, without Type) Type {
	option := stage.Options["format"].Source
	if option == nil {
		return without
	}
	switch option.Value {
	case "lines", "nul", "text", "log":
		return StringType
	case "pieces":
		return Join(StringType, BytesType)
	case "bytes", "frames":
		return BytesType
	case "csv":
		if header := stage.Options["header"].Source; header != nil && header.Value == false {
			return ListOf(StringType)
		}
		return MapOf(StringType)
	}
	return AnyType
}
