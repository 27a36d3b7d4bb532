// Package npy reads and writes files in NumPy's format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): one
// array each, behind a header that says what its elements are.
//
//	\x93NUMPY | version 2 | length 2 or 4 | {'descr': '<f8', 'fortran_order': False, 'shape': (3,), } and spaces and \n | elements
//
// It reads versions 1 to 3, in the order of C, of numbers, characters and structures of them in any byte order, and writes the least
// version that takes the header. Pickled objects are refused. What it reads is checked against what is wanted: nothing is converted but
// the byte order and the gaps between the fields of a structure.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mprun/mprun/stages"
)

const (
	magic = "\x93NUMPY"
	// headerAlign is what the whole of the header is a multiple of.
	headerAlign = 64
	// mostHeader is how many bytes of a header are read: a structure of thousands of fields has less.
	mostHeader = 1 << 20
	// mostElement is how many bytes an element may have, of which a structure's gaps can be most.
	mostElement = 1 << 20
)

// ErrFormat says that a file is none of the format, or of a part of it that is not read.
var ErrFormat = errors.New("no array in NumPy's format")

// Header is what a file says of its array.
type Header struct {
	Shape   []int
	Fortran bool // in the order of Fortran: the first index counts fastest
	dtype   dtype
}

// ReadHeader reads the header; what r gives then is the elements.
func ReadHeader(r io.Reader) (Header, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != magic {
		return Header{}, fmt.Errorf("%w: it does not begin like one", ErrFormat)
	}
	length := uint32(0)
	switch major := start[6]; major {
	case 1:
		var n uint16
		if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
			return Header{}, fmt.Errorf("%w: its header is cut off", ErrFormat)
		}
		length = uint32(n)
	case 2, 3:
		if err := binary.Read(r, binary.LittleEndian, &length); err != nil {
			return Header{}, fmt.Errorf("%w: its header is cut off", ErrFormat)
		}
	default:
		return Header{}, fmt.Errorf("%w: it is of version %d, known are 1 to 3", ErrFormat, major)
	}
	if length > mostHeader {
		return Header{}, fmt.Errorf("%w: its header has %d bytes", ErrFormat, length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return Header{}, fmt.Errorf("%w: its header is cut off", ErrFormat)
	}
	return parseHeader(string(text))
}

// parseHeader reads the dictionary.
func parseHeader(text string) (h Header, err error) {
	v, err := parseLiteral(text)
	if err != nil {
		return h, fmt.Errorf("%w: its header: %w", ErrFormat, err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return h, fmt.Errorf("%w: its header is no dictionary", ErrFormat)
	}
	if h.Fortran, ok = m["fortran_order"].(bool); !ok {
		return h, fmt.Errorf("%w: its header lacks fortran_order", ErrFormat)
	}
	shape, ok := m["shape"].([]any)
	if !ok {
		return h, fmt.Errorf("%w: its header lacks shape", ErrFormat)
	}
	for _, d := range shape {
		n, isInt := d.(int)
		if !isInt || n < 0 {
			return h, fmt.Errorf("%w: its shape is %s", ErrFormat, stages.ShortJSON(v))
		}
		h.Shape = append(h.Shape, n)
	}
	h.dtype, err = parseDtype(m["descr"])
	if err == nil && h.dtype.size > mostElement {
		return h, fmt.Errorf("%w: its elements have %d bytes each, more than %d", ErrFormat, h.dtype.size, mostElement)
	}
	return h, err
}

// Check says why the elements cannot be those of a layout; nil if they can.
func (h Header) Check(l *stages.Layout) error {
	_, err := h.moves(l)
	return err
}

func (h Header) moves(l *stages.Layout) ([]move, error) {
	if h.Fortran && len(h.Shape) > 1 {
		return nil, errors.New("it is in the order of Fortran; numpy.ascontiguousarray(a) puts it into that of C")
	}
	return h.dtype.moves(l, 0, 0, nil)
}

// Reader gives the elements of a file as they lie in memory by a layout; the error is Check's.
func (h Header) Reader(r io.Reader, l *stages.Layout) (io.Reader, error) {
	moves, err := h.moves(l)
	if err != nil {
		return nil, err
	}
	if len(moves) == 1 && !moves[0].swap && h.dtype.size == l.Size {
		return r, nil
	}
	return &converter{r: r, size: h.dtype.size, out: l.Size, moves: moves}, nil
}

// converter reads elements and puts their numbers where the layout has them.
type converter struct {
	r         io.Reader
	size, out int64
	moves     []move
	in, ready []byte
	rest      []byte // of ready
	err       error
}

// convertedAtOnce is how many elements are converted at a time, unless they have more than convertedBytes.
const (
	convertedAtOnce = 1024
	convertedBytes  = 1 << 20
)

// Read implements io.Reader.
func (c *converter) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.in == nil {
			n := max(1, min(convertedAtOnce, convertedBytes/c.size))
			c.in, c.ready = make([]byte, n*c.size), make([]byte, n*c.out)
		}
		n, err := io.ReadFull(c.r, c.in)
		if c.err = err; errors.Is(err, io.ErrUnexpectedEOF) {
			c.err = io.EOF
		}
		whole := int64(n) / c.size
		for i := range whole {
			for _, m := range c.moves {
				m.do(c.ready[i*c.out:], c.in[i*c.size:])
			}
		}
		c.rest = c.ready[:whole*c.out]
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// WriteHeader writes the header of elements as a layout has them.
func WriteHeader(w io.Writer, l *stages.Layout, shape []int) error {
	var dims strings.Builder
	for _, d := range shape {
		fmt.Fprintf(&dims, "%d, ", d)
	}
	tuple := strings.TrimSuffix(dims.String(), " ")
	if len(shape) > 1 {
		tuple = strings.TrimSuffix(tuple, ",")
	}
	text := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': (%s), }", descr(l), tuple)
	version, prefix := byte(1), 10
	if len(text) > 1<<16-1-headerAlign {
		version, prefix = 2, 12
	}
	text += strings.Repeat(" ", headerAlign-(prefix+len(text)+1)%headerAlign) + "\n"
	head := append([]byte(magic), version, 0)
	if version == 1 {
		head = binary.LittleEndian.AppendUint16(head, uint16(len(text)))
	} else {
		head = binary.LittleEndian.AppendUint32(head, uint32(len(text)))
	}
	_, err := w.Write(append(head, text...))
	return err
}
