//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// defaultSpec is the file that is looked for where none is named.
const defaultSpec = "mprun.yaml"

// invocation is what the arguments of a verb name: specs and vars.
type invocation struct {
	specs []string
	named bool // specs has what the arguments name, not the default
	vars  map[string]any
	words []string // the arguments that set them
	files []string // laid over each spec
}

// parseArgs tells specs from vars: what begins like name= sets a var, whose value is YAML.
func parseArgs(args, files []string) (invocation, error) {
	inv := invocation{vars: map[string]any{}, files: files}
	for _, file := range files {
		if file == "" || file == "-" {
			return inv, usageError{text: fmt.Sprintf("--file takes the path of a file, not %q", file)}
		}
	}
	for _, arg := range args {
		name, value, isVar := strings.Cut(arg, "=")
		if !isVar || !spec.IsName(name) {
			inv.specs = append(inv.specs, arg)
			continue
		}
		v, err := parseValue(name, value)
		if err != nil {
			return inv, err
		}
		inv.vars[name] = v
		inv.words = append(inv.words, arg)
	}
	if inv.named = len(inv.specs) > 0; !inv.named {
		inv.specs = []string{defaultSpec}
	}
	return inv, nil
}

// parseValue reads the value of a var as YAML, as it would be read in the spec. What is no YAML, or to YAML a comment, is a text.
func parseValue(name, value string) (any, error) {
	if strings.Contains(value, "\n") {
		return value, nil
	}
	doc, found := spec.Load([]byte("vars:\n  "+name+":\n    "+value+"\n"), planner.SpecOptions(""))
	for _, d := range found {
		if d.Code == spec.CodeAmbiguousNumber || d.Code == spec.CodeNumberRange {
			return nil, usageError{text: fmt.Sprintf("%s=%s: %s", name, value, d.Summary), hint: d.Hint}
		}
	}
	if found.HasErrors() || len(doc.Vars) != 1 || !doc.Vars[0].Value.IsSet() {
		return value, nil
	}
	n := doc.Vars[0].Value.Node
	if strings.TrimSpace(n.Source().Text(n.Range)) != strings.TrimSpace(value) { // a comment, a tag or an anchor
		return value, nil
	}
	v, _ := n.Data() // its findings are among those above
	return v, nil
}

// fileFlag is the flag for files that are laid over the spec.
func fileFlag(cmd *cobra.Command, files *[]string) {
	cmd.Flags().StringArrayVarP(files, "file", "f", nil, "lay this file over the spec; may be repeated, the last counts most")
}

// one is the only spec that a verb takes.
func (inv invocation) one(cmd *cobra.Command) (string, error) {
	path := inv.specs[0]
	if looksLikeVerb(path) && (len(inv.specs) > 1 || nearVerb(cmd, path) != "") {
		hint := ""
		if near := nearVerb(cmd, path); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return "", usageError{text: fmt.Sprintf("there is no file and no verb %q", path), hint: hint}
	}
	if len(inv.specs) > 1 {
		return "", usageError{text: fmt.Sprintf("there is one spec too many: %q after %q", inv.specs[1], path), hint: "vars are set as name=value"}
	}
	return path, nil
}

// looksLikeVerb says whether an argument that should name a spec is a word, and no file.
func looksLikeVerb(path string) bool {
	if path == "-" || strings.ContainsAny(path, "./") {
		return false
	}
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// nearVerb is the verb that was probably meant, "" without a likely one.
func nearVerb(cmd *cobra.Command, word string) string {
	var verbs []string
	for _, v := range cmd.Root().Commands() {
		verbs = append(verbs, v.Name())
	}
	return spec.Nearest(word, verbs)
}

// loaded is a spec that was read and compiled.
type loaded struct {
	sources []*spec.Source
	plan    *planner.Plan // nil if there are errors
	found   spec.Diagnostics
	doc     *spec.Pipeline
	opts    planner.Options // that it was compiled with
}

// noSpecHint is what to do where no spec is named and the one that is looked for cannot be read.
func noSpecHint(inv invocation) string {
	const other = "mprun.yml"
	if _, err := os.Stat(other); err == nil {
		return "did you mean " + other + "?"
	}
	if len(inv.files) > 0 {
		return "--file lays a file over a spec, which is named before it: mprun spec.yaml --file " + inv.files[0]
	}
	return "name a spec, or see mprun --help"
}

// load reads and compiles a spec.
func (c *console) load(path string, inv invocation, opts planner.Options) (loaded, error) {
	var doc *spec.Pipeline
	var found spec.Diagnostics
	dir := "."
	name := path
	if path == "-" {
		name = "standard input"
	}
	read := planner.SpecOptions(name)
	read.Overlays = inv.files
	if path == "-" {
		doc, found = spec.LoadReader(c.in, read)
	} else {
		doc, found = spec.LoadFile(path, read)
		dir = filepath.Dir(path)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return loaded{}, fmt.Errorf("finding the spec's folder: %w", err)
	}
	if !inv.named && len(found) == 1 && found[0].Code == spec.CodeUnreadable {
		found[0].Hint = noSpecHint(inv)
	}
	l := loaded{sources: doc.Sources, found: found, doc: doc}
	if doc.Root == nil || doc.Root.Kind != spec.Map {
		return l, nil // there is nothing to compile
	}
	opts.Dir, opts.Partial, opts.Vars = abs, found.HasErrors(), inv.vars
	l.opts = opts
	plan, more := planner.Compile(doc, newHost(), opts)
	l.found = append(found, more...).Sorted()
	if !l.found.HasErrors() {
		l.plan = plan
	}
	return l, nil
}
