package live

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Choose is the run that is meant: the one with the id, or else with that of $MPRUN_RUN, or else the only one of the folder dir, or else the only
// one there is. An id may be cut short as long as it is still that of one run. An error says what runs there are.
func Choose(list []Info, id, env, dir string) (Info, error) {
	for _, by := range []struct{ id, from string }{{id, ""}, {env, " ($MPRUN_RUN)"}} {
		if by.id == "" {
			continue
		}
		found := matching(list, func(i Info) bool { return strings.HasPrefix(i.ID, by.id) })
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return Info{}, fmt.Errorf("%d runs have ids that begin with %s%s%s", len(found), by.id, by.from, table(found))
		}
		return Info{}, fmt.Errorf("there is no run %s%s%s", by.id, by.from, table(list))
	}
	here := matching(list, func(i Info) bool { return same(i.Dir, dir) || same(i.Cwd, dir) })
	switch {
	case len(here) == 1:
		return here[0], nil
	case len(here) > 1:
		return Info{}, fmt.Errorf("%d runs belong to this folder: choose one with --run%s", len(here), table(here))
	case len(list) == 1:
		return list[0], nil
	case len(list) == 0:
		return Info{}, fmt.Errorf("nothing is running")
	}
	return Info{}, fmt.Errorf("%d runs are under way, none of them in this folder: choose one with --run%s", len(list), table(list))
}

func matching(list []Info, is func(Info) bool) []Info {
	var found []Info
	for _, i := range list {
		if is(i) {
			found = append(found, i)
		}
	}
	return found
}

func same(a, b string) bool { return a != "" && filepath.Clean(a) == filepath.Clean(b) }

// table is runs as an error lists them.
func table(list []Info) string {
	if len(list) == 0 {
		return "; nothing is running"
	}
	var b strings.Builder
	b.WriteString(":")
	for _, i := range list {
		fmt.Fprintf(&b, "\n  %s  %s (process %d, since %s)", i.ID, i.Spec, i.PID, i.Started.Local().Format(time.DateTime))
	}
	return b.String()
}
