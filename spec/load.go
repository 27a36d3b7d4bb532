package spec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
)

// Load reads a document, the files that it includes and those that Options.Overlays lay over it. It always gives a Pipeline, which is
// as complete as they could be read; with an Error among the findings it must not be run. src is kept, and must not be changed
// afterwards.
func Load(src []byte, opts Options) (*Pipeline, Diagnostics) {
	opts = opts.withDefaults()
	l := &loader{reader: &reader{opts: opts}, read: map[string]*document{}, resolved: map[*document]*Node{}}
	p := l.load(NewSource(opts.File, src))
	return p, p.Silence(l.found.Sorted())
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
	summary := plainError(err)
	if !errors.Is(err, fs.ErrNotExist) {
		summary = "cannot read the spec: " + summary
	}
	return &Pipeline{Source: NewSource(opts.File, nil)}, Diagnostics{{
		Severity: Error, Code: CodeUnreadable, File: opts.File, Range: Range{Start: Pos{File: opts.File}, End: Pos{File: opts.File}}, Summary: summary,
	}}
}

// load reads a document and all that belongs to it.
func (l *loader) load(src *Source) *Pipeline {
	main := l.open(src)
	root := l.resolve(main, []string{filepath.Clean(src.Name)})
	if main.empty {
		l.add(Diagnostic{Code: CodeNotMapping, Range: src.Range(0, 0), Summary: "the document is empty", Hint: "a spec begins with processes:"})
	}
	if root != nil {
		root = l.overlay(root)
	} else if main.root != nil {
		root = main.root // no mapping, which has a finding
	}
	p := &Pipeline{Source: src, Root: root}
	for _, doc := range l.docs {
		p.Sources = append(p.Sources, doc.source)
		if doc.unmend != nil {
			p.unmend = append(p.unmend, doc.unmend)
		}
	}
	if root != nil && root.Kind == Map {
		l.addAll(p.Original(l.decode(p)))
	}
	return p
}

// overlay lays the files of Options.Overlays over a tree.
func (l *loader) overlay(root *Node) *Node {
	top := root
	for _, path := range l.opts.Overlays {
		text, err := l.file(path)
		if err != nil {
			summary := plainError(err)
			if !errors.Is(err, fs.ErrNotExist) {
				summary = "cannot read the file: " + summary
			}
			at := Pos{File: path}
			l.add(Diagnostic{Code: CodeUnreadable, File: path, Range: Range{Start: at, End: at}, Summary: summary})
			continue
		}
		doc := l.open(NewSource(path, text))
		over := l.resolve(doc, []string{filepath.Clean(path)})
		if over == nil {
			continue // it is empty, or has a finding
		}
		top = merge(top, over.without(func(key string) bool { return key == "include" }))
	}
	return top
}

// decode turns the tree into the Pipeline, and gives the findings at the places of the nodes.
func (l *loader) decode(p *Pipeline) Diagnostics {
	r := &reader{opts: l.opts}
	d := &decoder{reader: r, ns: &namespace{by: map[string]*Named{}}}
	d.structure(p.Root, reflect.ValueOf(p).Elem(), "")
	p.Names = d.ns.names
	p.applyDefaults()
	a := allowances{reader: r, loader: l, p: p}
	a.collect(p.Root)
	return r.found
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
