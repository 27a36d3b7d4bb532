// Package wire writes values for another process of the same program to read: what the supervisor tells a worker. Both know the types, so that nothing
// but the values is written, and nothing is made ready first: encoding/json looks through all types that a value could have in
// it before it reads the first byte, which took an eighth of a short worker's life.
//
//	bool                 a byte
//	integers             varint; unsigned ones as such
//	floats               8 bytes, little-endian
//	string, []byte       length, bytes
//	slice, map           0 if nil, else length + 1, elements; keys of maps are strings, in order
//	array                elements
//	pointer              a byte that says whether there is something, what there is
//	struct               the number of each field that is not zero, from 1, its value; 0
//	json.Marshaler       as a string, what it gives: an interface, or what keeps things to itself
//
// Fields that are not exported and those with the tag `json:"-"` are left out, as encoding/json does. Functions, channels, interfaces and complex
// numbers are errors. What is read must come from Append of the same program; other bytes are an error, never a fault.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// ErrCut says that the bytes are not what Append has written.
var ErrCut = errors.New("not what was written")

var (
	marshaler   = reflect.TypeFor[json.Marshaler]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// travels says whether a field is written.
func travels(f reflect.StructField) bool {
	return f.Tag.Get("json") != "-" && (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct)
}

// Append appends a value to p.
func Append(p []byte, v any) ([]byte, error) { return appendValue(p, reflect.ValueOf(v)) }

func appendValue(p []byte, v reflect.Value) ([]byte, error) {
	t := v.Type()
	if t.Implements(marshaler) && t.Kind() != reflect.Pointer {
		data, err := v.Interface().(json.Marshaler).MarshalJSON()
		return appendBytes(p, data), err
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(p, 1), nil
		}
		return append(p, 0), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(p, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return binary.AppendUvarint(p, v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return binary.LittleEndian.AppendUint64(p, math.Float64bits(v.Float())), nil
	case reflect.String:
		return appendBytes(p, v.String()), nil
	case reflect.Pointer:
		if v.IsNil() {
			return append(p, 0), nil
		}
		return appendValue(append(p, 1), v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return append(p, 0), nil
		}
		p = binary.AppendUvarint(p, uint64(v.Len())+1)
		return appendElements(p, v)
	case reflect.Array:
		return appendElements(p, v)
	case reflect.Map:
		return appendMap(p, v)
	case reflect.Struct:
		return appendStruct(p, v)
	}
	return p, fmt.Errorf("a %v cannot be written", t)
}

func appendBytes[T string | []byte](p []byte, s T) []byte {
	return append(binary.AppendUvarint(p, uint64(len(s))), s...)
}

func appendElements(p []byte, v reflect.Value) (_ []byte, err error) {
	for i := 0; i < v.Len() && err == nil; i++ {
		p, err = appendValue(p, v.Index(i))
	}
	return p, err
}

func appendStruct(p []byte, v reflect.Value) ([]byte, error) {
	t := v.Type()
	for i := range t.NumField() {
		if f := v.Field(i); !f.IsZero() && travels(t.Field(i)) {
			var err error
			p = binary.AppendUvarint(p, uint64(i)+1)
			if p, err = appendValue(p, f); err != nil {
				return p, err
			}
		}
	}
	return append(p, 0), nil
}
