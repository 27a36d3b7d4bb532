package spec

// Data is the value by YAML 1.2's core schema: nil, bool, int, float64, string, []any or map[string]any. Dates are strings. It
// copies: the caller owns what it gets. Findings are numbers that do not fit (an integer beyond 64 bits, a float beyond its range)
// and those that YAML 1.1 and 1.2 read differently (`010`, `1_000`); their value is nil.
func (n *Node) Data() (any, Diagnostics) {
	r := &reader{}
	v := r.data(n)
	return v, r.found.Sorted()
}

func (r *reader) data(n *Node) any {
	switch n.Kind {
	case Seq:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = r.data(item)
		}
		return list
	case Map:
		m := make(map[string]any, len(n.Keys))
		for _, e := range n.Keys {
			m[e.Key.Text] = r.data(e.Value)
		}
		return m
	}
	return r.scalar(n)
}

func (r *reader) scalar(n *Node) any {
	if n.Style == Plain && !n.tagged {
		if meant, ambiguous := ambiguousNumber(n.Text); ambiguous {
			r.errorAt(n, CodeAmbiguousNumber, "write "+meant+" for the number, '"+n.Text+"' for the text",
				"readers of YAML disagree about %s: a number to some, a text or another number to others", n.Text)
			return nil
		}
	}
	switch n.Kind {
	case Bool:
		return n.Text[0] == 't' || n.Text[0] == 'T'
	case Int:
		v, err := parseInt(n.Text)
		if err != nil {
			r.errorAt(n, CodeNumberRange, "quote it if it is a text", "%s does not fit a 64-bit integer", n.Text)
			return nil
		}
		return v
	case Float:
		v, err := parseFloat(n.Text)
		if err != nil {
			r.errorAt(n, CodeNumberRange, "", "%s does not fit a 64-bit float", n.Text)
			return nil
		}
		return v
	case String:
		return n.Text
	}
	return nil
}
