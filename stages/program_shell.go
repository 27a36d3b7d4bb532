package stages

import "strings"

// shell is the script to run for the first row of in, with the item in its environment: a script never has data of the run in its text.
func (n *execNode) shell(in *Batch) (Program, error) {
	p := Program{Dir: n.dir}
	script, err := n.script.Text(in, 0)
	if err != nil {
		return p, err
	}
	switch {
	case strings.IndexByte(script, 0) >= 0:
		return p, Failf("exec", "a script cannot have a zero byte in it: %s", ShortJSON(script))
	case len(script) >= maxArgument:
		return p, Failf("exec", "a script of %d bytes is longer than it can be, %d bytes", len(script), maxArgument-1)
	}
	p.Words = []string{"/bin/sh", "-c", script}
	if err := surroundings(&p, n.env, n.cwd, in); err != nil {
		return p, err
	}
	pair := "ITEM=" + TextOf(in.Item(0))
	fits := len(pair) < maxArgument && strings.IndexByte(pair, 0) < 0
	switch {
	case fits:
		p.Env = append(p.Env, pair)
	case MentionsVariable(script, "ITEM"):
		return p, Failf("exec", "an item of %d bytes, or one with a zero byte in it, cannot be in $ITEM: hand it over by `input`", len(pair)-len("ITEM="))
	}
	return p, nil
}

// MentionsVariable says whether a variable's name stands in a text, as a word of its own.
func MentionsVariable(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		if (start == 0 || !isNameByte(text[start-1])) && (end == len(text) || !isNameByte(text[end])) {
			return true
		}
		from = end
	}
}

// isNameByte says whether a byte can be part of the name of a variable of a shell.
func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
