package spec

// PosAt maps a byte offset in Text to the position in the document where that byte was written: behind escapes, across folded
// lines, inside a block scalar's indentation. The offset len(Text) gives the place behind the last byte; offsets outside are moved
// to the nearer end. Of lists and mappings it is the start.
func (n *Node) PosAt(textOffset int) Pos {
	if !n.IsScalar() || n.Text == "" {
		return n.Range.Start
	}
	at := max(0, min(textOffset, len(n.Text)))
	t, ok := decodeScalar(n.src.Bytes, n.Range.Start.Offset, n.Style, n.Text)
	if !ok {
		return n.Range.Start
	}
	if offset := t.offset(at); offset >= 0 {
		return n.src.Pos(offset)
	}
	return n.Range.Start
}

// RangeAt is the range of the bytes [start, end) of Text.
func (n *Node) RangeAt(start, end int) Range {
	r := Range{Start: n.PosAt(start), End: n.PosAt(end)}
	if r.End.Offset < r.Start.Offset {
		r.End = r.Start
	}
	return r
}
