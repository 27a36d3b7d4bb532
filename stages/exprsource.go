package stages

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
)

// SourceKind is how a Source is written.
type SourceKind string

// The kinds of Source.
const (
	SourceExpr    SourceKind = "expr"    // Text is an expression
	SourceText    SourceKind = "text"    // Parts make a text; a single ${{ }} gives the value itself
	SourceLiteral SourceKind = "literal" // Value stands for itself
	SourceMap     SourceKind = "map"     // Keys and Items, one each
	SourceList    SourceKind = "list"    // Items
)

// Source is a field of a spec whose value is computed at run time: an expression, a text, data, or a composite of them. It is the
// plain tree that a plan ships to workers as JSON, to be compiled there again.
type Source struct {
	Kind  SourceKind `json:"kind"`
	Text  string     `json:"text,omitempty"`
	Parts []TextPart `json:"parts,omitempty"`
	Value any        `json:"value,omitempty"` // an item
	Keys  []string   `json:"keys,omitempty"`
	Items []Source   `json:"items,omitempty"`
	Pos   Pos        `json:"pos,omitzero"`
}

// TextPart is a piece of a text: literal text, or the expression inside of a ${{ }}.
type TextPart struct {
	Text string `json:"text,omitempty"`
	Expr bool   `json:"expr,omitempty"`
	Pos  Pos    `json:"pos,omitzero"` // of the expression
}

// wireSource is Source with the value as the JSON that ParseJSON reads, since encoding/json turns ints into floats.
type wireSource struct {
	Kind  SourceKind      `json:"kind"`
	Text  string          `json:"text,omitempty"`
	Parts []TextPart      `json:"parts,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Keys  []string        `json:"keys,omitempty"`
	Items []Source        `json:"items,omitempty"`
	Pos   Pos             `json:"pos,omitzero"`
}

// MarshalJSON keeps ints and floats apart. What JSON has no words for (bytes, NaN, infinities) is written as expressions.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Kind == SourceLiteral && !isPlain(s.Value) {
		s = spell(s.Value, s.Pos)
	}
	w := wireSource{Kind: s.Kind, Text: s.Text, Parts: s.Parts, Keys: s.Keys, Items: s.Items, Pos: s.Pos}
	if s.Kind == SourceLiteral && s.Value != nil {
		w.Value = AppendJSON(nil, s.Value)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Source) UnmarshalJSON(data []byte) error {
	var w wireSource
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*s = Source{Kind: w.Kind, Text: w.Text, Parts: w.Parts, Keys: w.Keys, Items: w.Items, Pos: w.Pos}
	if len(w.Value) > 0 {
		value, err := ParseJSON(string(bytes.TrimSpace(w.Value)))
		if err != nil {
			return err
		}
		s.Value = value
	}
	return nil
}

// isPlain says whether JSON can carry the item unchanged.
func isPlain(item any) bool {
	switch v := item.(type) {
	case []byte:
		return false
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !isPlain(e) })
	case map[string]any:
		for _, e := range v {
			if !isPlain(e) {
				return false
			}
		}
	}
	return true
}

// spell writes an item as a Source that JSON can carry.
func spell(item any, pos Pos) Source {
	switch v := item.(type) {
	case []byte:
		const hex = "0123456789abcdef"
		text := []byte(`b"`)
		for _, c := range v {
			text = append(text, '\\', 'x', hex[c>>4], hex[c&15])
		}
		return Source{Kind: SourceExpr, Text: string(append(text, '"')), Pos: pos}
	case []any:
		s := Source{Kind: SourceList, Pos: pos}
		for _, e := range v {
			s.Items = append(s.Items, spell(e, pos))
		}
		return s
	case map[string]any:
		s := Source{Kind: SourceMap, Pos: pos, Keys: sortedKeys(v)}
		for _, key := range s.Keys {
			s.Items = append(s.Items, spell(v[key], pos))
		}
		return s
	case float64:
		if !isPlain(v) {
			return Source{Kind: SourceExpr, Text: `float("` + string(appendFloat(nil, v)) + `")`, Pos: pos}
		}
	}
	return Source{Kind: SourceLiteral, Value: item, Pos: pos}
}
