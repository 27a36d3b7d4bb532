package npy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mprun/mprun/stages"
)

// dtype is the type of the elements of a file: a number, or a structure.
type dtype struct {
	code   string // of a number, without its byte order: f8
	swap   bool   // its bytes are in the other order
	size   int64
	fields []dtypeField
}

type dtypeField struct {
	name string
	off  int64
	dtype
}

// codes is what NumPy calls the scalars.
var codes = [...]string{
	stages.ScalarBool: "b1",
	stages.ScalarInt8: "i1", stages.ScalarUint8: "u1", stages.ScalarInt16: "i2", stages.ScalarUint16: "u2",
	stages.ScalarInt32: "i4", stages.ScalarUint32: "u4", stages.ScalarInt64: "i8", stages.ScalarUint64: "u8",
	stages.ScalarFloat32: "f4", stages.ScalarFloat64: "f8",
	stages.ScalarChar: "S1", stages.ScalarWide: "U1",
}

// parseDtype reads the descr of a header.
func parseDtype(v any) (dtype, error) {
	switch v := v.(type) {
	case string:
		return parseCode(v)
	case []any:
		return parseFields(v)
	}
	return dtype{}, fmt.Errorf("%w: its header lacks descr", ErrFormat)
}

func parseCode(s string) (dtype, error) {
	code := strings.TrimLeft(s, "<>=|")
	if strings.HasPrefix(code, "O") {
		return dtype{}, fmt.Errorf("%w: its elements are Python objects", ErrFormat)
	}
	if len(code) < 2 {
		return dtype{}, fmt.Errorf("%w: its elements are of the unknown type %q", ErrFormat, s)
	}
	size, err := strconv.ParseInt(code[1:], 10, 32)
	if err != nil || size < 0 {
		return dtype{}, fmt.Errorf("%w: its elements are of the unknown type %q", ErrFormat, s)
	}
	d := dtype{code: code, swap: strings.HasPrefix(s, ">"), size: size}
	if strings.HasPrefix(code, "U") {
		d.size *= 4
	}
	if strings.HasPrefix(code, "S") {
		d.swap = false
	}
	return d, nil
}

func parseFields(list []any) (dtype, error) {
	var d dtype
	for _, entry := range list {
		tuple, ok := entry.([]any)
		if !ok || len(tuple) < 2 {
			return d, fmt.Errorf("%w: a field of its structure is %s", ErrFormat, stages.ShortJSON(entry))
		}
		name, isName := tuple[0].(string)
		if titled, ok := tuple[0].([]any); ok && len(titled) == 2 { // (title, name)
			name, isName = titled[1].(string)
		}
		if !isName {
			return d, fmt.Errorf("%w: a field of its structure is %s", ErrFormat, stages.ShortJSON(entry))
		}
		if len(tuple) > 2 {
			return d, fmt.Errorf("%w: the field %s of its structure is an array", ErrFormat, name)
		}
		field, err := parseDtype(tuple[1])
		if err != nil {
			return d, err
		}
		if name != "" || !strings.HasPrefix(field.code, "V") { // else it is a gap
			d.fields = append(d.fields, dtypeField{name, d.size, field})
		}
		d.size += field.size
	}
	return d, nil
}

// String is the type for people: as the spec calls it where it has a name there.
func (d dtype) String() string {
	if d.fields != nil {
		names := make([]string, len(d.fields))
		for i, f := range d.fields {
			names[i] = f.name + ": " + f.String()
		}
		return "{" + strings.Join(names, ", ") + "}"
	}
	if i := slices.Index(codes[:], d.code); i > 0 {
		return stages.Scalar(i).String()
	}
	return d.code
}

// move is where a number of an element goes.
type move struct {
	from, to int64
	size     int
	swap     bool
}

func (m move) do(dst, src []byte) {
	dst, src = dst[m.to:m.to+int64(m.size)], src[m.from:m.from+int64(m.size)]
	copy(dst, src)
	if m.swap {
		slices.Reverse(dst)
	}
}

// moves is the moves that make elements of a layout out of those of the dtype.
func (d dtype) moves(l *stages.Layout, from, to int64, list []move) ([]move, error) {
	if l.Scalar != stages.NoScalar {
		if d.code != codes[l.Scalar] {
			return nil, fmt.Errorf("its elements are of type %s, not %s", d, l.Scalar)
		}
		return append(list, move{from, to, l.Scalar.Size(), d.swap && l.Size > 1}), nil
	}
	if len(d.fields) != len(l.Fields) {
		return nil, fmt.Errorf("its elements are of type %s, not %s", d, l.Type.Name)
	}
	for i := range l.Fields {
		f, g := &l.Fields[i], &d.fields[i]
		if f.Name != g.name {
			return nil, fmt.Errorf("field %d of its elements is %s, not %s", i, g.name, f.Name)
		}
		var err error
		if list, err = g.moves(f.Layout, from+g.off, to+f.Off, list); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return list, nil
}

// descr is a layout as a header has it. The gaps of a structure are fields without a name.
func descr(l *stages.Layout) string {
	if l.Scalar != stages.NoScalar {
		order := "<"
		if l.Size == 1 {
			order = "|"
		}
		return "'" + order + codes[l.Scalar] + "'"
	}
	var b strings.Builder
	b.WriteByte('[')
	at := int64(0)
	gap := func(to int64) {
		if to > at {
			fmt.Fprintf(&b, "('', '|V%d'), ", to-at)
		}
	}
	for _, f := range l.Fields {
		gap(f.Off)
		fmt.Fprintf(&b, "('%s', %s), ", f.Name, descr(f.Layout))
		at = f.Off + f.Layout.Size
	}
	gap(l.Size)
	return strings.TrimSuffix(b.String(), ", ") + "]"
}
