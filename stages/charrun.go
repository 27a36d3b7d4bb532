package stages

import (
	"regexp/syntax"
	"unicode/utf8"
)

// charRun is a regular expression that matches runs of characters of one ASCII class, at least so many: `[A-Za-z_]+`, `\d{3,}`. Such a
// run is found by a look into a table for each byte, some thirty times as fast as by package regexp.
type charRun struct {
	class [256]bool
	least int
}

// newCharRun is the pattern as a charRun, or nil if it is another one. A class that holds characters beyond ASCII is another one.
func newCharRun(pattern string) *charRun {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	run := &charRun{least: 1}
	switch {
	case re.Flags&syntax.NonGreedy != 0 || len(re.Sub) != 1:
		return nil
	case re.Op == syntax.OpPlus:
	case re.Op == syntax.OpRepeat && re.Max < 0 && re.Min > 0:
		run.least = re.Min
	default:
		return nil
	}
	class := re.Sub[0]
	var ranges []rune
	switch {
	case class.Op == syntax.OpCharClass:
		ranges = class.Rune
	case class.Op == syntax.OpLiteral && len(class.Rune) == 1 && class.Flags&syntax.FoldCase == 0:
		ranges = []rune{class.Rune[0], class.Rune[0]}
	default:
		return nil
	}
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] >= utf8.RuneSelf {
			return nil
		}
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			run.class[c] = true
		}
	}
	return run
}

// appendAll adds all matches in s, as regexp.FindAllString finds them. They share the memory of s.
func (r *charRun) appendAll(dst []string, s string) []string {
	for i := 0; i < len(s); i++ {
		if !r.class[s[i]] {
			continue
		}
		start := i
		for i++; i < len(s) && r.class[s[i]]; i++ {
		}
		if i-start >= r.least {
			dst = append(dst, s[start:i])
		}
	}
	return dst
}
