package stages

import (
	"testing"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

func TestFindClose(t *testing.T) {
	tests := []struct {
		src  string
		want int
	}{
		{" item }} rest", 6},
		{"}}", 0},
		{" map(xs, {{a: it}}) }} }}", 20},
		{" {a: {b: 1}}}}", 12},
		{` "}}" + '}}' }}`, 13},
		{` "\"}}" }}`, 8},
		{" `}}``}}` }}", 10},
		{" b'}}' }}", 7},
		{" /* }} */ 1 }}", 12},
		{" a // b }}", 8},
		{" a } }}", -1},
		{" a ", -1},
		{"", -1},
		{" 'it }}", -1},
		{" /* }}", -1},
		{" {a: 1}} ", -1},
		{" ü }}", 4},
	}
	for _, test := range tests {
		if got := FindClose(test.src); got != test.want {
			t.Errorf("FindClose(%q) = %d, want %d", test.src, got, test.want)
		}
	}
}

// closeByLexer is FindClose by expr's own lexer; ok is false where the lexer meets what it refuses.
func closeByLexer(src string) (at int, ok bool) {
	l := lexer.New()
	l.Reset(file.NewSource(src))
	tree := exprTree{source: src}
	depth := 0
	for {
		token, err := l.Next()
		switch {
		case err != nil:
			return 0, false
		case token.Is(lexer.EOF):
			return -1, true
		case token.Is(lexer.Bracket, "{"):
			depth++
		case token.Is(lexer.Bracket, "}") && depth > 0:
			depth--
		case token.Is(lexer.Bracket, "}"):
			at := tree.byteOf(token.From)
			if at+1 < len(src) && src[at+1] == '}' {
				return at, true
			}
			return -1, true
		}
	}
}

// FuzzFindClose holds FindClose against expr's lexer, wherever that can read the text up to the end.
func FuzzFindClose(f *testing.F) {
	for _, src := range []string{" item }}", " map(xs, {{a: it}}) }}", ` "}}" }}`, " `a``}}` }}", " /* }} */ }}", " b'\\'}}' }}", " ü'ü' }} ", " not in }}", " 1..2 }}", " a?.b }}", " #index }}"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		got := FindClose(src)
		if got >= 0 && (got+2 > len(src) || src[got:got+2] != "}}") {
			t.Fatalf("FindClose(%q) = %d, which is no }}", src, got)
		}
		if findComment(src) >= 0 {
			return // the one difference
		}
		if want, ok := closeByLexer(src); ok && got != want {
			t.Errorf("FindClose(%q) = %d, the lexer says %d", src, got, want)
		}
	})
}
