package spec

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Nearest is the candidate that a misspelt word probably meant, "" if none is near: at most a third of its letters differ, or case
// and the characters - and _ are all that does, or letters have changed places. Of equals the first wins.
func Nearest(word string, candidates []string) string {
	letters := utf8.RuneCountInString(word)
	best, bestDistance := "", max(1, (letters+1)/3)+1
	for _, c := range candidates {
		length := utf8.RuneCountInString(c)
		d := max(letters-length, length-letters) // at least
		switch {
		case sameName(c, word):
			return c
		case d >= bestDistance:
		case sameLetters(c, word):
			d = 1
		default:
			d = levenshtein.Distance(word, c, nil)
		}
		if d < bestDistance && d < length {
			best, bestDistance = c, d
		}
	}
	return best
}

// sameLetters reports whether two words have the same letters in another order.
func sameLetters(a, b string) bool {
	if len(a) != len(b) || len(a) < 3 {
		return false
	}
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return string(x) == string(y)
}

// sameName reports whether case and the characters - and _ are all that differs.
func sameName(a, b string) bool {
	a, b = strings.TrimLeft(a, "-_"), strings.TrimLeft(b, "-_")
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if unicode.ToLower(x) != unicode.ToLower(y) {
			return false
		}
		a, b = strings.TrimLeft(a[n:], "-_"), strings.TrimLeft(b[m:], "-_")
	}
	return a == b
}

// didYouMean is the hint for a misspelt word, "" without a likely one.
func didYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "did you mean " + quoteName(near) + "?"
	}
	return ""
}

// oneOf lists words for a finding: a, b or c.
func oneOf(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// quoteName quotes what stands in the document for a finding, and shortens what is long.
func quoteName(s string) string {
	const longest = 60
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest-1]) + "…"
	}
	return `"` + strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}
