package runtime

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/mprun/mprun/runtime/wire"
)

// fill gives everything in a value something that is not zero, but for what writes itself; depth bounds types that contain themselves.
func fill(t *testing.T, v reflect.Value, depth int) {
	t.Helper()
	if depth == 0 || v.Type().Implements(reflect.TypeFor[json.Marshaler]()) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.String:
		v.SetString("text")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), depth-1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, depth-1)
		fill(t, value, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); (f.IsExported() || f.Anonymous) && f.Tag.Get("json") != "-" {
				fill(t, v.Field(i), depth-1)
			}
		}
	default:
		t.Fatalf("a handoff has a %v, which cannot travel", v.Type())
	}
}

// A worker is told everything that its handoff has.
func TestHandoffTravels(t *testing.T) {
	var want, got handoff
	fill(t, reflect.ValueOf(&want).Elem(), 9)
	data, err := wire.Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := wire.Read(data, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("a worker is told\n%+v\ninstead of\n%+v", got, want)
	}
}
