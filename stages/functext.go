package stages

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

func funcUpper(_ *Env, a []any) (any, error) { return strings.ToUpper(a[0].(string)), nil }
func funcLower(_ *Env, a []any) (any, error) { return strings.ToLower(a[0].(string)), nil }
func funcString(_ *Env, a []any) (any, error) {
	if b, ok := a[0].([]byte); ok {
		return validText("string", string(b))
	}
	return TextOf(a[0]), nil
}

// funcUTF8 makes text of anything: what is not UTF-8 becomes U+FFFD.
func funcUTF8(_ *Env, a []any) (any, error) { return strings.ToValidUTF8(TextOf(a[0]), "\uFFFD"), nil }

func funcToJSON(_ *Env, a []any) (any, error) { return string(AppendJSON(nil, a[0])), nil }

func funcType(_ *Env, a []any) (any, error) { return KindOf(a[0]).String(), nil }

func funcHasPrefix(_ *Env, a []any) (any, error) {
	return strings.HasPrefix(a[0].(string), a[1].(string)), nil
}

func funcHasSuffix(_ *Env, a []any) (any, error) {
	return strings.HasSuffix(a[0].(string), a[1].(string)), nil
}

func funcTrim(_ *Env, a []any) (any, error) {
	if len(a) == 1 {
		return strings.TrimSpace(a[0].(string)), nil
	}
	return strings.Trim(a[0].(string), a[1].(string)), nil
}

// affix is the second argument of trimPrefix() and trimSuffix(); a blank by default, as in expr.
func affix(a []any) string {
	if len(a) == 1 {
		return " "
	}
	return TextOf(a[1])
}

func funcTrimPrefix(_ *Env, a []any) (any, error) {
	return ofBytes(a[0], func(s string) string { return strings.TrimPrefix(s, affix(a)) }), nil
}

func funcTrimSuffix(_ *Env, a []any) (any, error) {
	return ofBytes(a[0], func(s string) string { return strings.TrimSuffix(s, affix(a)) }), nil
}

func funcSplit(_ *Env, a []any) (any, error) { return split(a, strings.SplitN), nil }

func funcSplitAfter(_ *Env, a []any) (any, error) { return split(a, strings.SplitAfterN), nil }

func split(a []any, by func(s, separator string, most int) []string) any {
	most := -1
	if len(a) == 3 {
		most = a[2].(int)
	}
	return stringList(by(a[0].(string), a[1].(string), most))
}

func stringList(parts []string) []any {
	list := make([]any, len(parts))
	for i, p := range parts {
		list[i] = p
	}
	return list
}

func funcReplace(_ *Env, a []any) (any, error) {
	most := -1
	if len(a) == 4 {
		most = a[3].(int)
	}
	text, old, with := a[0].(string), a[1].(string), a[2].(string)
	if more := len(with) - len(old); more > 0 {
		n := strings.Count(text, old)
		if most >= 0 {
			n = min(n, most)
		}
		if n > (maxText-len(text))/more {
			return nil, textOfSize("replace()", maxText+1)
		}
	}
	return strings.Replace(text, old, with, most), nil
}

func funcRepeat(_ *Env, a []any) (any, error) {
	s, n := a[0].(string), a[1].(int)
	if n < 0 {
		return nil, errors.New("repeat() needs a count from 0")
	}
	if s != "" && n > maxText/len(s) {
		return nil, textOfSize("repeat()", maxText+1)
	}
	return strings.Repeat(s, n), nil
}

// funcJoin joins the texts of the elements.
func funcJoin(_ *Env, a []any) (any, error) {
	separator := ""
	if len(a) == 2 {
		separator = a[1].(string)
	}
	var b []byte
	for i, e := range a[0].([]any) {
		if i > 0 {
			b = append(b, separator...)
		}
		if b = AppendText(b, e); len(b) > maxText {
			return nil, textOfSize("join()", len(b))
		}
	}
	return validText("join", string(b))
}

// validText is what a function has made of bytes as text, which is UTF-8.
func validText(function, s string) (any, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s() makes text, and the bytes are not UTF-8", function)
	}
	return s, nil
}

// runeIndex turns a byte index into one of characters.
func runeIndex(s string, at int) int {
	if at < 0 {
		return -1
	}
	return utf8.RuneCountInString(s[:at])
}

func funcIndexOf(_ *Env, a []any) (any, error) {
	s := a[0].(string)
	return runeIndex(s, strings.Index(s, a[1].(string))), nil
}

func funcLastIndexOf(_ *Env, a []any) (any, error) {
	s := a[0].(string)
	return runeIndex(s, strings.LastIndex(s, a[1].(string))), nil
}

func funcFromJSON(_ *Env, a []any) (any, error) { return ParseJSON(TextOf(a[0])) }

func funcToBase64(_ *Env, a []any) (any, error) {
	return base64.StdEncoding.EncodeToString([]byte(TextOf(a[0]))), nil
}

// funcFromBase64 is the text; where it is not UTF-8, the bytes.
func funcFromBase64(_ *Env, a []any) (any, error) {
	b, err := base64.StdEncoding.DecodeString(a[0].(string))
	if err != nil {
		return nil, fmt.Errorf("%s is no base64", shortened(a[0].(string)))
	}
	if !utf8.Valid(b) {
		return b, nil
	}
	return string(b), nil
}

// funcCapture is the named groups of the first match, or all groups by their numbers if none is named; null without a match.
func funcCapture(env *Env, a []any) (any, error) {
	re, err := env.regexp(a[1].(string))
	if err != nil {
		return nil, err
	}
	s := a[0].(string)
	match := re.FindStringSubmatchIndex(s)
	if match == nil {
		return nil, nil
	}
	return groups(re.SubexpNames(), s, match), nil
}

// groups is a match as a map; a group that took no part is null.
func groups(names []string, s string, match []int) any {
	named := false
	for _, name := range names {
		named = named || name != ""
	}
	m := make(map[string]any)
	for i, name := range names {
		if i == 0 {
			continue
		}
		switch {
		case !named:
			name = fmt.Sprint(i)
		case name == "":
			continue
		}
		if match[2*i] < 0 {
			if _, there := m[name]; !there { // a name may stand in several branches
				m[name] = nil
			}
			continue
		}
		m[name] = s[match[2*i]:match[2*i+1]]
	}
	return m
}

// funcFindAll is all matches: their texts, or their groups as capture() gives them if the pattern has named ones.
func funcFindAll(env *Env, a []any) (any, error) {
	re, err := env.regexp(a[1].(string))
	if err != nil {
		return nil, err
	}
	s, names, named := a[0].(string), re.SubexpNames(), false
	for _, name := range names {
		named = named || name != ""
	}
	matches := re.FindAllStringSubmatchIndex(s, -1)
	list := make([]any, len(matches))
	for i, match := range matches {
		if named {
			list[i] = groups(names, s, match)
		} else {
			list[i] = s[match[0]:match[1]]
		}
	}
	return list, nil
}
