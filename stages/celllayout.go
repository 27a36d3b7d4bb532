package stages

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Scalar is the type of one number in shared memory.
type Scalar uint8

// The scalars: those of ScalarNames, and the character of 32 bits that Python's array module calls u or w.
const (
	NoScalar Scalar = iota
	ScalarBool
	ScalarInt8
	ScalarUint8
	ScalarInt16
	ScalarUint16
	ScalarInt32
	ScalarUint32
	ScalarInt64
	ScalarUint64
	ScalarFloat32
	ScalarFloat64
	ScalarChar
	ScalarWide
)

// scalars is their names in StoreType and their bytes.
var scalars = [...]struct {
	name string
	size int
}{
	ScalarBool: {"bool", 1},
	ScalarInt8: {"int8", 1}, ScalarUint8: {"uint8", 1}, ScalarInt16: {"int16", 2}, ScalarUint16: {"uint16", 2},
	ScalarInt32: {"int32", 4}, ScalarUint32: {"uint32", 4}, ScalarInt64: {"int64", 8}, ScalarUint64: {"uint64", 8},
	ScalarFloat32: {"float32", 4}, ScalarFloat64: {"float64", 8},
	ScalarChar: {"char", 1}, ScalarWide: {"w", 4},
}

// scalarOf is the scalar of a canonical name; NoScalar if it is none.
func scalarOf(name string) Scalar {
	for s := ScalarBool; int(s) < len(scalars); s++ {
		if scalars[s].name == name {
			return s
		}
	}
	return NoScalar
}

// String is the name that the spec has for it.
func (s Scalar) String() string {
	if int(s) >= len(scalars) || s == NoScalar {
		return "no scalar"
	}
	return scalars[s].name
}

// Size is its bytes.
func (s Scalar) Size() int { return scalars[s].size }

// IsFloat says whether it is one of the two floats, IsText whether it is a character.
func (s Scalar) IsFloat() bool { return s == ScalarFloat32 || s == ScalarFloat64 }

// IsText is described at IsFloat.
func (s Scalar) IsText() bool { return s == ScalarChar || s == ScalarWide }

// A Number is one value of a Scalar: of the floats the bits of a float64, of all others those of an int64.
type Number uint64

// FloatNumber is a float as a Number.
func FloatNumber(f float64) Number { return Number(math.Float64bits(f)) }

// Float is the float.
func (n Number) Float() float64 { return math.Float64frombits(uint64(n)) }

// item is the number as an item.
func (s Scalar) item(n Number) any {
	switch {
	case s.IsFloat():
		return n.Float()
	case s == ScalarBool:
		return n != 0
	case s.IsText():
		return string(rune(n))
	}
	return int(n)
}

// number is an item that StoreType.Store gave for the scalar.
func (s Scalar) number(item any) Number {
	switch v := item.(type) {
	case int:
		return Number(v)
	case float64:
		return FloatNumber(v)
	case bool:
		if v {
			return 1
		}
	case string:
		r, _ := utf8.DecodeRuneInString(v)
		return Number(r)
	}
	return 0
}

// put writes a number as it lies in memory.
func (s Scalar) put(p []byte, n Number) {
	bits := uint64(n)
	if s == ScalarFloat32 {
		bits = uint64(math.Float32bits(float32(n.Float())))
	}
	switch s.Size() {
	case 1:
		p[0] = byte(bits)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(bits))
	case 4:
		binary.LittleEndian.PutUint32(p, uint32(bits))
	default:
		binary.LittleEndian.PutUint64(p, bits)
	}
}

// get reads what put wrote.
func (s Scalar) get(p []byte) Number {
	switch s {
	case ScalarInt8:
		return Number(int8(p[0]))
	case ScalarInt16:
		return Number(int16(binary.LittleEndian.Uint16(p)))
	case ScalarInt32:
		return Number(int32(binary.LittleEndian.Uint32(p)))
	case ScalarFloat32:
		return FloatNumber(float64(math.Float32frombits(binary.LittleEndian.Uint32(p))))
	}
	switch s.Size() {
	case 1:
		return Number(p[0])
	case 2:
		return Number(binary.LittleEndian.Uint16(p))
	case 4:
		return Number(binary.LittleEndian.Uint32(p))
	default:
		return Number(binary.LittleEndian.Uint64(p))
	}
}

// PutNumber and GetNumber write and read a number as it lies in memory: little-endian, Size bytes.
func PutNumber(p []byte, s Scalar, n Number) { s.put(p, n) }

// GetNumber is described at PutNumber.
func GetNumber(p []byte, s Scalar) Number { return s.get(p) }

// Layout is how a StoreType lies in memory: as a structure of C on a 64-bit machine, little-endian, each number at a multiple of its size.
type Layout struct {
	Type   *StoreType
	Scalar Scalar        // NoScalar: it is a record
	Fields []FieldLayout // of a record
	Size   int64         // bytes, a multiple of Align
	Align  int64
}

// FieldLayout is a field of a record.
type FieldLayout struct {
	Name   string
	Off    int64
	Layout *Layout
}

// Layout computes the layout.
func (t *StoreType) Layout() *Layout {
	l := &Layout{Type: t, Align: 1}
	if !t.isRecord() {
		l.Scalar = scalarOf(t.Name)
		l.Size = int64(l.Scalar.Size())
		l.Align = max(1, l.Size)
		return l
	}
	for i := range t.Fields {
		field := t.Fields[i].Type.Layout()
		l.Align = max(l.Align, field.Align)
		l.Size = alignUp(l.Size, field.Align)
		l.Fields = append(l.Fields, FieldLayout{Name: t.Fields[i].Name, Off: l.Size, Layout: field})
		l.Size += field.Size
	}
	l.Size = alignUp(l.Size, l.Align)
	return l
}

func alignUp(n, align int64) int64 { return (n + align - 1) / align * align }

// field is the field of that name, or nil.
func (l *Layout) field(name string) *FieldLayout {
	for i := range l.Fields {
		if l.Fields[i].Name == name {
			return &l.Fields[i]
		}
	}
	return nil
}

// Numbers calls do for each number of a value that lies at off, in the order of their offsets.
func (l *Layout) Numbers(off int64, do func(off int64, s Scalar)) {
	if l.Scalar != NoScalar {
		do(off, l.Scalar)
		return
	}
	for i := range l.Fields {
		l.Fields[i].Layout.Numbers(off+l.Fields[i].Off, do)
	}
}

// item reads a value at the start of p.
func (l *Layout) item(p []byte) any {
	if l.Scalar != NoScalar {
		return l.Scalar.item(l.Scalar.get(p))
	}
	m := make(map[string]any, len(l.Fields))
	for i := range l.Fields {
		f := &l.Fields[i]
		m[f.Name] = f.Layout.item(p[f.Off:])
	}
	return m
}

// put writes a value that StoreType.Store gave to the start of p.
func (l *Layout) put(p []byte, stored any) {
	if l.Scalar != NoScalar {
		l.Scalar.put(p, l.Scalar.number(stored))
		return
	}
	m, _ := stored.(map[string]any)
	for i := range l.Fields {
		f := &l.Fields[i]
		f.Layout.put(p[f.Off:], m[f.Name])
	}
}
