package spec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// builder turns yaml.v3's nodes into ours.
type builder struct {
	*reader
	src    *Source
	built  map[*yaml.Node]*Node // what anchors name
	total  int                  // values so far, aliases expanded, with those of other files
	over   bool                 // a limit was met and told
	tooLow bool                 // the limit of depth was met and told
}

// place is where a node stands.
type place struct {
	parent *Node
	key    string
	index  int
	depth  int
}

func (r *reader) build(src *Source, root *yaml.Node) *Node {
	b := &builder{reader: r, src: src, built: map[*yaml.Node]*Node{}, total: r.values}
	n := b.node(root, place{})
	r.values = b.total
	return n
}

// node builds a value. It always gives one: Null for what cannot be built, after a finding.
func (b *builder) node(y *yaml.Node, at place) *Node {
	if y.Kind == yaml.AliasNode {
		return b.alias(y, at)
	}
	b.total++
	n := &Node{Kind: Null, Style: Plain, src: b.src, parent: at.parent, key: at.key, index: at.index, size: 1}
	n.inFlow = at.parent != nil && at.parent.Style == Flow
	start := b.src.Offset(y.Line, y.Column)
	body, tag := skipProperties(b.src.Bytes, start, n.inFlow)
	n.Range = b.src.Range(body, body)
	if y.Anchor != "" {
		b.built[y] = nil // an alias in here would contain itself
		defer func() { b.built[y] = n }()
	}
	switch {
	case b.exceeded(n, at.depth):
	case y.Kind == yaml.SequenceNode:
		b.sequence(n, y, body, at.depth)
	case y.Kind == yaml.MappingNode:
		b.mapping(n, y, body, at.depth)
	default:
		b.scalarNode(n, y, body, start)
	}
	b.checkTag(n, tag, start)
	return n
}

// exceeded reports and tells whether the node is beyond a limit.
func (b *builder) exceeded(n *Node, depth int) bool {
	if depth > b.opts.Limits.Depth {
		if !b.tooLow {
			b.tooLow = true
			b.errorAt(n, CodeTooDeep, "", "lists and mappings are nested more than %d deep", b.opts.Limits.Depth)
		}
		return true
	}
	if b.total > b.opts.Limits.Nodes {
		if !b.over {
			b.over = true
			b.errorAt(n, CodeTooLarge, "put the data into a file that a stage reads",
				"the document has more than %d values, counting what its aliases stand for", b.opts.Limits.Nodes)
		}
		return true
	}
	return false
}

func (b *builder) alias(y *yaml.Node, at place) *Node {
	start := b.src.Offset(y.Line, y.Column)
	use := b.src.Range(start, min(start+1+len(y.Value), len(b.src.Bytes)))
	target := b.built[y.Alias]
	n := &Node{Kind: Null, Style: Plain, src: b.src, size: 1, Range: use}
	if target == nil {
		n.parent, n.key, n.index = at.parent, at.key, at.index
		b.errorAt(n, CodeAlias, "", "the alias *%s contains itself", y.Value)
		n.bad = true
		return n
	}
	b.total += target.size
	*n = *target
	n.parent, n.key, n.index = at.parent, at.key, at.index
	n.Alias = &use
	if b.exceeded(n, at.depth) {
		return &Node{Kind: Null, Style: Plain, src: b.src, size: 1, Range: use, parent: at.parent, key: at.key, index: at.index}
	}
	return n
}

// skipProperties steps over the anchor and tag in front of a value and gives the offset of the value and the tag.
// Behind a property without a value it stays at the property's end.
func skipProperties(src []byte, p int, inFlow bool) (body int, tag string) {
	for p < len(src) && (src[p] == '&' || src[p] == '!') {
		from := p
		for p < len(src) && !isBlank(src, p) && lineBreak(src, p) == 0 && (!inFlow || !strings.ContainsRune(",]}", rune(src[p]))) {
			p++
		}
		if src[from] == '!' {
			tag = string(src[from:p])
		}
		p = skipSpace(src, p)
	}
	return p, tag
}

// skipSpace steps over white space and comments.
func skipSpace(src []byte, p int) int {
	for p < len(src) {
		switch {
		case src[p] == ' ' || src[p] == '\t' || src[p] == '\n' || src[p] == '\r':
			p++
		case src[p] == '#' && (p == 0 || src[p-1] == ' ' || src[p-1] == '\t' || src[p-1] == '\n'):
			for p < len(src) && src[p] != '\n' {
				p++
			}
		default:
			return p
		}
	}
	return p
}

func (b *builder) scalarNode(n *Node, y *yaml.Node, body, start int) {
	n.Text = y.Value
	switch {
	case y.Style&yaml.DoubleQuotedStyle != 0:
		n.Style, n.Kind = DoubleQuoted, String
	case y.Style&yaml.SingleQuotedStyle != 0:
		n.Style, n.Kind = SingleQuoted, String
	case y.Style&yaml.LiteralStyle != 0:
		n.Style, n.Kind = Literal, String
	case y.Style&yaml.FoldedStyle != 0:
		n.Style, n.Kind = Folded, String
	default:
		n.Kind = resolve(y.Value)
	}
	if n.Style == Plain && n.Text == "" {
		body = propertyEnd(b.src.Bytes, start, body)
		n.Range = b.src.Range(body, body)
		return
	}
	if n.Style == Plain && strings.HasPrefix(string(b.src.Bytes[body:min(body+len(n.Text), len(b.src.Bytes))]), n.Text) {
		n.Range = b.src.Range(body, body+len(n.Text))
		return
	}
	if t, ok := decodeScalar(b.src.Bytes, body, n.Style, n.Text); ok {
		n.Range = b.src.Range(body, t.end)
	}
}

// propertyEnd is the end of the anchor and tag that begin at start and stand before nothing: body, without the white space before it.
func propertyEnd(src []byte, start, body int) int {
	for p := start; p < body; p++ {
		if lineBreak(src, p) > 0 || src[p] == '#' {
			body = p
		}
	}
	for body > start && isBlank(src, body-1) {
		body--
	}
	return body
}

// coreTags are the tags of YAML's core schema with the kind that they ask for.
func coreTag(tag string) Kind {
	switch tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	case "!!str":
		return String
	case "!!seq":
		return Seq
	case "!!map":
		return Map
	}
	return 0
}

// checkTag applies a tag that was written in front of the value.
func (b *builder) checkTag(n *Node, tag string, start int) {
	if tag == "" || b.over || b.tooLow {
		return
	}
	want := coreTag(tag)
	switch {
	case want == String && n.IsScalar():
		n.Kind, n.tagged = String, true
	case want == Float && n.Kind == Int:
		n.Kind, n.tagged = Float, true
	case want != n.Kind:
		n.bad = true
		from := start + strings.IndexByte(string(b.src.Bytes[start:]), '!')
		end := max(n.Range.End.Offset, from+len(tag))
		b.add(Diagnostic{
			Code: CodeTag, Range: b.src.Range(from, end), Path: n.Path(),
			Summary: "YAML reads " + tag + " as a tag, the type of what follows, and not as part of the value",
			Hint:    writeAs(b.src, b.src.Range(from, end)),
		})
	}
}

func (b *builder) sequence(n *Node, y *yaml.Node, body, depth int) {
	n.Kind, n.Style = Seq, Block
	if y.Style&yaml.FlowStyle != 0 {
		n.Style = Flow
	}
	n.Items = make([]*Node, 0, len(y.Content))
	end := body
	for i, c := range y.Content {
		item := b.node(c, place{parent: n, index: i, depth: depth + 1})
		n.Items = append(n.Items, item)
		n.size += item.size
		end = item.At().End.Offset
	}
	n.Range = b.src.Range(body, b.collectionEnd(n, body, end))
}

// collectionEnd is the offset behind a list or mapping that begins at body and whose last value ends at last.
func (b *builder) collectionEnd(n *Node, body, last int) int {
	src := b.src.Bytes
	if n.Style != Flow || body >= len(src) || src[body] != '[' && src[body] != '{' {
		return max(last, body)
	}
	closing := byte(']')
	if src[body] == '{' {
		closing = '}'
	}
	for p := max(last, body+1); p < len(src); p++ {
		p = skipSpace(src, p)
		switch {
		case p >= len(src):
			return last
		case src[p] == closing:
			return p + 1
		case src[p] != ',' && src[p] != ':' && src[p] != '?':
			return max(last, body+1)
		}
	}
	return max(last, body)
}
