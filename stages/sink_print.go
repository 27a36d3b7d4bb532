package stages

import (
	"path/filepath"
	"strconv"
)

// printSize is how many bytes of text one call of the Outlet takes, about.
const printSize = 32 << 10

// printing is `print`.
type printing struct {
	text *RowExpr
	end  *RowExpr // nil: "\n"
	to   Stream
	file bool // text is the path of a file that has it
	buf  []byte
}

func buildPrint(b *Builder, stage *Stage) (Node, error) {
	text, err := b.keyOf(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	end, err := b.Option("end")
	if err != nil {
		return nil, err
	}
	p := &printing{text: text, end: end, to: Stdout}
	word, err := b.Word(stage.Options["to"])
	if word == "stderr" {
		p.to = Stderr
	}
	if err != nil {
		return nil, err
	}
	word, err = b.Word(stage.Options["from"])
	p.file = word == "file"
	return p, err
}

func (p *printing) Step(r *Run, in, out *Batch) error {
	if p.file {
		return p.printFile(r, in, out)
	}
	buf, n, failure := p.texts(in, min(in.Len(), r.Limit))
	p.buf = buf
	if n == 0 {
		return failure
	}
	ok, err := r.Outlet().Print(p.to, buf)
	if err != nil {
		return err
	}
	if !ok {
		return r.Await(r.Outlet())
	}
	out.EmitRows(in, 0, n)
	in.Drop(n)
	return nil
}

// printFile prints what the file of the first row holds.
func (p *printing) printFile(r *Run, in, out *Batch) error {
	v, err := p.text.At(in, 0)
	if err != nil {
		return err
	}
	path, _ := v.(string)
	if path == "" || filepath.Dir(path) != r.Programs().Spill() {
		return Failf("io", "from: file takes the path of a file that `spill` has made, not %s", ShortJSON(v))
	}
	ok, err := r.Outlet().PrintFile(p.to, path)
	if err != nil {
		return err
	}
	if !ok {
		return r.Await(r.Outlet())
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// texts is the texts of up to limit rows, until there is enough for one call; n is how many.
func (p *printing) texts(in *Batch, limit int) (buf []byte, n int, err error) {
	buf = p.buf[:0]
	if cap(buf) > 4*printSize { // after a very long one
		buf = nil
	}
	if p.text.isItem && p.end == nil {
		buf, n = p.lines(buf, in, limit)
		return buf, n, nil
	}
	for n < limit && len(buf) < printSize {
		start := len(buf)
		if buf, err = p.text.AppendText(buf, in, n); err != nil {
			return buf[:start], n, err
		}
		if p.end == nil {
			buf = append(buf, '\n')
		} else if buf, err = p.end.AppendText(buf, in, n); err != nil {
			return buf[:start], n, err
		}
		n++
	}
	return buf, n, nil
}

// lines is texts for the items themselves, a line each.
func (p *printing) lines(buf []byte, in *Batch, limit int) ([]byte, int) {
	from := in.head
	n := 0
	switch in.item.Kind {
	case Ints:
		for ; n < limit && len(buf) < printSize; n++ {
			buf = append(strconv.AppendInt(buf, int64(in.item.Ints[from+n]), 10), '\n')
		}
	case Strings:
		for ; n < limit && len(buf) < printSize; n++ {
			buf = append(append(buf, in.item.Strings[from+n]...), '\n')
		}
	default:
		for ; n < limit && len(buf) < printSize; n++ {
			buf = append(AppendText(buf, in.Item(n)), '\n')
		}
	}
	return buf, n
}
