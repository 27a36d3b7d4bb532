//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// meant says whether a word means the key at a path: queues.capacity, queues.jobs.capacity and capacity mean the key capacity of every queue. whole
// says that it begins where the path does.
func meant(word, path []string) (ok, whole bool) {
	w, p := len(word), len(path)
	switch {
	case w == 0:
		return true, p == 0
	case p == 0:
		return false, false
	case path[p-1] == word[w-1]:
		return meant(word[:w-1], path[:p-1])
	case path[p-1] != anyName:
		return false, false
	}
	if ok, whole := meant(word, path[:p-1]); ok || w == 1 { // a name is written only behind what it is a name of
		return ok, whole
	}
	return meant(word[:w-1], path[:p-1])
}

// findKeys is the keys that a word means: those whose whole path it is, and those at whose end it is.
func findKeys(word string, all []keyPage) (wholes, ends []keyPage) {
	for _, k := range all {
		switch ok, whole := meant(strings.Split(word, "."), k.path); {
		case ok && whole:
			wholes = append(wholes, k)
		case ok:
			ends = append(ends, k)
		}
	}
	return wholes, ends
}

// oneEach puts the places of the same key together.
func oneEach(keys []keyPage) [][]keyPage {
	var groups [][]keyPage
	for _, k := range keys {
		i := slices.IndexFunc(groups, func(g []keyPage) bool { return g[0].same(&k) })
		if i < 0 {
			groups = append(groups, []keyPage{k})
			continue
		}
		groups[i] = append(groups[i], k)
	}
	return groups
}

// keyText is the page of a key at its places.
func keyText(places []keyPage) string {
	k := &places[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n", k.name(), k.kind, k.doc)
	if k.example != "" {
		fmt.Fprintf(&b, "\n  %s\n", strings.ReplaceAll(k.example, "\n", "\n  "))
	}
	var rows [][2]string
	row := func(what, text string) {
		if text != "" {
			rows = append(rows, [2]string{what, text})
		}
	}
	row("type", k.typ)
	row("default", k.fallback)
	for _, rule := range k.rules {
		row("", rule)
	}
	if k.kind == "key" {
		what := "place"
		for _, p := range places {
			row(what, p.place())
			what = " "
		}
	}
	if len(rows) > 0 {
		b.WriteByte('\n')
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "%-8s %s\n", strings.TrimSpace(r[0]), r[1])
	}
	if k.later != "" {
		fmt.Fprintf(&b, "\n%s\n", k.later)
	}
	if len(k.below) > 0 {
		b.WriteString("\nkeys\n")
		var list []page
		for _, f := range k.below {
			list = append(list, page{word: "  " + f.Name, text: f.Doc})
		}
		b.WriteString(pageList(list))
	}
	return b.String()
}

// keysText is the places of keys that a word may mean.
func keysText(word string, groups [][]keyPage) string {
	var list []page
	for _, g := range groups {
		for _, k := range g {
			list = append(list, page{word: "  " + k.name(), text: k.doc})
		}
	}
	return fmt.Sprintf("%s is a key in several places; mprun explain has a page for each:\n%s", word, pageList(list))
}

// alsoKeys names keys that the word of another page may mean, too.
func alsoKeys(keys []keyPage) string {
	if len(keys) == 0 {
		return ""
	}
	var names []string
	for _, k := range keys {
		if name := k.name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return "\nSee also: " + strings.Join(names, ", ") + "\n"
}
