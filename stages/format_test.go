package stages

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestDecode is what each format makes of a text.
func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format format
		header csvHeader
		text   string
		want   []string
	}{
		{"lines", formatLines, csvHeader{}, "a\n\nb\r\nc", []string{`"a"`, `""`, `"b\r"`, `"c"`}},
		{"a last line with its end", formatLines, csvHeader{}, "a\n", []string{`"a"`}},
		{"nothing", formatLines, csvHeader{}, "", nil},
		{"a line that is not UTF-8", formatLines, csvHeader{}, "a\nb\xff\nc\n", []string{
			`"a"`, "f:2: not UTF-8 (`format: bytes` reads any bytes) (\"Yv8=\")", `"c"`,
		}},
		{"nul", formatNul, csvHeader{}, "a\nb\x00\x00c", []string{`"a\nb"`, `""`, `"c"`}},
		{"jsonl", formatJSONL, csvHeader{}, "1\n2.0\n\"x\"\n\n{\"b\": [true, null], \"a\": -0}\n", []string{`1`, `2.0`, `"x"`, `{"a": 0, "b": [true, null]}`}},
		{"a broken line of JSON", formatJSONL, csvHeader{}, "1\n\n{\"ä\": x}\n2\n", []string{
			`1`, `f:3:7: broken JSON: unexpected 'x' ("{\"ä\": x}")`, `2`,
		}},
		{"half an object at the end", formatJSONL, csvHeader{}, "{\"a\": 1}\n{\"a\":", []string{`{"a": 1}`, `f:2:6: broken JSON: the text ends too early ("{\"a\":")`}},
		{"two values in a line", formatJSONL, csvHeader{}, "1 2\n3\n", []string{`f:1:3: more text behind the JSON value ("1 2")`, `3`}},
		{"an integer of more than 64 bits", formatJSONL, csvHeader{}, "9223372036854775808\n9223372036854775807\n", []string{
			`f:1:1: broken JSON: the integer 9223372036854775808 does not fit into 64 bits ("9223372036854775808")`, `9223372036854775807`,
		}},
		{"csv", formatCSV, csvHeader{}, "b,a\n1,2\n\"x,\n\"\"y\"\"\",\n", []string{`{"a": "2", "b": "1"}`, `{"a": "", "b": "x,\n\"y\""}`}},
		{"csv with \\r\\n, a mark and empty lines", formatCSV, csvHeader{}, "\ufeffa,b\r\n\r\n1,2\r\n", []string{`{"a": "1", "b": "2"}`}},
		{"csv without header", formatCSV, csvHeader{none: true}, "1,2\n3,4", []string{`["1", "2"]`, `["3", "4"]`}},
		{"csv with names", formatCSV, csvHeader{names: []string{"x", "y"}}, "1,2\n", []string{`{"x": "1", "y": "2"}`}},
		{"too many fields, too few", formatCSV, csvHeader{}, "a,b\n1,2,3\n\"4\n5\",6\n7\n", []string{
			`f:2: the header has 2 fields, this record 3 ("1,2,3")`, `{"a": "4\n5", "b": "6"}`, `f:5: the header has 2 fields, this record 1 ("7")`,
		}},
		{"fields unlike the first record's", formatCSV, csvHeader{none: true}, "1\n2,3\n", []string{`["1"]`, `f:2: the first record has 1 field, this record 2 ("2,3")`}},
		{"quotes where they cannot be", formatCSV, csvHeader{}, "a,b\n1,x\"y\n\"2\"z,3\n4,5\n", []string{
			`f:2:4: a quote inside of an unquoted field ("1,x\"y")`,
			`f:3:4: text behind the closing quote of a field (a quote inside is written twice) ("\"2\"z,3")`, `{"a": "4", "b": "5"}`,
		}},
		{"a quote that is not closed", formatCSV, csvHeader{}, "a,b\n1,\"x\n2,3\n", []string{`f:2:3: a quoted field has no end ("1,\"x")`, `{"a": "2", "b": "3"}`}},
		{"a record that is not UTF-8", formatCSV, csvHeader{}, "a\n\xff\n1\n", []string{"f:2: not UTF-8 (`format: bytes` reads any bytes) (\"/w==\")", `{"a": "1"}`}},
		{"a header with a name twice", formatCSV, csvHeader{}, "a,a\n1,2\n", []string{`the CSV header has the name "a" twice`}},
		{"a header that is not UTF-8", formatCSV, csvHeader{}, "\xff\n1\n", []string{"the CSV header is not UTF-8"}},
		{"a broken header", formatCSV, csvHeader{}, "a,\"b\n1,2\n", []string{"the CSV header: a quoted field has no end"}},
		{"bytes", formatBytes, csvHeader{}, "a\n\xff", []string{`"YQr/"`}},
		{"no bytes", formatBytes, csvHeader{}, "", []string{`""`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := inOneGo(tt.format, tt.header, []byte(tt.text)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzCSV holds the reader against encoding/csv: what that one accepts is read the same.
func FuzzCSV(f *testing.F) {
	for _, seed := range readerSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\r") || strings.HasPrefix(text, "\ufeff") {
			t.Skip("encoding/csv changes \\r\\n inside of quotes, and keeps the mark")
		}
		reference := csv.NewReader(strings.NewReader(text))
		records, err := reference.ReadAll()
		if err != nil || strings.ToValidUTF8(text, "?") != text {
			t.Skip("not read by encoding/csv, or not UTF-8")
		}
		var want []string
		for _, record := range records {
			want = append(want, string(AppendJSON(nil, texts(record))))
		}
		if got := inOneGo(formatCSV, csvHeader{none: true}, []byte(text)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	})
}

// FuzzJSONL holds the reader against encoding/json: both accept the same lines, but for what is documented, and read them the same.
func FuzzJSONL(f *testing.F) {
	for _, seed := range readerSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") || isBlank(line) || strings.HasPrefix(line, "\ufeff") || strings.ToValidUTF8(line, "?") != line {
			t.Skip("not one line of UTF-8")
		}
		if strings.Contains(line, "NaN") || strings.Contains(line, "Infinity") {
			t.Skip("read, because AppendJSON writes them")
		}
		item, err := parseLine(line, 1, true)
		var reference any
		dec := json.NewDecoder(strings.NewReader(line))
		dec.UseNumber()
		refErr := dec.Decode(&reference)
		if refErr == nil {
			if _, more := dec.Token(); !errors.Is(more, io.EOF) {
				refErr = errors.New("more")
			}
		}
		if err != nil && (strings.Contains(err.Error(), "fit into") || strings.Contains(err.Error(), "nested deeper")) {
			return
		}
		if (err == nil) != (refErr == nil) {
			t.Fatalf("%q: %v, but encoding/json says %v", line, err, refErr)
		}
		if err != nil {
			return
		}
		var again any
		if err := json.Unmarshal(AppendJSON(nil, item), &again); err != nil {
			t.Fatal(err)
		}
		var plain any
		if json.Unmarshal([]byte(line), &plain) == nil && !reflect.DeepEqual(again, plain) {
			t.Fatalf("%q is read as %s", line, AppendJSON(nil, item))
		}
	})
}

// aText is any text that a format can carry.
func aText(without string) *rapid.Generator[string] {
	return rapid.Map(rapid.StringOf(rapid.RuneFrom([]rune("ab ,\"\n\r\x00äx\u2028"))), func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(without, r) {
				return -1
			}
			return r
		}, s)
	})
}

// TestEncodeDecode: what is written is read again.
func TestEncodeDecode(t *testing.T) {
	for _, kind := range []struct {
		format  format
		without string
	}{{formatLines, "\n"}, {formatNul, "\x00"}, {formatJSONL, ""}} {
		t.Run(kind.format.String(), rapid.MakeCheck(func(t *rapid.T) {
			items := rapid.SliceOf(aText(kind.without)).Draw(t, "items")
			var data []byte
			var want []string
			for _, item := range items {
				data = appendRecord(data, kind.format, item)
				want = append(want, string(AppendJSON(nil, item)))
			}
			if got := inOneGo(kind.format, csvHeader{}, data); !reflect.DeepEqual(got, want) {
				t.Fatalf("%q:\ngot  %q\nwant %q", data, got, want)
			}
		}))
	}
}

// TestEncodeDecodeCSV does the same with records.
func TestEncodeDecodeCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(aText("\x00"), 1, 4, rapid.ID).Draw(t, "names")
		for i := range names {
			names[i] = "n" + names[i]
		}
		w, header, data := csvWriter{names: names}, csvHeader{}, []byte(nil)
		if rapid.Bool().Draw(t, "bare") {
			header.names = names
		} else {
			data = []byte(w.header())
		}
		var want []string
		for range rapid.IntRange(1, 5).Draw(t, "records") {
			record := map[string]any{}
			for _, name := range names {
				record[name] = aText("").Draw(t, "field")
			}
			var err error
			if data, err = w.appendItem(data, record); err != nil {
				t.Fatal(err)
			}
			want = append(want, string(AppendJSON(nil, record)))
		}
		if got := inOneGo(formatCSV, header, data); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q:\ngot  %q\nwant %q", data, got, want)
		}
	})
}

// TestCSVWriter is what items look like as CSV.
func TestCSVWriter(t *testing.T) {
	for _, tt := range []struct {
		name  string
		w     csvWriter
		items []any
		want  string
		err   string
	}{
		{"names in order", csvWriter{}, []any{map[string]any{"b": 1, "a": "x,y"}, map[string]any{"a": nil}}, "a,b\n\"x,y\",1\n,\n", ""},
		{"given names", csvWriter{names: []string{"b", "a"}}, []any{map[string]any{"b": 1.0, "a": true}}, "b,a\n1.0,true\n", ""},
		{"nested", csvWriter{}, []any{map[string]any{"b": []any{1}, "a": ""}}, "a,b\n,[1]\n", ""},
		{"lists", csvWriter{}, []any{[]any{1, "a\"b", nil}, []any{"\n", "\r", ","}}, "1,\"a\"\"b\",\n\"\n\",\"\r\",\",\"\n", ""},
		{"one field", csvWriter{}, []any{"x", "", 5}, "x\n\"\"\n5\n", ""},
		{"a name that is not in the header", csvWriter{}, []any{map[string]any{"a": 1}, map[string]any{"a": 1, "z": 2}}, "a\n1\n", `the field "z" is not in the CSV header (a)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []byte
			var err error
			for _, item := range tt.items {
				if got, err = tt.w.appendItem(got, item); err != nil {
					break
				}
			}
			got = append([]byte(tt.w.header()), got...)
			if string(got) != tt.want || fmt.Sprint(err) != orNil(tt.err) {
				t.Errorf("got %q, %v\nwant %q, %s", got, err, tt.want, orNil(tt.err))
			}
		})
	}
}

func orNil(message string) string {
	if message == "" {
		return "<nil>"
	}
	return message
}

// TestFormatNames: names and formats belong to each other.
func TestFormatNames(t *testing.T) {
	for f := formatText; f <= formatFrames; f++ {
		if got, err := parseFormat(f.String()); got != f || err != nil {
			t.Errorf("%s is %s, %v", f, got, err)
		}
	}
	if _, err := parseFormat("xml"); err == nil || !strings.Contains(err.Error(), "lines, nul, jsonl, csv, bytes, frames") {
		t.Errorf("xml: %v", err)
	}
	if format(0).String() != "unknown" || format(99).String() != "unknown" {
		t.Error("what is no format has a name")
	}
}

func TestCompression(t *testing.T) {
	for path, want := range map[string]compression{
		"a.txt": notCompressed, "a.gz": gzipped, "-": notCompressed, "a.zst": zstandard, "a.b.xz": xzipped, "a.bz2": bzipped, "a.gz.txt": notCompressed,
	} {
		if got := compressionOf(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// benchmarkReader reads the data again and again.
func benchmarkReader(b *testing.B, f format, line string) {
	const lines = 20000
	data := []byte(strings.Repeat(line, lines))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		t := newReader(f, csvHeader{none: true})
		t.in = &piecewise{data: data, piece: func() int { return len(data) }}
		var items Column
		n := 0
		for {
			items.Reset()
			err := t.next(DefaultBlockItems, &items, func() {})
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n += items.Len()
		}
		if n != lines {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/item")
}

func BenchmarkReadLines(b *testing.B) { benchmarkReader(b, formatLines, "1234567\n") }
func BenchmarkReadLongLines(b *testing.B) {
	benchmarkReader(b, formatLines, string(bytes.Repeat([]byte("word "), 20))+"\n")
}

func BenchmarkReadCSV(b *testing.B) { benchmarkReader(b, formatCSV, "1234,some text,2.5,\"quoted\"\n") }

func BenchmarkReadPlainCSV(b *testing.B) {
	benchmarkReader(b, formatCSV, "1234,some text,2.5,unquoted\n")
}

func BenchmarkReadJSONL(b *testing.B) {
	benchmarkReader(b, formatJSONL, "{\"id\": 1234567, \"name\": \"some text\", \"score\": 2.5, \"tags\": [\"a\", \"b\"]}\n")
}
