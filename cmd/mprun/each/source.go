package each

import (
	"fmt"
	"slices"
	"strings"
)

// Source is one list of items.
type Source struct {
	Items  []string
	File   string // in place of Items
	Linked bool   // its items go with those of the source before it, one by one, in place of with each of them
}

// separators begin a list behind the command.
var separators = []string{":::", ":::+", "::::", "::::+"}

// Split takes the lists behind a command apart: `:::` items, `::::` files, each of which is a list of its own; with + the list is linked to the
// one before.
func Split(words []string) (command []string, sources []Source, err error) {
	i := slices.IndexFunc(words, isSeparator)
	if i < 0 {
		return words, nil, nil
	}
	command = words[:i]
	for i < len(words) {
		separator := words[i]
		to := i + 1
		for to < len(words) && !isSeparator(words[to]) {
			to++
		}
		list := words[i+1 : to]
		linked := strings.HasSuffix(separator, "+")
		switch {
		case linked && len(sources) == 0:
			return nil, nil, fmt.Errorf("%s links a list to the one before it, and there is none", separator)
		case strings.HasPrefix(separator, "::::") && len(list) == 0:
			return nil, nil, fmt.Errorf("%s needs the name of a file", separator)
		case strings.HasPrefix(separator, "::::"):
			for k, file := range list {
				sources = append(sources, Source{File: file, Linked: linked && k == 0})
			}
		default:
			sources = append(sources, Source{Items: list, Linked: linked})
		}
		i = to
	}
	return command, sources, nil
}

func isSeparator(word string) bool { return slices.Contains(separators, word) }

// columns is the sources as the columns of a table whose combinations are the jobs: linked sources are one column of several.
func columns(sources []Source) (list [][][]string, err error) {
	for _, s := range sources {
		if !s.Linked {
			column := make([][]string, 0, len(s.Items))
			for _, item := range s.Items {
				column = append(column, []string{item})
			}
			list = append(list, column)
			continue
		}
		last := list[len(list)-1]
		if len(last) != len(s.Items) {
			return nil, fmt.Errorf("lists that are linked are of one length: these have %d and %d items", len(last), len(s.Items))
		}
		for i, item := range s.Items {
			last[i] = append(last[i], item)
		}
	}
	return list, nil
}
