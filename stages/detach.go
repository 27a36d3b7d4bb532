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

// detach puts the items from number from on into memory of their own. Texts are copied all at once, into one block that lives as long as
// any of them. Lists and maps are taken apart and built again for it, which is done only where few say so: the more of a block of an
// input is kept, the less there is to be gained.
func (c *Column) detach(from int, few bool) {
	switch c.Kind {
	case Strings:
		texts, size := c.Strings[from:], 0
		for _, text := range texts {
			size += len(text)
		}
		var block strings.Builder
		block.Grow(size)
		for _, text := range texts {
			block.WriteString(text)
		}
		rest := block.String()
		for i, text := range texts {
			texts[i], rest = rest[:len(text)], rest[len(text):]
		}
	case Mixed:
		for i, item := range c.Any[from:] {
			if few {
				c.Any[from+i] = detached(item)
			} else {
				c.Any[from+i] = detachedText(item)
			}
		}
	}
}

// isFew says whether the rows that came at once are few of those that could: then most of what they were read with has been dropped.
func isFew(rows int, r *Run) bool { return rows < max(2, r.Limit/4) }
