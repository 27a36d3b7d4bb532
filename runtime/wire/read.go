package wire

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/mprun/mprun/stages/front"
)

// Read reads what Append has written of a value into what, a pointer to a zero value of its type.
func Read(data []byte, what any) error {
	r := &reader{rest: data}
	if err := r.value(reflect.ValueOf(what).Elem()); err != nil {
		return err
	}
	if len(r.rest) > 0 {
		return fmt.Errorf("%d bytes too many: %w", len(r.rest), ErrCut)
	}
	return nil
}

// A reader takes bytes off the front; after an error it gives zeros.
type reader struct {
	rest []byte
	err  error
}

// got notes whether there was enough.
func (r *reader) got(ok bool) {
	if !ok {
		r.err, r.rest = ErrCut, nil
	}
}

func (r *reader) take(n uint64) []byte {
	p, ok := front.Bytes(&r.rest, n)
	r.got(ok)
	return p
}

func (r *reader) uvarint() uint64 {
	v, ok := front.Uvarint(&r.rest)
	r.got(ok)
	return v
}

func (r *reader) varint() int64 {
	v, ok := front.Varint(&r.rest)
	r.got(ok)
	return v
}

func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

// length is a length + 1, or 0. Each element is at least a byte.
func (r *reader) length() int {
	n := r.uvarint()
	if n > uint64(len(r.rest))+1 {
		r.got(false)
		return 0
	}
	return int(n)
}

func (r *reader) bool() bool {
	p := r.take(1)
	return len(p) == 1 && p[0] != 0
}

func (r *reader) value(v reflect.Value) error {
	t := v.Type()
	if t.Implements(marshaler) && t.Kind() != reflect.Pointer {
		if !reflect.PointerTo(t).Implements(unmarshaler) {
			return fmt.Errorf("a %v cannot be read", t)
		}
		data := r.bytes()
		if r.err != nil {
			return r.err
		}
		return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(data)
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.varint())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(r.uvarint())
	case reflect.Float32, reflect.Float64:
		if p := r.take(8); len(p) == 8 {
			v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(p)))
		}
	case reflect.String:
		v.SetString(string(r.bytes()))
	case reflect.Pointer:
		if !r.bool() {
			return r.err
		}
		v.Set(reflect.New(t.Elem()))
		return r.value(v.Elem())
	case reflect.Slice:
		n := r.length()
		if n == 0 {
			return r.err
		}
		v.Set(reflect.MakeSlice(t, n-1, n-1))
		return r.elements(v)
	case reflect.Array:
		return r.elements(v)
	case reflect.Map:
		return r.mapOf(v)
	case reflect.Struct:
		return r.structOf(v)
	default:
		return fmt.Errorf("a %v cannot be read", t)
	}
	return r.err
}

func (r *reader) elements(v reflect.Value) error {
	for i := range v.Len() {
		if err := r.value(v.Index(i)); err != nil {
			return err
		}
	}
	return r.err
}

func (r *reader) structOf(v reflect.Value) error {
	t := v.Type()
	for {
		n := r.uvarint()
		if n == 0 || r.err != nil {
			return r.err
		}
		if n > uint64(t.NumField()) {
			return ErrCut
		}
		if !travels(t.Field(int(n - 1))) {
			return ErrCut
		}
		if err := r.value(v.Field(int(n - 1))); err != nil {
			return err
		}
	}
}
