package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
)

// Load reads a document. It always gives a Pipeline, which is as complete as the document could be read; with an Error among the
// findings it must not be run. src is kept, and must not be changed afterwards.
func Load(src []byte, opts Options) (*Pipeline, Diagnostics) {
	r := &reader{opts: opts.withDefaults()}
	source := NewSource(opts.File, src)
	p := r.load(source)
	return p, p.Silence(r.found.Sorted())
}

// LoadFile reads the document in a file. Options.File, if empty, is its path. A file that is missing or cannot be read is a finding.
func LoadFile(path string, opts Options) (*Pipeline, Diagnostics) {
	if opts.File == "" {
		opts.File = path
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(opts, err)
	}
	defer f.Close()
	return LoadReader(f, opts)
}

// LoadReader reads a document to its end, but not further than one may be long.
func LoadReader(from io.Reader, opts Options) (*Pipeline, Diagnostics) {
	limit := opts.Limits.withDefaults().Bytes
	src, err := io.ReadAll(io.LimitReader(from, int64(limit)+1))
	if err != nil {
		return unreadable(opts, err)
	}
	return Load(src, opts)
}

func unreadable(opts Options, err error) (*Pipeline, Diagnostics) {
	why := err
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		why = pathErr.Err
	}
	summary := fmt.Sprintf("cannot read the spec: %s", why)
	if errors.Is(err, fs.ErrNotExist) {
		summary = "there is no such file"
	}
	return &Pipeline{Source: NewSource(opts.File, nil)}, Diagnostics{{
		Severity: Error, Code: CodeUnreadable, File: opts.File, Range: Range{Start: Pos{File: opts.File}, End: Pos{File: opts.File}}, Summary: summary,
	}}
}

// load reads a document whose findings go to r.
func (r *reader) load(src *Source) *Pipeline {
	r.checkText(src)
	if r.found.HasErrors() {
		return &Pipeline{Source: src}
	}
	doc := parseYAML(src.Bytes[bomLen(src.Bytes):])
	if doc.err != nil {
		return r.recover(src, doc)
	}
	return r.decode(src, doc)
}

// decode turns the parsed document into a Pipeline.
func (r *reader) decode(src *Source, doc parsed) *Pipeline {
	p := &Pipeline{Source: src}
	if doc.root == nil {
		r.add(Diagnostic{Code: CodeNotMapping, Range: src.Range(0, 0), Summary: "the document is empty", Hint: "a spec begins with processes:"})
		return p
	}
	root := r.build(src, doc.root)
	if slices.ContainsFunc(r.found, func(d Diagnostic) bool { return d.Code == CodeTooLarge || d.Code == CodeTooDeep }) {
		return p // what was left out would only bring findings of its own
	}
	p.Root = root
	if doc.next != nil {
		at := src.Offset(doc.next.Line, doc.next.Column)
		r.add(Diagnostic{
			Code: CodeDocuments, Range: src.Range(at, at), Summary: "a second YAML document begins",
			Hint: "a spec is one document: drop the --- before it, or put it into a file of its own",
		})
	}
	if p.Root.Kind != Map {
		r.errorAt(p.Root, CodeNotMapping, "a spec begins with processes:", "a spec is a mapping, found %s", p.Root.found())
		return p
	}
	d := &decoder{reader: r, defs: map[reflect.Type]*structDef{}, ns: &namespace{by: map[string]*Named{}}}
	d.structure(p.Root, reflect.ValueOf(p).Elem(), "")
	p.Names = d.ns.names
	p.applyDefaults()
	r.allowances(p, p.Root)
	return p
}

// allowances collects `x-mprun-allow` from a mapping and all below it.
func (r *reader) allowances(p *Pipeline, n *Node) {
	if n.Alias != nil {
		return // the original has been seen
	}
	for _, item := range n.Items {
		r.allowances(p, item)
	}
	for _, e := range n.Keys {
		r.allowances(p, e.Value)
		if e.Key.Text != "x-mprun-allow" {
			continue
		}
		a := Allowance{Scope: n.Range}
		if n.parent == nil {
			a.Scope = n.src.Range(0, len(n.src.Bytes)+1)
		}
		if e.Value.Kind != Seq {
			r.errorAt(e.Value, CodeWrongKind, "write x-mprun-allow: [lock-order]", "expected a list of codes, found %s", e.Value.found())
			continue
		}
		for _, code := range e.Value.Items {
			a.Codes = append(a.Codes, code.Text)
		}
		p.Allow = append(p.Allow, a)
	}
}

// applyDefaults gives the processes what `defaults` has and they have not. Of `env` they get the names that they lack.
func (p *Pipeline) applyDefaults() {
	defaults := reflect.ValueOf(&p.Defaults).Elem()
	for _, process := range p.Processes {
		env := process.Env
		common := reflect.ValueOf(&process.ProcessCommon).Elem()
		for i := range defaults.NumField() {
			if common.Field(i).IsZero() {
				common.Field(i).Set(defaults.Field(i))
			}
		}
		if env != nil {
			for _, e := range p.Defaults.Env {
				if _, own := env.Get(e.Name); !own {
					process.Env = append(process.Env, e)
				}
			}
		}
	}
}
