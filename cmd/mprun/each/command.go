package each

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// words is a command: its words as texts of the spec, and as expressions that give a text or a list of them.
type words struct {
	templates, values []string
	itemIsScript      bool
}

// words is the command that runs a job.
func (j *Job) words() (words, error) {
	list, asList := j.Command, true
	switch {
	case j.Shell:
		script := j.Command[0]
		if !j.Bare && !hasPlaceholder(j.Command, j.Replace) {
			script += " " + j.replace()
		}
		list, asList = scriptWords(script, j.Replace), false
	case len(list) == 1:
		split, err := splitWords(list[0])
		if err != nil {
			return words{}, err
		}
		list = split
	}
	if !j.Shell && !j.Bare && !hasPlaceholder(list, j.Replace) {
		list = append(append([]string{}, list...), j.replace())
	}
	w := words{itemIsScript: itemIsScript(list, j.Replace)}
	for i, word := range list {
		if j.Shell && i == scriptWord {
			w.templates = append(w.templates, literal(word))
			w.values = append(w.values, quoted(word))
			continue
		}
		w.templates = append(w.templates, template(word, j.Replace, j.several(), asList))
		w.values = append(w.values, value(word, j.Replace, j.several(), asList))
	}
	return w, nil
}

// scriptWord is the number of the script among the words of a command that hands it to a shell.
const scriptWord = 2

func (j *Job) replace() string {
	if j.Replace == "" {
		return "{}"
	}
	return j.Replace
}

// checkOut holds that a command writes to {out} exactly if there is something to create.
func (j *Job) checkOut() error {
	named := false
	for _, word := range j.Command {
		named = named || slices.ContainsFunc(parse(word, j.Replace), func(p part) bool { return p.kind == kindOut })
	}
	switch {
	case j.Creates == "" && named:
		return errors.New("{out} is the file that --creates names, and there is no --creates")
	case j.Creates != "" && !named && !(j.Shell && strings.Contains(j.Command[0], "OUT")):
		return fmt.Errorf("with --creates the command writes to {out}, a temporary that becomes %s when it has succeeded; {out} is not in it", j.Creates)
	}
	return nil
}

// shown is the expression for the command as a shell reads it.
func (w words) shown() string {
	lists := make([]string, 0, len(w.values))
	for _, v := range w.values {
		switch {
		case v == "item" || strings.HasPrefix(v, "map(item,"):
			lists = append(lists, v)
		case v == "utf8(out)":
			lists = append(lists, `["{out}"]`)
		default:
			lists = append(lists, "["+v+"]")
		}
	}
	return `join(map(concat(` + strings.Join(lists, ", ") + `), utf8(it) matches "^[A-Za-z0-9_@%+=:,./-]+$" ? it : "'" + replace(utf8(it), "'", "'\\''") + "'"), " ")`
}
