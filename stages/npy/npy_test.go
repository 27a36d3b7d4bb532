package npy

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mprun/mprun/stages"
)

var point = stages.StoreType{Name: "Point", Fields: []stages.StoreField{
	{Name: "x", Type: stages.StoreType{Name: "float64"}}, {Name: "y", Type: stages.StoreType{Name: "int8"}},
}}

// file is a file with a header of version 1 as NumPy writes it.
func file(header string, elements ...byte) []byte {
	text := header + strings.Repeat(" ", 118-len(header)-1) + "\n"
	return append([]byte("\x93NUMPY\x01\x00v\x00"+text), elements...)
}

// read reads a file whose elements are of a type.
func read(data []byte, typ stages.StoreType) (Header, []byte, error) {
	r := bytes.NewReader(data)
	h, err := ReadHeader(r)
	if err != nil {
		return h, nil, err
	}
	elements, err := h.Reader(r, typ.Layout())
	if err != nil {
		return h, nil, err
	}
	all, err := io.ReadAll(elements)
	return h, all, err
}

// TestRead reads files whose headers are those of numpy.save of NumPy 1.26 and 2.1.
func TestRead(t *testing.T) {
	int16s := stages.StoreType{Name: "int16"}
	rows := []struct {
		name, header string
		elements     []byte
		typ          stages.StoreType
		shape        []int
		want         []byte
	}{
		{"little", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", []byte{1, 2, 3, 4}, int16s, []int{2}, []byte{1, 2, 3, 4}},
		{"big", "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", []byte{1, 2, 3, 4}, int16s, []int{2}, []byte{2, 1, 4, 3}},
		{"one", "{'descr': '<i2', 'fortran_order': False, 'shape': (), }", []byte{1, 2}, int16s, nil, []byte{1, 2}},
		{"rows", "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2), }", []byte{1, 2, 3, 4}, int16s, []int{1, 2}, []byte{1, 2, 3, 4}},
		{"vector of Fortran", "{'descr': '<i2', 'fortran_order': True, 'shape': (1,), }", []byte{1, 2}, int16s, []int{1}, []byte{1, 2}},
		{"bool", "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", []byte{1, 0}, stages.StoreType{Name: "bool"}, []int{2}, []byte{1, 0}},
		{
			"packed", "{'descr': [('x', '>f8'), ('y', '|i1')], 'fortran_order': False, 'shape': (1,), }",
			[]byte{1, 2, 3, 4, 5, 6, 7, 8, 9},
			point,
			[]int{1},
			[]byte{8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0, 0, 0, 0, 0},
		},
		{
			"aligned", "{'descr': [('x', '<f8'), ('y', 'i1'), ('', '|V7')], 'fortran_order': False, 'shape': (1,), }",
			[]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
			point,
			[]int{1},
			[]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0},
		},
	}
	for _, row := range rows {
		h, got, err := read(file(row.header, row.elements...), row.typ)
		if err != nil || !slices.Equal(h.Shape, row.shape) || !bytes.Equal(got, row.want) {
			t.Errorf("%s: %v %v, %v", row.name, h.Shape, got, err)
		}
	}
}

// TestRefused holds that files of other kinds, and damaged ones, are refused with the reason.
func TestRefused(t *testing.T) {
	const good = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
	float64s := stages.StoreType{Name: "float64"}
	rows := []struct {
		name string
		data []byte
		typ  stages.StoreType
		want string
	}{
		{"empty", nil, float64s, "does not begin like one"},
		{"text", []byte("x,y\n1,2\n3,4\n"), float64s, "does not begin like one"},
		{"version", []byte("\x93NUMPY\x07\x00v\x00"), float64s, "version 7"},
		{"cut", file(good)[:40], float64s, "cut off"},
		{"other type", file(strings.Replace(good, "f8", "i8", 1)), float64s, "of type int64, not float64"},
		{"a gap of two gigabytes", file(strings.Replace(good, "'<f8'", "[('x', '<f8'), ('', '|V2147483647')]", 1)), float64s, "2147483655 bytes each"},
		{"objects", file(strings.Replace(good, "<f8", "|O", 1)), float64s, "Python objects"},
		{"order", file(strings.Replace(strings.Replace(good, "False", "True", 1), "(2,)", "(2, 2)", 1)), float64s, "order of Fortran"},
		{"fields", file(good), point, "of type float64, not Point"},
		{"field names", file("{'descr': [('x', '<f8'), ('z', '|i1')], 'fortran_order': False, 'shape': (1,), }"), point, "field 1 of its elements is z, not y"},
		{"field types", file("{'descr': [('x', '<f8'), ('y', '<i2')], 'fortran_order': False, 'shape': (1,), }"), point, "field y: its elements are of type int16, not int8"},
		{"array in a field", file("{'descr': [('x', '<f8', (2,)), ('y', '|i1')], 'fortran_order': False, 'shape': (1,), }"), point, "field x of its structure is an array"},
		{"no dictionary", file("(1, 2)"), float64s, "no dictionary"},
		{"no literal", file("{'descr': open('x')}"), float64s, "unexpected"},
		{"no end", file("{'descr': '<f8"), float64s, "no end"},
		{"shape", file(strings.Replace(good, "(2,)", "(-2,)", 1)), float64s, "its shape is"},
		{"deep", file(strings.Repeat("[", 100)), float64s, "too deep"},
	}
	for _, row := range rows {
		if _, _, err := read(row.data, row.typ); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestWritten holds the headers that are written against those of NumPy, and against ReadHeader.
func TestWritten(t *testing.T) {
	rows := []struct {
		typ   stages.StoreType
		shape []int
		want  string
	}{
		{stages.StoreType{Name: "float64"}, nil, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"},
		{stages.StoreType{Name: "uint8"}, []int{3}, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"},
		{stages.StoreType{Name: "w"}, []int{2, 3}, "{'descr': '<U1', 'fortran_order': False, 'shape': (2, 3), }"},
		{point, []int{3}, "{'descr': [('x', '<f8'), ('y', '|i1'), ('', '|V7')], 'fortran_order': False, 'shape': (3,), }"},
	}
	for _, row := range rows {
		var b bytes.Buffer
		if err := WriteHeader(&b, row.typ.Layout(), row.shape); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimRight(b.String()[10:], " \n"); got != row.want || b.Len()%headerAlign != 0 {
			t.Errorf("%d bytes, %s in place of %s", b.Len(), got, row.want)
		}
		if h, _, err := read(b.Bytes(), row.typ); err != nil || !slices.Equal(h.Shape, row.shape) {
			t.Errorf("read again: %v, %v", h.Shape, err)
		}
	}
	long := stages.StoreType{Name: "Long"}
	for i := range 4000 {
		long.Fields = append(long.Fields, stages.StoreField{Name: "field" + strings.Repeat("x", i%20), Type: stages.StoreType{Name: "int8"}})
	}
	var b bytes.Buffer
	if err := WriteHeader(&b, long.Layout(), []int{1}); err != nil || b.Bytes()[6] != 2 || b.Len()%headerAlign != 0 {
		t.Errorf("a long header: version %d, %d bytes, %v", b.Bytes()[6], b.Len(), err)
	}
	if _, _, err := read(b.Bytes(), long); err != nil {
		t.Errorf("a long header: %v", err)
	}
}

// FuzzHeader: no file is a fault.
func FuzzHeader(f *testing.F) {
	f.Add(file("{'descr': [('x', '<f8'), ('y', [('z', '|i1')]), ('', '|V7')], 'fortran_order': False, 'shape': (3, 4), }", 1, 2, 3))
	f.Add([]byte("\x93NUMPY\x03\x00\xff\xff\xff\xff{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, _ = read(data, point)
	})
}
