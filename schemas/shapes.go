package schemas

import (
	"regexp"
	"strings"

	"github.com/mprun/mprun/spec"
)

// Patterns of what is written as a text. JSON Schema's regular expressions are searched for, so each has its anchors.
const (
	templatePattern = `\$\{\{[\s\S]*\}\}`
	namePattern     = `[A-Za-z_][A-Za-z0-9_]*`
	durationPattern = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)`
	sizePattern     = `[0-9]*\.?[0-9]+ *(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)`
)

func whole(patterns ...string) string { return `^\s*(` + strings.Join(patterns, "|") + `)\s*$` }

// addShapes defines the kinds of value that many keys take.
func addShapes(d object) {
	scalar := []string{"string", "number", "boolean"}
	d["text"] = object{"type": scalar, "errorMessage": "expected a text"}
	d["script"] = object{"type": "string", "errorMessage": "expected a script"}
	d["expression"] = object{
		"type":         []string{"string", "number", "boolean", "object", "array"},
		"errorMessage": "expected an expression, or a mapping or list of expressions",
	}
	d["place"] = object{"type": "string", "pattern": "^" + namePattern, "errorMessage": "expected a name, with index or field: jobs, hist[item % 10]"}
	d["name"] = object{"type": "string", "pattern": "^" + namePattern + "$", "errorMessage": "a name consists of letters, digits and _"}
	d["count"] = count()
	d["integer"] = object{"type": []string{"integer", "string"}, "pattern": whole(templatePattern), "errorMessage": "expected a whole number or ${{ }}"}
	const duration = "expected a duration such as 250ms, 1.5s or 2m, or ${{ }}"
	d["duration"] = object{
		"if":   object{"type": "integer"},
		"then": object{"const": 0, "errorMessage": duration},
		"else": object{"type": "string", "pattern": whole("("+durationPattern+")+", "0", templatePattern), "errorMessage": duration},
	}
	d["size"] = object{
		"type": "string", "pattern": whole(sizePattern, templatePattern),
		"errorMessage": "expected a size such as 64KiB or 10MB, or ${{ }}",
	}
	d["bool"] = object{"type": []string{"boolean", "string"}, "pattern": whole(templatePattern), "errorMessage": "expected true, false or ${{ }}"}
	d["type"] = object{"type": "string", "pattern": "^" + namePattern + "$", "errorMessage": "expected a type: int64, float64, char, ..., or a name of types"}
	d["lock_ref"] = object{"type": []string{"boolean", "string"}, "pattern": "^" + namePattern + "$", "errorMessage": "expected true, false or the name of a lock"}
	d["command"] = object{
		"type": []string{"string", "array"}, "items": reference("text"), "minItems": 1, "minLength": 1,
		"errorMessage": "expected a command: a text, or a list of texts",
	}
	d["use"] = object{
		"type": []string{"string", "object"}, "pattern": "^" + namePattern + "$",
		"minProperties": 1, "maxProperties": 1, "additionalProperties": reference("name"),
		"errorMessage": "expected a name, or one with what it is used for: {results: put}",
	}
}

// count is a whole number, or one of words.
func count(words ...string) object {
	patterns := append(quoteWords(words), templatePattern)
	message := "expected a count, 0 or more, or ${{ }}"
	s := object{"type": []string{"integer", "string"}, "minimum": 0, "pattern": whole(patterns...)}
	if len(words) > 0 {
		message = "expected a count, " + strings.Join(words, ", ") + " or ${{ }}"
		s["examples"] = words
	}
	s["errorMessage"] = message
	return s
}

func quoteWords(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return quoted
}

// enum is one of words. What YAML takes for a number or a truth value is one as well.
func enum(words []string) object {
	types := []string{"string"}
	for _, w := range words {
		if strings.Trim(w, "0123456789") == "" {
			types = append(types, "integer")
			break
		}
	}
	s := object{"type": types, "pattern": whole(quoteWords(words)...), "examples": words, "errorMessage": "expected " + choice(words)}
	if len(types) > 1 {
		values := []any{}
		for _, w := range words {
			n := 0
			for _, digit := range w {
				n = n*10 + int(digit-'0')
			}
			values = append(values, w, n)
		}
		s = object{"enum": values, "errorMessage": "expected " + choice(words)}
	}
	return s
}

// typeSchema is the schema of the value of a key.
func typeSchema(t spec.Type, keys []spec.KeyDef) object {
	switch t.Kind {
	case spec.KindCount:
		if len(t.Words) > 0 {
			return count(t.Words...)
		}
	case spec.KindEnum:
		return enum(t.Words)
	case spec.KindData:
		return object{}
	case spec.KindChain:
		return reference("chain")
	case spec.KindList:
		return listSchema(t, keys)
	case spec.KindMap:
		return namesOrMap(t, keys)
	case spec.KindStruct:
		return shortOrStruct(t, keys)
	}
	return reference(shapeName(t.Kind))
}

// shapeName is the definition that addShapes makes for a kind.
func shapeName(kind spec.FieldKind) string {
	switch kind {
	case spec.KindText:
		return "text"
	case spec.KindScript:
		return "script"
	case spec.KindPlace:
		return "place"
	case spec.KindName:
		return "name"
	case spec.KindCount:
		return "count"
	case spec.KindInteger:
		return "integer"
	case spec.KindDuration:
		return "duration"
	case spec.KindSize:
		return "size"
	case spec.KindBool:
		return "bool"
	case spec.KindType:
		return "type"
	case spec.KindLock:
		return "lock_ref"
	case spec.KindUse:
		return "use"
	case spec.KindCommand:
		return "command"
	}
	return "expression"
}

// listSchema is a list; where one element may stand for it, the value decides which of the two is checked.
func listSchema(t spec.Type, keys []spec.KeyDef) object {
	list := object{"type": "array", "items": typeSchema(*t.Elem, keys), "errorMessage": "expected a list"}
	if !t.Single {
		return list
	}
	return object{"if": object{"type": "array"}, "then": list, "else": typeSchema(*t.Elem, keys)}
}

// namesOrMap is a mapping, or a list of names that stands for one.
func namesOrMap(t spec.Type, keys []spec.KeyDef) object {
	s := mapSchema(*t.Elem, t.AnyKey, keys)
	if t.Names == "" {
		return s
	}
	list := object{"type": "array", "items": reference("name")}
	return object{"if": object{"type": "array"}, "then": list, "else": with(s, object{"errorMessage": "expected a list of names, or a mapping"})}
}

// mapSchema is a mapping from names to values of one type.
func mapSchema(elem spec.Type, anyKey bool, keys []spec.KeyDef) object {
	if anyKey {
		return object{"type": "object", "additionalProperties": typeSchema(elem, keys), "errorMessage": "expected a mapping"}
	}
	return object{
		"type":                 "object",
		"patternProperties":    object{"^" + namePattern + "$": typeSchema(elem, keys), ownKeys: object{}},
		"additionalProperties": false,
		"errorMessage":         "expected a mapping from names; a name consists of letters, digits and _",
	}
}

// shortOrStruct is a mapping with known keys, or what stands for it in short.
func shortOrStruct(t spec.Type, keys []spec.KeyDef) object {
	if t.Short == "" {
		return reference(t.Struct)
	}
	for i := range keys {
		if keys[i].Struct != t.Struct {
			continue
		}
		for j := range keys[i].Fields {
			if f := &keys[i].Fields[j]; f.Name == t.Short {
				s := object{"if": object{"type": "object"}, "then": reference(t.Struct), "else": typeSchema(f.Type, keys)}
				if f.Type.Kind == spec.KindEnum {
					s["examples"] = f.Type.Words // editors offer what stands here, not what is in else
				}
				return s
			}
		}
	}
	return reference(t.Struct)
}
