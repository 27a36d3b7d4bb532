package stages

import (
	"bytes"
	"errors"
	"io"
)

const (
	xzStreamHead = 12 // bytes of a stream's header
	xzHeadLength = xzStreamHead + 1 + 1 + 9 + 9 + 3
	xzLZMA2      = 0x21 // the number of the only filter that is known here
)

var (
	errXZDictionary = errors.New("the dictionary is too large")
	errXZFilter     = errors.New("it uses a filter other than LZMA2, which is not supported")
)

// checkXZ looks at the beginning of an xz file, as far as it is there: that it is one, and at what its first block needs (The .xz
// File Format 1.2, sections 2.1 and 3.1). A dictionary is allocated as large as the file says, so that is bounded before.
func checkXZ(head []byte) error {
	magic := []byte("\xfd7zXZ\x00")
	if !bytes.HasPrefix(head, magic[:min(len(head), len(magic))]) {
		return errNotPacked
	}
	if len(head) < xzHeadLength || head[xzStreamHead] == 0 { // cut off, or there is no block
		return nil
	}
	flags, rest := head[xzStreamHead+1], head[xzStreamHead+2:]
	if flags&3 != 0 {
		return errXZFilter
	}
	for _, there := range [...]bool{flags&0x40 != 0, flags&0x80 != 0} { // the sizes of the block
		for there && len(rest) > 0 {
			there = rest[0]&0x80 != 0
			rest = rest[1:]
		}
	}
	if len(rest) < 3 {
		return nil
	}
	if rest[0] != xzLZMA2 {
		return errXZFilter
	}
	bits := rest[2] // 2 or 3 shifted by half of it and 11
	if bits > 40 || (2|uint64(bits&1))<<(bits/2+11) > maxUnpackMemory {
		return errXZDictionary
	}
	return nil
}

// xzStreams notices where a file is cut off: to the library, the end of the file within some heads is the end of the stream.
type xzStreams struct {
	source  *countingReader
	streams io.Reader
}

func (x *xzStreams) Read(b []byte) (int, error) {
	n, err := x.streams.Read(b)
	if errors.Is(err, io.EOF) && string(x.source.tail[:]) != "YZ" {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
