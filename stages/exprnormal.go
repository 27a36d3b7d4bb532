package stages

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// maxItemDepth bounds how deep a value may nest to become an item; deeper it is taken for a cycle.
const maxItemDepth = 1000

var errTooDeep = errors.New("nested deeper than " + strconv.Itoa(maxItemDepth))

// maxParts bounds of how many parts a value may be made up that reduce() builds: what is used twice in each step doubles with each.
const maxParts = 1 << 26

var errTooMany = errors.New("a value of more than " + strconv.Itoa(maxParts) + " parts")

// overgrown says whether lists and maps nest deeper than depth, or have more parts than left; left is what remains of that.
func overgrown(item any, depth int, left *int) error {
	if *left--; *left < 0 {
		return errTooMany
	}
	switch v := item.(type) {
	case []any:
		if depth == 0 {
			return errTooDeep
		}
		for _, e := range v {
			if err := overgrown(e, depth-1, left); err != nil {
				return err
			}
		}
	case map[string]any:
		if depth == 0 {
			return errTooDeep
		}
		for _, e := range v {
			if err := overgrown(e, depth-1, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// Normalize turns a Go value into an item: numbers of other widths, typed lists and maps, Objects. Items are returned as they are
// if they hold nothing else. Integers beyond 64 bits, maps with keys other than strings and everything that has no like among
// items are errors.
func Normalize(v any) (any, error) { return normalize(v, 0) }

func normalize(v any, depth int) (any, error) {
	if depth > maxItemDepth {
		return nil, errTooDeep
	}
	switch v := v.(type) {
	case nil, bool, int, float64, string, []byte:
		return v, nil
	case Object:
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		return normalize(value, depth+1)
	case []any:
		return normalizeList(v, depth)
	case map[string]any:
		return normalizeMap(v, depth)
	}
	return normalizeOther(reflect.ValueOf(v), depth)
}

// normalizeList copies only if an element changes.
func normalizeList(list []any, depth int) (any, error) {
	out := list
	for i, e := range list {
		n, err := normalize(e, depth+1)
		if err != nil {
			return nil, err
		}
		if KindOf(e) == 0 || changed(e, n) {
			if &out[0] == &list[0] {
				out = append([]any(nil), list...)
			}
			out[i] = n
		}
	}
	return out, nil
}

// normalizeMap copies only if a value changes.
func normalizeMap(m map[string]any, depth int) (any, error) {
	out, copied := m, false
	for key, e := range m {
		n, err := normalize(e, depth+1)
		if err != nil {
			return nil, err
		}
		if KindOf(e) == 0 || changed(e, n) {
			if !copied {
				out, copied = make(map[string]any, len(m)), true
				for k, v := range m {
					out[k] = v
				}
			}
			out[key] = n
		}
	}
	return out, nil
}

// changed says whether normalizing a list or a map made a copy.
func changed(before, after any) bool {
	switch before := before.(type) {
	case []any:
		return len(before) > 0 && &before[0] != &after.([]any)[0]
	case map[string]any:
		return reflect.ValueOf(before).UnsafePointer() != reflect.ValueOf(after).UnsafePointer()
	}
	return false
}

func normalizeOther(v reflect.Value, depth int) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return int(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if u := v.Uint(); u <= math.MaxInt64 {
			return int(u), nil
		}
		return nil, errOverflow
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes(), nil
		}
		list := make([]any, v.Len())
		for i := range list {
			e, err := normalize(v.Index(i).Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			list[i] = e
		}
		return list, nil
	case reflect.Map:
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			key := it.Key()
			if key.Kind() == reflect.Interface {
				key = key.Elem()
			}
			if key.Kind() != reflect.String {
				return nil, fmt.Errorf("a map needs strings as keys, not %v", key)
			}
			e, err := normalize(it.Value().Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			m[key.String()] = e
		}
		return m, nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return normalize(v.Elem().Interface(), depth+1)
	}
	return nil, fmt.Errorf("a value that is no item (%s)", v.Kind())
}
