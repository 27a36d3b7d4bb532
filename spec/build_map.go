package spec

import "gopkg.in/yaml.v3"

func (b *builder) mapping(n *Node, y *yaml.Node, body, depth int) {
	n.Kind, n.Style = Map, Block
	if y.Style&yaml.FlowStyle != 0 {
		n.Style = Flow
	}
	m := mappingBuilder{builder: b, node: n, at: make(map[string]int, len(y.Content)/2)}
	end := body
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := b.node(y.Content[i], place{parent: n, key: y.Content[i].Value, depth: depth + 1})
		value := b.node(y.Content[i+1], place{parent: n, key: y.Content[i].Value, depth: depth + 1})
		n.size += key.size + value.size
		end = max(key.At().End.Offset, value.At().End.Offset)
		m.entry(key, value)
	}
	n.Range = b.src.Range(body, b.collectionEnd(n, body, end))
}

// mappingBuilder collects the entries of one mapping, its own and those that merge keys bring.
type mappingBuilder struct {
	*builder
	node *Node
	at   map[string]int // key to index in node.Keys
}

func (m *mappingBuilder) entry(key, value *Node) {
	switch {
	case m.over || m.tooLow:
	case !key.IsScalar():
		m.badKey(key, value)
	case key.Style == Plain && key.Text == "<<" && !key.tagged:
		m.merge(value)
	case key.Text == "":
		m.errorAt(key, CodeKey, "", "the key before the colon is missing or empty")
	default:
		m.own(&Entry{Key: key, Value: value})
	}
}

// badKey reports a key that is a list or a mapping. `{{ x }}` is one to YAML.
func (m *mappingBuilder) badKey(key, value *Node) {
	hint := ""
	if key.Kind == Map && key.Style == Flow && m.node.Style == Flow && value.IsEmpty() {
		hint = "an expression in a text is written ${{ }}, and between [ ] or { } the text needs quotes"
	}
	m.errorAt(key, CodeKey, hint, "the key of a mapping must be a text, found %s", key.Kind)
	m.node.bad = true
}

// own adds an entry that stands in the mapping itself: it takes the place of a merged one, and of its like there may be no other.
func (m *mappingBuilder) own(e *Entry) {
	i, taken := m.at[e.Key.Text]
	switch {
	case !taken:
		m.at[e.Key.Text] = len(m.node.Keys)
		m.node.Keys = append(m.node.Keys, e)
	case m.node.Keys[i].Merged:
		m.node.Keys[i] = e
	default:
		m.add(Diagnostic{
			Code: CodeDuplicateKey, Range: e.Key.At(), Path: e.Value.Path(),
			Summary: "the key " + quoteName(e.Key.Text) + " is there twice, first " + m.node.Keys[i].Key.At().Start.from(e.Key.At().Start),
			Related: []Related{{Range: m.node.Keys[i].Key.At(), Message: "the first is here"}},
		})
	}
}

// merge adds the entries of the mapping, or the list of mappings, that stands behind `<<`, where the mapping has none of its own.
func (m *mappingBuilder) merge(value *Node) {
	switch value.Kind {
	case Map:
		m.total += len(value.Keys)
		if m.exceeded(value, 0) {
			return
		}
		for _, e := range value.Keys {
			if _, taken := m.at[e.Key.Text]; !taken {
				m.at[e.Key.Text] = len(m.node.Keys)
				m.node.Keys = append(m.node.Keys, &Entry{Key: e.Key, Value: e.Value, Merged: true})
				m.node.size += e.Key.size + e.Value.size
			}
		}
	case Seq:
		for _, item := range value.Items {
			if item.Kind == Map {
				m.merge(item)
			} else {
				m.errorAt(item, CodeAlias, "", "the merge key << takes a mapping or a list of mappings, found %s in its list", item.Kind)
			}
		}
	default:
		m.errorAt(value, CodeAlias, "", "the merge key << takes a mapping or a list of mappings, found %s", value.Kind)
	}
}
