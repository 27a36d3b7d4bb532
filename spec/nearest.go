package spec

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Nearest is the candidate that a misspelt word probably meant, "" if none is near: at most a third of its letters differ, or case
// and the characters - and _ are all that does, or
// letters have changed places. Of equals the first wins.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", max(1, (utf8.RuneCountInString(word)+1)/3)+1
	for _, c := range candidates {
		d := 0
		switch {
		case plainName(c) == plainName(word):
		case sameLetters(c, word):
			d = 1
		default:
			d = levenshtein.Distance(word, c, nil)
		}
		if d < bestDistance && d < utf8.RuneCountInString(c) {
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

func plainName(s string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
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
