package stages

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// String writes the type as `mprun plan` shows it and ParseType reads it:
//
//	int  string?  number  [float]  map[int]  {path: string, size?: int}  int|string  any  never
func (t Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t Type) write(b *strings.Builder) {
	switch t.Kinds {
	case 0:
		b.WriteString("never")
		return
	case KindAny:
		b.WriteString("any")
		return
	case KindNull:
		b.WriteString("null")
		return
	}
	separator := ""
	for i, name := range kindNames {
		kind := Kinds(1 << i)
		switch {
		case kind == KindNull || !t.May(kind) || (kind == KindFloat && t.May(KindInt)):
			continue
		case kind == KindInt && t.May(KindFloat):
			name = "number"
		}
		b.WriteString(separator)
		separator = "|"
		switch {
		case kind == KindList && t.Elem != nil:
			b.WriteByte('[')
			t.Elem.write(b)
			b.WriteByte(']')
		case kind == KindMap && t.Record:
			t.writeRecord(b)
		case kind == KindMap && t.Values != nil:
			b.WriteString("map[")
			t.Values.write(b)
			b.WriteByte(']')
		default:
			b.WriteString(name)
		}
	}
	if t.May(KindNull) {
		b.WriteByte('?')
	}
}

func (t Type) writeRecord(b *strings.Builder) {
	b.WriteByte('{')
	for i, f := range t.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		if isName(f.Name) {
			b.WriteString(f.Name)
		} else {
			b.Write(appendJSONString(nil, f.Name))
		}
		if f.Optional {
			b.WriteByte('?')
		}
		b.WriteString(": ")
		f.Type.write(b)
	}
	b.WriteByte('}')
}

// isName says whether s is written like a name of a spec.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// MarshalText writes the type as String does, so that JSON shows it as a string.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Type) UnmarshalText(text []byte) error {
	parsed, err := ParseType(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// ParseType reads a type as String writes it.
func ParseType(text string) (Type, error) {
	p := typeParser{rest: text}
	t, err := p.union(0)
	if err == nil {
		if p.space(); p.rest != "" {
			err = errors.New("more text than a type")
		}
	}
	if err != nil {
		return Type{}, fmt.Errorf("type %q: %w", text, err)
	}
	return t, nil
}

type typeParser struct{ rest string }

func (p *typeParser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

// take drops token from the front, if it stands there.
func (p *typeParser) take(token string) bool {
	p.space()
	if !strings.HasPrefix(p.rest, token) {
		return false
	}
	p.rest = p.rest[len(token):]
	return true
}

func (p *typeParser) expect(token string) error {
	if !p.take(token) {
		return fmt.Errorf("expected %q before %q", token, p.rest)
	}
	return nil
}

func (p *typeParser) union(depth int) (Type, error) {
	if depth > 4*maxTypeDepth {
		return Type{}, errors.New("nested too deeply")
	}
	var t Type
	for {
		one, err := p.one(depth)
		if err != nil {
			return Type{}, err
		}
		if t = Join(t, one); !p.take("|") {
			break
		}
	}
	if p.take("?") {
		t = t.Nullable()
	}
	return t, nil
}

func (p *typeParser) one(depth int) (Type, error) {
	switch {
	case p.take("["):
		elem, err := p.union(depth + 1)
		if err != nil {
			return Type{}, err
		}
		return Type{Kinds: KindList, Elem: part(elem)}, p.expect("]")
	case p.take("{"):
		return p.record(depth)
	}
	word := p.word()
	switch word {
	case "never":
		return Type{}, nil
	case "any":
		return AnyType, nil
	case "number":
		return NumberType, nil
	case "map":
		if !p.take("[") {
			return Type{Kinds: KindMap}, nil
		}
		values, err := p.union(depth + 1)
		if err != nil {
			return Type{}, err
		}
		return Type{Kinds: KindMap, Values: part(values)}, p.expect("]")
	}
	for i, name := range kindNames {
		if word == name {
			return Type{Kinds: 1 << i}, nil
		}
	}
	return Type{}, fmt.Errorf("unknown word %q", word)
}

func (p *typeParser) record(depth int) (Type, error) {
	var fields []FieldType
	for !p.take("}") {
		if len(fields) > 0 {
			if err := p.expect(","); err != nil {
				return Type{}, err
			}
		}
		name, err := p.fieldName()
		if err != nil {
			return Type{}, err
		}
		f := FieldType{Name: name, Optional: p.take("?")}
		if err := p.expect(":"); err != nil {
			return Type{}, err
		}
		if f.Type, err = p.union(depth + 1); err != nil {
			return Type{}, err
		}
		fields = append(fields, f)
	}
	return RecordOf(fields...), nil
}

func (p *typeParser) fieldName() (string, error) {
	p.space()
	if !strings.HasPrefix(p.rest, `"`) {
		if name := p.word(); name != "" {
			return name, nil
		}
		return "", fmt.Errorf("expected a field's name before %q", p.rest)
	}
	quoted, rest, err := cutJSONString(p.rest)
	if err != nil {
		return "", err
	}
	p.rest = rest
	return quoted, nil
}

func (p *typeParser) word() string {
	p.space()
	n := 0
	for n < len(p.rest) && isName(p.rest[:n+1]) {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

// quoted is a name in a message.
func quoted(name string) string { return strconv.Quote(name) }
