package spec

import "strings"

// IsName reports whether a text may be a name: [A-Za-z_][A-Za-z0-9_]*.
func IsName(text string) bool {
	for i, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return text != ""
}

// IsReserved reports whether a name means something of its own in expressions, so that nothing may be called by it.
func IsReserved(name string) bool {
	switch name {
	case "item", "index", "acc", "self", "args", "vars", "env", "it", "at", "error", "out", "run", "delivery", "cpus", "spec", "from",
		"null", "true", "false", "in", "not", "and", "or", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
		return true
	}
	return false
}

// isOwnKey reports whether a key is the user's own, which nothing here reads.
func isOwnKey(key string) bool { return strings.HasPrefix(key, "x-") }

// badNameHint proposes the name that a text could be made.
func badNameHint(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '-' || c == '.' || c == ' ' || c == '_':
			b.WriteByte('_')
		case IsName("x" + string(c)):
			b.WriteRune(c)
		default:
			return "names consist of letters (a to z, A to Z), digits and _"
		}
	}
	name := b.String()
	if name != "" && !IsName(name) {
		name = "_" + name
	}
	if strings.Trim(name, "_") == "" || IsReserved(name) {
		return "names consist of letters, digits and _"
	}
	return "names consist of letters, digits and _: " + name
}

// namespace is the one that all resources, processes, chains and types of a spec share.
type namespace struct {
	names []*Named
	by    map[string]*Named
}

// define takes a name into the namespace, or finds what is wrong with it.
func (r *reader) define(ns *namespace, n *Named) {
	switch first := ns.by[n.Name]; {
	case !IsName(n.Name):
		r.errorAt(n.Key, CodeBadName, badNameHint(n.Name), "%s is not a name", quoteName(n.Name))
	case IsReserved(n.Name):
		r.errorAt(n.Key, CodeReservedName, "", "the name %s has a meaning of its own in expressions", quoteName(n.Name))
	case readAsVariable(n.Section) && r.opts.IsFunction(n.Name):
		r.errorAt(n.Key, CodeReservedName, "", "the name %s is that of a built-in function, which expressions could not tell from what is defined here",
			quoteName(n.Name))
	case first != nil:
		r.add(Diagnostic{
			Code: CodeDuplicateName, Range: n.Key.At(), Path: n.Node.Path(),
			Summary: "the name " + quoteName(n.Name) + " is taken: " + first.Section + " has it already, " + first.Key.At().Start.from(n.Key.At().Start),
			Hint:    "all resources, processes, chains and types share one namespace",
			Related: []Related{{Range: first.Key.At(), Message: "the first is here"}},
		})
	default:
		ns.by[n.Name] = n
		ns.names = append(ns.names, n)
	}
}

// readAsVariable reports whether expressions read what a section defines as a value of its own name.
func readAsVariable(section string) bool {
	return section == "values" || section == "arrays" || section == "managers"
}
