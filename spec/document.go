package spec

import (
	"slices"
)

// document is one file of a spec: read, but not yet decoded.
type document struct {
	source *Source
	root   *Node // nil of an empty document and of one that cannot be used
	empty  bool
	// original maps a range of the tree to the source where they differ, because lines had to be mended; unmend does so for findings.
	original func(Range) Range
	unmend   func(Diagnostics) Diagnostics
}

// document reads a source into a tree. Its findings are at their places in the source.
func (r *reader) document(src *Source) *document {
	before := len(r.found)
	r.checkText(src)
	if r.found[before:].HasErrors() {
		return &document{source: src}
	}
	doc := parseYAML(src.Bytes[bomLen(src.Bytes):])
	if doc.err != nil {
		return r.recover(src, doc)
	}
	return r.tree(src, doc)
}

// tree builds the tree of what the parser made of a source.
func (r *reader) tree(src *Source, doc parsed) *document {
	d := &document{source: src, empty: doc.root == nil}
	if d.empty {
		return d
	}
	before := len(r.found)
	root := r.build(src, doc.root)
	if slices.ContainsFunc(r.found[before:], func(d Diagnostic) bool { return d.Code == CodeTooLarge || d.Code == CodeTooDeep }) {
		return d // what was left out would only bring findings of its own
	}
	d.root = root
	if doc.next != nil {
		at := src.Offset(doc.next.Line, doc.next.Column)
		r.add(Diagnostic{
			Code: CodeDocuments, Range: src.Range(at, at), Summary: "a second YAML document begins",
			Hint: "a spec is one document: drop the --- before it, or put it into a file of its own",
		})
	}
	if root.Kind != Map {
		r.errorAt(root, CodeNotMapping, "a spec begins with processes:", "a spec is a mapping, found %s", root.found())
	}
	return d
}
