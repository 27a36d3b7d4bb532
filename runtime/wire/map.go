package wire

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

func appendMap(p []byte, v reflect.Value) ([]byte, error) {
	if v.Type().Key().Kind() != reflect.String {
		return p, fmt.Errorf("a %v cannot be written", v.Type())
	}
	if v.IsNil() {
		return append(p, 0), nil
	}
	p = binary.AppendUvarint(p, uint64(v.Len())+1)
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		var err error
		if p, err = appendValue(appendBytes(p, key.String()), v.MapIndex(key)); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (r *reader) mapOf(v reflect.Value) error {
	n := r.length()
	if n == 0 {
		v.SetZero()
		return r.err
	}
	m := reflect.MakeMap(v.Type())
	for range n - 1 {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(string(r.bytes()))
		if err := r.value(value); err != nil {
			return err
		}
		m.SetMapIndex(key, value)
	}
	v.Set(m)
	return r.err
}
