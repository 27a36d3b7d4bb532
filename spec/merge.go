package spec

// merge lays one tree over another: mappings merge key by key, everything else is replaced, and null takes a key away (of `vars`,
// where null is a value, it sets it). A null that takes nothing away stays what it is. What is behind a key keeps the place it was
// written at; a mapping of both is at the place of base, and its layers are both. Neither tree is changed; either may be nil.
func merge(base, over *Node) *Node {
	switch {
	case base == nil || base == over:
		return over
	case over == nil, base.Kind == Map && over.IsEmpty():
		return base
	case base.Kind != Map || over.Kind != Map:
		return over
	}
	merged := *base
	merged.layers = append(append([]*Node{}, base.parts()...), over.parts()...)
	merged.bad = base.bad || over.bad
	merged.Keys = make([]*Entry, 0, len(base.Keys)+len(over.Keys))
	later := make(map[string]*Entry, len(over.Keys))
	for _, e := range over.Keys {
		later[e.Key.Text] = e
	}
	earlier := make(map[string]bool, len(base.Keys))
	nullIsValue := base.parent != nil && base.parent.parent == nil && base.key == "vars"
	for _, e := range base.Keys {
		earlier[e.Key.Text] = true
		switch o := later[e.Key.Text]; {
		case o == nil:
			merged.Keys = append(merged.Keys, e)
		case o.Value.removes(e.Value) && !nullIsValue: // the key goes
		case e.Value.Kind == Map && (o.Value.Kind == Map || o.Value.IsEmpty()):
			merged.Keys = append(merged.Keys, &Entry{Key: e.Key, Value: merge(e.Value, o.Value), Merged: e.Merged})
		default:
			merged.Keys = append(merged.Keys, o)
		}
	}
	for _, e := range over.Keys {
		if !earlier[e.Key.Text] {
			merged.Keys = append(merged.Keys, e)
		}
	}
	return &merged
}

// removes says whether a value laid over another takes it away: a null that was written, over something.
func (n *Node) removes(base *Node) bool { return n.Kind == Null && n.Text != "" && base.Kind != Null }

// parts are the mappings that a mapping was merged of: itself if it is as it was written.
func (n *Node) parts() []*Node {
	if n.layers == nil {
		return []*Node{n}
	}
	return n.layers
}

// without is a mapping without some of its keys.
func (n *Node) without(drop func(key string) bool) *Node {
	rest := *n
	rest.layers = n.parts()
	rest.Keys = make([]*Entry, 0, len(n.Keys))
	for _, e := range n.Keys {
		if !drop(e.Key.Text) {
			rest.Keys = append(rest.Keys, e)
		}
	}
	return &rest
}

// sameValue says whether two values would be read alike; the order of keys and the quotes do not count.
func sameValue(a, b *Node) bool {
	if a == b {
		return true
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) || len(a.Keys) != len(b.Keys) {
		return false
	}
	for i, item := range a.Items {
		if !sameValue(item, b.Items[i]) {
			return false
		}
	}
	if len(a.Keys) == 0 {
		return true
	}
	values := make(map[string]*Node, len(b.Keys))
	for _, e := range b.Keys {
		values[e.Key.Text] = e.Value
	}
	for _, e := range a.Keys {
		if other := values[e.Key.Text]; other == nil || !sameValue(e.Value, other) {
			return false
		}
	}
	return true
}
