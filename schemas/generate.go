package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mprun/mprun/spec"
)

// object is a JSON object. Marshalling sorts its keys, so that the same definitions give the same bytes.
type object = map[string]any

// id is the schema's own name.
const id = "https://raw.githubusercontent.com/mprun/mprun/main/schemas/mprun.schema.json"

// Generate makes the schema from the definitions of keys and operators, as indented JSON with a line break at its end.
func Generate() ([]byte, error) {
	keys := spec.Keys()
	definitions := object{}
	for i := range keys {
		definitions[keys[i].Struct] = structSchema(&keys[i], keys)
	}
	addShapes(definitions)
	addStages(definitions)
	root := object{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"$id":         id,
		"title":       "mprun spec",
		"description": "A pipeline of processes for mprun.",
		"allOf":       []any{reference(keys[0].Struct)},
		"definitions": definitions,
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return b.Bytes(), nil
}

// reference is a $ref to a definition. Draft-07 ignores what stands beside a $ref.
func reference(name string) object { return object{"$ref": "#/definitions/" + name} }

// with is a schema with more beside it; what refers to a definition must do so in an allOf.
func with(schema, more object) object {
	out := object{}
	if _, ok := schema["$ref"]; ok {
		out["allOf"] = []any{schema}
	} else {
		for k, v := range schema {
			out[k] = v
		}
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// ownKeys are the keys that any mapping may have: the user's, and YAML's merge key where a reader leaves it in place.
const ownKeys = "^(x-|<<$)"

// structSchema is the schema of a mapping with known keys.
func structSchema(def *spec.KeyDef, keys []spec.KeyDef) object {
	types := any("object")
	if def.Named {
		types = []any{"object", "null"}
	}
	if def.AllKeys != nil {
		return with(mapSchema(*def.AllKeys.Elem, false, keys), object{"type": types})
	}
	properties := object{}
	var names, required []string
	for i := range def.Fields {
		f := &def.Fields[i]
		if f.Hidden {
			continue
		}
		properties[f.Name] = with(typeSchema(f.Type, keys), fieldText(f))
		names = append(names, f.Name)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	rules := []any{onlyKeys(names)}
	if required != nil {
		rules = append(rules, object{
			"if":   object{"propertyNames": object{"pattern": knownKeys(names)}}, // else a key is misspelt, which has its message
			"then": object{"required": required},
		})
	}
	if len(def.ExactlyOne) > 0 {
		rules = append(rules, needsOne(def.ExactlyOne, names))
		rules = append(rules, atMostOne(def.ExactlyOne)...)
	}
	rules = append(rules, atMostOne(def.AtMostOne)...)
	return object{"type": types, "properties": properties, "allOf": rules, "errorMessage": "expected a mapping"}
}

// onlyKeys refuses keys other than those. It is a schema of its own, as its message would stand for other mistakes, too.
func onlyKeys(names []string) object {
	const few = 12
	message := "there is no such key here; keys of your own begin with x-"
	if len(names) <= few {
		message = "there is no such key here, only " + strings.ReplaceAll(choice(names), " or ", " and ")
	}
	return object{
		"patternProperties":    object{knownKeys(names): object{}},
		"additionalProperties": false,
		"errorMessage":         message,
	}
}

// knownKeys is a pattern for the keys of a mapping, the user's own included.
func knownKeys(names []string) string { return "^((" + strings.Join(names, "|") + ")$|x-|<<$)" }

// needsOne asks for one of the keys, unless one of them may be misspelt.
func needsOne(keys, names []string) object {
	each := make([]any, len(keys))
	for i, k := range keys {
		each[i] = object{"required": []string{k}}
	}
	return object{
		"if":   object{"type": "object", "not": object{"anyOf": each}, "propertyNames": object{"pattern": knownKeys(names)}},
		"then": object{"required": []string{keys[0]}, "errorMessage": "one of these keys is needed: " + choice(keys)},
	}
}

// atMostOne refuses each key behind another of the list.
func atMostOne(keys []string) []any {
	var rules []any
	for i, k := range keys {
		if i == len(keys)-1 {
			break
		}
		forbidden := object{}
		for _, other := range keys[i+1:] {
			forbidden[other] = false
		}
		rules = append(rules, object{
			"if":   object{"type": "object", "required": []string{k}},
			"then": object{"properties": forbidden, "errorMessage": "only one of these keys can be there: " + choice(keys)},
		})
	}
	return rules
}

// fieldText is what an editor shows of a key.
func fieldText(f *spec.FieldDef) object {
	text := f.Doc
	if f.Default != "" {
		text += "\n\nDefault: `" + f.Default + "`"
	}
	if f.Later {
		text += "\n\nThis version of mprun cannot run it yet."
	}
	if f.Example != "" {
		text += "\n\n```yaml\n" + f.Example + "\n```"
	}
	return object{"description": f.Doc, "markdownDescription": text}
}

// choice writes words as a choice: a, b or c.
func choice(words []string) string {
	text := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " or "
		default:
			text += ", "
		}
		text += w
	}
	return text
}
