package schemas

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mprun/mprun/stages"
)

// addStages defines chains, stages and what stages are made of.
func addStages(d object) {
	operators := byPrecedence(stages.Operators())
	d["chain"] = object{"type": "array", "items": reference("stage"), "errorMessage": "expected a list of stages, each with a dash in front"}
	d["stage"] = object{
		"if":   object{"type": "object"},
		"then": nested(operators),
		"else": object{"type": "object", "errorMessage": "a stage is a mapping with one operator, as in: map: item + 1"},
	}
	d["handler"] = handlerSchema()
	d["retry"] = object{
		"if": object{"type": "object"},
		"then": object{
			"properties":        object{"times": reference("count"), "backoff": reference("duration"), "max_backoff": reference("duration")},
			"patternProperties": object{ownKeys: object{}}, "additionalProperties": false, "required": []string{"times"},
			"errorMessage": "expected a count or {times, backoff, max_backoff}",
		},
		"else": reference("count"),
	}
	d["branch"] = object{
		"type": "object", "properties": object{"when": reference("expression"), "do": reference("chain")}, "required": []string{"do"},
		"patternProperties": object{ownKeys: object{}}, "additionalProperties": false,
		"errorMessage": "expected {when: expression, do: stages}; without when: else",
	}
	for i := range operators {
		d["op_"+operators[i].Name] = operandSchema(&operators[i])
		d["stage_"+operators[i].Name] = stageSchema(&operators[i], operators)
	}
	d["stage_none"] = noOperator(operators)
}

// byPrecedence puts operators first that have options which are operators themselves, such as `lock` with its `do`: the operator
// that is found first is the stage's.
func byPrecedence(operators []stages.Operator) []stages.Operator {
	ordered := make([]stages.Operator, 0, len(operators))
	seen := map[string]bool{}
	for _, claims := range []bool{true, false} {
		for i := range operators {
			if op := &operators[i]; claimsOperator(op, operators) == claims && !seen[op.Name] {
				seen[op.Name] = true
				ordered = append(ordered, *op)
			}
		}
	}
	return ordered
}

func claimsOperator(op *stages.Operator, operators []stages.Operator) bool {
	for i := range operators {
		if op.Option(operators[i].Name) != nil {
			return true
		}
	}
	return false
}

// nested is if/then/else, an operator each, ending in what a stage without operator is.
func nested(operators []stages.Operator) object {
	s := reference("stage_none")
	for i := len(operators) - 1; i >= 0; i-- {
		name := operators[i].Name
		s = object{
			"if":   object{"type": "object", "required": []string{name}},
			"then": reference("stage_" + name),
			"else": s,
		}
	}
	return s
}

// stageSchema is a stage with a given operator. Other operators are refused in a member of allOf, which has its own message, and so
// are let pass where unknown keys are refused.
func stageSchema(op *stages.Operator, operators []stages.Operator) object {
	properties := object{op.Name: reference("op_" + op.Name)}
	var names []string
	for i := range op.Options {
		def := &op.Options[i]
		properties[def.Name] = with(fieldSchema(def), optionText(def))
		names = append(names, def.Name)
	}
	for _, key := range stages.GeneralKeys(op.Waits) {
		if _, taken := properties[key]; !taken {
			properties[key] = generalSchema(key)
			names = append(names, key)
		}
	}
	others := otherOperators(op, operators)
	return object{
		"type":                 "object",
		"properties":           properties,
		"patternProperties":    object{others: object{}, ownKeys: object{}},
		"additionalProperties": false,
		"errorMessage":         op.Name + " takes " + strings.Join(names, ", "),
		"allOf": []any{object{
			"patternProperties": object{others: false},
			"errorMessage":      "a stage has one operator: make two stages of it",
		}},
	}
}

// otherOperators is a pattern for the operators that a stage cannot have beside op.
func otherOperators(op *stages.Operator, operators []stages.Operator) string {
	var others []string
	for i := range operators {
		if name := operators[i].Name; name != op.Name && op.Option(name) == nil {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return "^(" + strings.Join(others, "|") + ")$"
}

// noOperator is a stage whose operator is missing or misspelt: all operators are offered.
func noOperator(operators []stages.Operator) object {
	properties := object{}
	var others []string // keys that say nothing about the operator that is missing
	for i := range operators {
		properties[operators[i].Name] = reference("op_" + operators[i].Name)
		for j := range operators[i].Options {
			others = append(others, operators[i].Options[j].Name)
		}
	}
	for _, key := range stages.GeneralKeys(true) {
		properties[key] = generalSchema(key)
		others = append(others, key)
	}
	slices.Sort(others)
	pattern := knownKeys(slices.Compact(others))
	return object{
		"type":                 "object",
		"properties":           properties,
		"patternProperties":    object{pattern: object{}},
		"additionalProperties": false,
		"errorMessage":         "there is no such operator",
		"allOf": []any{object{
			"if":   object{"propertyNames": object{"pattern": pattern}},
			"then": object{"required": []string{"map"}, "errorMessage": "the stage has no operator, as in: map: item + 1"},
		}},
	}
}

// operandSchema is the value of an operator, with what an editor shows and inserts. Its own constraints stand in an allOf: with
// `items` beside it the snippet would be lost.
func operandSchema(op *stages.Operator) object {
	text := op.Doc
	if op.Operand.Doc != "" {
		text += "\n\nIts value: " + op.Operand.Doc
	}
	if op.Later != "" {
		text += "\n\nThis version of mprun cannot run it yet."
	}
	text += "\n\n```yaml\n- " + strings.ReplaceAll(op.Example, "\n", "\n  ") + "\n```"
	s := object{"description": op.Doc, "markdownDescription": text}
	value := fieldSchema(&op.Operand)
	if op.Operand.Optional {
		value = object{"if": object{"type": "null"}, "else": value}
	}
	s["allOf"] = []any{value}
	var example map[string]any
	if yaml.Unmarshal([]byte(op.Example), &example) == nil && example[op.Name] != nil {
		s["defaultSnippets"] = []any{object{"label": op.Name, "description": op.Doc, "body": example[op.Name]}}
	}
	return s
}

func optionText(def *stages.FieldDef) object {
	text := def.Doc
	if def.Default != "" {
		text += "\n\nDefault: `" + def.Default + "`"
	}
	if def.Later != "" {
		text += "\n\nThis version of mprun cannot run it yet."
	}
	return object{"description": def.Doc, "markdownDescription": text}
}

// generalSchema is one of the keys that every stage takes.
func generalSchema(key string) object {
	shape := "handler"
	switch key {
	case "when":
		shape = "expression"
	case "as":
		shape = "name"
	case "retry":
		shape = "retry"
	case "timeout":
		shape = "duration"
	}
	return with(reference(shape), object{"description": stages.GeneralDoc(key)})
}

// handlerSchema is the value of on_error and on_timeout.
func handlerSchema() object {
	words := []string{"fail", "skip", "end"}
	return object{
		"examples": words, // editors offer what stands here, not what is in else
		"if":       object{"type": "object"},
		"then": object{
			"if": object{"type": "object", "required": []string{"put"}},
			"then": object{
				"properties": object{"put": placesSchema()}, "patternProperties": object{ownKeys: object{}}, "additionalProperties": false,
				"errorMessage": "beside put there is nothing here",
			},
			"else": object{
				"properties":        object{"put": placesSchema(), "do": reference("chain"), "then": enum([]string{"fail", "skip", "end", "pass"})},
				"patternProperties": object{ownKeys: object{}}, "additionalProperties": false,
				"errorMessage": "there is no such key here, only put, or do and then",
				"allOf":        []any{object{"required": []string{"do", "then"}, "errorMessage": "expected {put: queue} or {do: stages, then: word}"}},
			},
		},
		"else": with(enum(words), object{"errorMessage": "expected fail, skip, end, {put: queue} or {do: stages, then: word}"}),
	}
}

func placesSchema() object {
	return object{"if": object{"type": "array"}, "then": object{"items": reference("place"), "minItems": 1}, "else": reference("place")}
}

// fieldSchema is the value of an operand or option.
func fieldSchema(def *stages.FieldDef) object {
	switch def.Kind {
	case stages.ExpressionField:
		return reference("expression")
	case stages.TextField:
		return reference("text")
	case stages.TextListField:
		return object{"if": object{"type": "array"}, "then": object{"items": reference("text")}, "else": reference("text")}
	case stages.CountField:
		if len(def.Values) > 0 {
			return object{"anyOf": []any{reference("count"), object{"enum": def.Values}}}
		}
		return reference("count")
	case stages.DurationField:
		return reference("duration")
	case stages.SizeField:
		return reference("size")
	case stages.BoolField:
		return reference("bool")
	case stages.EnumField:
		return enum(def.Values)
	case stages.EmitField:
		words := append(slices.Clone(def.Values), "("+durationPattern+")+", templatePattern)
		return object{"type": "string", "pattern": whole(words...), "examples": def.Values, "errorMessage": "expected " + choice(def.Values) + " or a duration"}
	case stages.RateField:
		return object{
			"type": "string", "pattern": whole(`[ ]*[1-9][0-9]*[ ]*/[ ]*([smh]|(`+durationPattern+`)+)[ ]*`, templatePattern),
			"errorMessage": "expected a rate such as 100/s, 5/m, 1000/h or 3/250ms",
		}
	case stages.NameField:
		return reference("name")
	case stages.PlacesField:
		return placesSchema()
	case stages.CommandField:
		return reference("command")
	case stages.ScriptField, stages.RegexpField:
		return reference("text")
	case stages.PoolField:
		return object{
			"if":   object{"type": "object"},
			"then": reference("pool"),
			"else": reference("name"),
		}
	case stages.ChainField:
		return reference("chain")
	case stages.ChainsField:
		return object{"type": "array", "items": reference("chain"), "minItems": 1, "errorMessage": "expected a list of lists of stages"}
	case stages.BranchesField:
		return object{"type": "array", "items": reference("branch"), "minItems": 1, "errorMessage": "expected a list of {when: expression, do: stages}"}
	case stages.HeaderField:
		return object{"type": []string{"boolean", "array"}, "items": reference("text"), "errorMessage": "expected true, false or a list of the columns' names"}
	case stages.MatrixField:
		return object{
			"type": "object", "minProperties": 1, "errorMessage": "expected a mapping of lists",
			"additionalProperties": object{
				"type": []string{"array", "string"}, "pattern": whole(templatePattern), "errorMessage": "expected a list, or ${{ }} that gives one",
			},
		}
	case stages.RangedField:
		return object{
			"type": []string{"integer", "string", "array"}, "items": object{"type": []string{"integer", "string"}}, "minItems": 1, "maxItems": 3,
			"errorMessage": "expected a stop or [start, stop, step]",
		}
	case stages.AwaitedField:
		several := object{"type": "array", "items": reference("place"), "minItems": 1, "errorMessage": "expected a list of what to wait for"}
		return object{
			"if": object{"type": "object"},
			"then": object{
				"properties": object{stages.WaitForAny: several, stages.WaitForAll: several}, "patternProperties": object{ownKeys: object{}}, "additionalProperties": false,
				"errorMessage": "there is no such key here, only any or all",
			},
			"else": reference("place"),
		}
	case stages.BatchedField:
		return object{
			"if": object{"type": "object"},
			"then": object{
				"properties":        object{"count": reference("count"), "every": reference("duration")},
				"patternProperties": object{ownKeys: object{}}, "additionalProperties": false,
				"errorMessage": "there is no such key here, only count and every",
			},
			"else": object{
				"type": []string{"integer", "string"}, "minimum": 0, "pattern": whole("("+durationPattern+")+", templatePattern),
				"errorMessage": "expected a count, a duration or {count, every}",
			},
		}
	}
	return object{}
}
