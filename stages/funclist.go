package stages

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// funcLen counts characters, bytes, elements or keys; of null there are 0.
func funcLen(_ *Env, a []any) (any, error) {
	v := a[0]
	if o, ok := v.(Indexed); ok {
		return o.Len(), nil
	}
	if KindOf(v) == 0 {
		normal, err := Normalize(v)
		if err != nil {
			return nil, err
		}
		v = normal
	}
	switch v := v.(type) {
	case nil:
		return 0, nil
	case string:
		return runeCount(v), nil
	case []byte:
		return len(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return nil, fmt.Errorf("%s has no length", aKind(v))
}

func funcFirst(_ *Env, a []any) (any, error) {
	if list := a[0].([]any); len(list) > 0 {
		return list[0], nil
	}
	return nil, nil
}

func funcLast(_ *Env, a []any) (any, error) {
	if list := a[0].([]any); len(list) > 0 {
		return list[len(list)-1], nil
	}
	return nil, nil
}

// funcGet is a[b], but null where there is no such element.
func funcGet(_ *Env, a []any) (any, error) {
	if v, err := readElement(a[0], a[1]); err == nil {
		return v, nil
	}
	return nil, nil
}

func funcTake(_ *Env, a []any) (any, error) {
	list, n := a[0].([]any), a[1].(int)
	n = min(max(n, 0), len(list))
	return list[:n:n], nil
}

func funcKeys(_ *Env, a []any) (any, error) {
	return stringList(sortedKeys(a[0].(map[string]any))), nil
}

func funcValues(_ *Env, a []any) (any, error) {
	m := a[0].(map[string]any)
	list := make([]any, 0, len(m))
	for _, key := range sortedKeys(m) {
		list = append(list, m[key])
	}
	return list, nil
}

func funcToPairs(_ *Env, a []any) (any, error) {
	m := a[0].(map[string]any)
	list := make([]any, 0, len(m))
	for _, key := range sortedKeys(m) {
		list = append(list, []any{key, m[key]})
	}
	return list, nil
}

func funcFromPairs(_ *Env, a []any) (any, error) {
	m := make(map[string]any)
	for i, e := range a[0].([]any) {
		pair, ok := e.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("fromPairs(): element %d is no [key, value]", i)
		}
		key, ok := pair[0].(string)
		if !ok {
			return nil, fmt.Errorf("fromPairs(): a map's key must be a string, not %s", aKind(pair[0]))
		}
		m[key] = pair[1]
	}
	return m, nil
}

// funcMerge is one map of all; of equal keys the later counts.
func funcMerge(_ *Env, a []any) (any, error) {
	merged := make(map[string]any)
	for _, arg := range a {
		if m, ok := arg.(map[string]any); ok {
			maps.Copy(merged, m)
		}
	}
	return merged, nil
}

func funcReverse(_ *Env, a []any) (any, error) {
	list := slices.Clone(a[0].([]any))
	slices.Reverse(list)
	return list, nil
}

// funcUniq keeps the first of equal elements.
func funcUniq(_ *Env, a []any) (any, error) {
	list := a[0].([]any)
	seen := make(map[uint64][]any, len(list))
	kept := make([]any, 0, len(list))
	for _, e := range list {
		h := Hash(e)
		if slices.ContainsFunc(seen[h], func(other any) bool { return Equal(other, e) }) {
			continue
		}
		seen[h] = append(seen[h], e)
		kept = append(kept, e)
	}
	return kept, nil
}

func funcConcat(_ *Env, a []any) (any, error) {
	n := 0
	for _, arg := range a {
		n += len(arg.([]any))
	}
	if n > maxList {
		return nil, fmt.Errorf("concat() makes at most %d elements", maxList)
	}
	list := make([]any, 0, n)
	for _, arg := range a {
		list = append(list, arg.([]any)...)
	}
	return list, nil
}

// funcFlatten resolves lists in lists, however deep.
func funcFlatten(_ *Env, a []any) (any, error) {
	list := a[0].([]any)
	return flatten(make([]any, 0, len(list)), list), nil
}

func flatten(to, list []any) []any {
	for _, e := range list {
		if inner, ok := e.([]any); ok {
			to = flatten(to, inner)
		} else {
			to = append(to, e)
		}
	}
	return to
}

// funcSort sorts stably in the order of Compare.
func funcSort(_ *Env, a []any) (any, error) {
	desc := false
	if len(a) == 2 {
		var err error
		if desc, err = descending(a[1]); err != nil {
			return nil, err
		}
	}
	list := slices.Clone(a[0].([]any))
	slices.SortStableFunc(list, func(x, y any) int {
		if desc {
			return Compare(y, x)
		}
		return Compare(x, y)
	})
	return list, nil
}

// runeCount is utf8.RuneCountInString with a quick way over ASCII, eight bytes at a time.
func runeCount(s string) int {
	const high = 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		word := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		if word&high != 0 {
			break
		}
	}
	return i + utf8.RuneCountInString(s[i:])
}
