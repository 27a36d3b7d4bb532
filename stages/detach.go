package stages

import "strings"

// detached is the item in memory of its own. A text is often part of a block of an input with thousands of others, all of which a few
// that are kept for long would keep with them.
func detached(item any) any {
	switch v := item.(type) {
	case string:
		return strings.Clone(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = detached(e)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, e := range v {
			m[strings.Clone(key)] = detached(e)
		}
		return m
	}
	return item
}

// detachedText is the item, a text in memory of its own: for what changes too often to look into lists and maps.
func detachedText(item any) any {
	if s, ok := item.(string); ok {
		return strings.Clone(s)
	}
	return item
}
