package stages

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestSeparated: records are what stands between the separators, however the input comes; those that are not UTF-8 are bytes, or fail alone.
func TestSeparated(t *testing.T) {
	pieces := []string{"a", "bc", "\n", ",", ", ", ";", "\xff", "é", "\xa9", ""}
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		sep := []string{",", ", ", "é", "\n"}[rng.IntN(4)]
		var data strings.Builder
		for range rng.IntN(12) {
			data.WriteString(pieces[rng.IntN(len(pieces))])
		}
		d := separatedDecoder{sep: sep, any: rng.IntN(2) == 0, given: sep != "\n"}
		in := newReader(formatLines, csvHeader{})
		in.dec, in.sep, in.chunk = d, sep[len(sep)-1], 1+rng.IntN(8)
		in.in = &piecewise{data: []byte(data.String()), piece: func() int { return 1 + rng.IntN(5) }, notYet: func() bool { return rng.IntN(3) == 0 }}
		got := readAll(in, func() int { return 1 + rng.IntN(4) }, same)
		if want := d.records(data.String()); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %q by %q, any %t: %q, want %q", seed, data.String(), sep, d.any, got, want)
		}
	}
}

// records is the same of a whole text, as readAll shows it.
func (d separatedDecoder) records(text string) []string {
	var shown []string
	list := strings.Split(text, d.sep)
	for i, record := range list {
		last := i == len(list)-1
		if last && d.given {
			record = strings.TrimSuffix(record, "\n")
		}
		switch {
		case last && record == "":
		case utf8.ValidString(record):
			shown = append(shown, string(AppendJSON(nil, record)))
		case d.any:
			shown = append(shown, string(AppendJSON(nil, []byte(record))))
		default:
			broken := notUTF8(i+1, record)
			shown = append(shown, fmt.Sprintf("%s: %s (%s)", broken.at("f"), broken.message, AppendJSON(nil, broken.piece)))
		}
	}
	return shown
}
