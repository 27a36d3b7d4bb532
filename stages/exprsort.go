package stages

import (
	"fmt"
	"slices"
	"sort"
)

func loopSortBy(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	desc := false
	if l.third != nil {
		order, err := l.third.run(env)
		if err == nil {
			desc, err = descending(order)
		}
		if err != nil {
			return nil, failAt(err, l.at)
		}
	}
	keyed := byKey{items: slices.Clone(list), keys: make([]any, len(list)), desc: desc}
	for i := range list {
		if keyed.keys[i], err = l.eval(env, list, i); err != nil {
			return nil, err
		}
	}
	sort.Stable(keyed)
	return keyed.items, nil
}

// byKey sorts items by keys beside them.
type byKey struct {
	items, keys []any
	desc        bool
}

func (b byKey) Len() int { return len(b.items) }

func (b byKey) Swap(i, j int) {
	b.items[i], b.items[j] = b.items[j], b.items[i]
	b.keys[i], b.keys[j] = b.keys[j], b.keys[i]
}

func (b byKey) Less(i, j int) bool {
	if b.desc {
		i, j = j, i
	}
	return Compare(b.keys[i], b.keys[j]) < 0
}

// descending reads the order of sort() and sortBy().
func descending(order any) (bool, error) {
	switch order {
	case "asc":
		return false, nil
	case "desc":
		return true, nil
	}
	return false, fmt.Errorf("the order must be \"asc\" or \"desc\", not %s", AppendJSON(nil, order))
}
