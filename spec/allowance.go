package spec

// Allowance is an `x-mprun-allow`: the codes of warnings that are silenced in the mapping it stands in. At the top of the spec, or of
// a file that is laid over it, it silences them everywhere; at the top of an included file in that file.
type Allowance struct {
	Codes []*Node
	Scope Range
}

// Has reports whether a code is among those allowed.
func (a Allowance) Has(code string) bool {
	for _, n := range a.Codes {
		if n.Text == code {
			return true
		}
	}
	return false
}

// allowances collects every `x-mprun-allow` of a Pipeline.
type allowances struct {
	*reader
	loader *loader
	p      *Pipeline
}

// collect takes those of a mapping and all below it. Of a mapping that was merged each part may have one, which holds for all of them.
func (a allowances) collect(n *Node) {
	if n.Alias != nil {
		return // the original has been seen
	}
	for _, item := range n.Items {
		a.collect(item)
	}
	for _, e := range n.Keys {
		a.collect(e.Value)
	}
	if n.Kind != Map {
		return
	}
	for _, part := range n.parts() {
		e := part.Get("x-mprun-allow")
		if e == nil {
			continue
		}
		if e.Value.Kind != Seq {
			a.errorAt(e.Value, CodeWrongKind, "write x-mprun-allow: [lock-order]", "expected a list of codes, found %s", e.Value.found())
			continue
		}
		for _, scope := range a.scopes(n, part) {
			a.p.Allow = append(a.p.Allow, Allowance{Codes: e.Value.Items, Scope: scope})
		}
	}
}

// scopes is where what a part of a mapping allows is allowed.
func (a allowances) scopes(n, part *Node) []Range {
	var scopes []Range
	if part.parent != nil {
		for _, other := range n.parts() {
			scopes = append(scopes, a.loader.original(other.Range))
		}
		return scopes
	}
	for _, doc := range a.loader.docs {
		if src := doc.source; !a.loader.included(part.src.Name) || src.Name == part.src.Name {
			scopes = append(scopes, src.Range(0, len(src.Bytes)+1))
		}
	}
	return scopes
}

// included says whether a file is there because another includes it.
func (l *loader) included(name string) bool {
	for _, path := range l.opts.Overlays {
		if path == name {
			return false
		}
	}
	return name != l.docs[0].source.Name
}

// original is a range at its place in the file, which may have been mended to be read.
func (l *loader) original(r Range) Range {
	for _, doc := range l.docs {
		if doc.original != nil && doc.source.Name == r.Start.File {
			return doc.original(r)
		}
	}
	return r
}
