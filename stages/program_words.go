package stages

import "strings"

// maxArgument is how long a word of a command or a variable with its value can be, with the zero byte behind it: MAX_ARG_STRLEN in
// execve(2), 32 pages.
const maxArgument = 128 << 10

// programOf computes words, environment and folder of a program for the first row of in.
func programOf(words []*RowExpr, env, cwd *RowExpr, dir string, in *Batch) (Program, error) {
	p := Program{Words: make([]string, 0, len(words)), Dir: dir}
	for _, e := range words {
		var err error
		if p.Words, err = appendWords(p.Words, e, in); err != nil {
			return p, err
		}
	}
	if len(p.Words) == 0 {
		return p, Failf("exec", "the list of words is empty: there is no program")
	}
	for _, word := range p.Words {
		switch {
		case strings.IndexByte(word, 0) >= 0:
			return p, Failf("exec", "a word of a command cannot have a zero byte in it: %s", ShortJSON(word))
		case len(word) >= maxArgument:
			return p, Failf("exec", "a word of %d bytes is longer than a word of a command can be, %d bytes: hand it over by `input`", len(word), maxArgument-1)
		}
	}
	if p.Words[0] == "" {
		return p, Failf("exec", "the program's name is empty")
	}
	return p, surroundings(&p, env, cwd, in)
}

// appendWords adds the value of one word of a command: a list is as many words.
func appendWords(words []string, e *RowExpr, in *Batch) ([]string, error) {
	v, err := e.At(in, 0)
	if err != nil {
		return words, err
	}
	list, several := v.([]any)
	if !several {
		word, err := e.Text(in, 0)
		return append(words, word), err
	}
	for _, element := range list {
		words = append(words, TextOf(element))
	}
	return words, nil
}

// surroundings computes the environment and the folder of a program for the first row of in.
func surroundings(p *Program, env, cwd *RowExpr, in *Batch) error {
	var err error
	if p.Env, err = environment(env, in); err != nil {
		return err
	}
	folder, err := cwd.Text(in, 0)
	if folder != "" {
		p.Dir = resolve(p.Dir, folder)
	}
	return err
}

// environment is the value of an `env` option as NAME=value, sorted by name. A variable that is null is not set.
func environment(env *RowExpr, in *Batch) ([]string, error) {
	v, err := env.At(in, 0)
	if err != nil || v == nil {
		return nil, err
	}
	variables, ok := v.(map[string]any)
	if !ok {
		return nil, Failf("exec", "`env` needs a map from names to values, not %s", ShortJSON(v))
	}
	var list []string
	for _, name := range sortedKeys(variables) {
		value := variables[name]
		if value == nil {
			continue
		}
		pair := name + "=" + TextOf(value)
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.IndexByte(pair, 0) >= 0 {
			return nil, Failf("exec", "not possible in an environment: %s", ShortJSON(pair))
		}
		if len(pair) >= maxArgument {
			return nil, Failf("exec", "the variable %s would be %d bytes long, longer than one can be, %d bytes: hand it over by `input`", ShortJSON(name), len(pair), maxArgument-1)
		}
		list = append(list, pair)
	}
	return list, nil
}
