package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestKeysGolden(t *testing.T) {
	var b strings.Builder
	for _, def := range Keys() {
		fmt.Fprintf(&b, "%s", def.Struct)
		if def.Named {
			b.WriteString(" (named)")
		}
		for _, rule := range []struct {
			label string
			keys  []string
		}{{" one of", def.ExactlyOne}, {" at most one of", def.AtMostOne}} {
			if len(rule.keys) > 0 {
				b.WriteString(rule.label + " " + strings.Join(rule.keys, "|"))
			}
		}
		b.WriteString("\n")
		if def.AllKeys != nil {
			fmt.Fprintf(&b, "  *: %s\n", typeString(*def.AllKeys))
		}
		for _, f := range def.Fields {
			fmt.Fprintf(&b, "  %s: %s\n", f.Name, typeString(f.Type))
		}
	}
	compareGolden(t, "testdata/keys.txt", b.String())
}

func typeString(t Type) string {
	s := strings.TrimPrefix(strings.TrimPrefix(t.Kind.String(), "a "), "an ")
	if t.Struct != "" {
		s += " " + t.Struct
	}
	if len(t.Words) > 0 {
		s += " " + strings.Join(t.Words, "|")
	}
	if len(t.Ref) > 0 {
		s += " of " + strings.Join(t.Ref, "|")
	}
	if t.Elem != nil {
		s += " <" + typeString(*t.Elem) + ">"
	}
	for label, on := range map[string]bool{" single": t.Single, " anykey": t.AnyKey} {
		if on {
			s += label
		}
	}
	if t.Names != "" {
		s += " names=" + t.Names
	}
	if t.Short != "" {
		s += " short=" + t.Short
	}
	return s
}

// TestKeysAreComplete: every key has a kind and a sentence about it, words where it is an enum, and an example that reads without
// a finding about its key.
func TestKeysAreComplete(t *testing.T) {
	defs := Keys()
	for _, def := range defs {
		if len(def.Fields) == 0 && def.AllKeys == nil {
			t.Errorf("%s has no keys", def.Struct)
		}
		for _, f := range def.Fields {
			name := def.Struct + "." + f.Name
			if f.Type.Kind == 0 || !strings.HasSuffix(f.Doc, ".") && !strings.HasSuffix(f.Doc, "..") {
				t.Errorf("%s: kind %v, doc %q", name, f.Type.Kind, f.Doc)
			}
			if f.Type.Kind == KindEnum && len(f.Type.Words) == 0 {
				t.Errorf("%s is an enum without words", name)
			}
			if f.Type.Elem != nil && f.Type.Elem.Kind == 0 {
				t.Errorf("%s has elements of no kind", name)
			}
			if f.Type.Struct != "" && !slices.ContainsFunc(defs, func(d KeyDef) bool { return d.Struct == f.Type.Struct }) {
				t.Errorf("%s is of %s, which is not described", name, f.Type.Struct)
			}
			if f.Example != "" {
				checkExample(t, def, f)
			}
		}
		for _, key := range slices.Concat(def.ExactlyOne, def.AtMostOne) {
			if !slices.ContainsFunc(def.Fields, func(f FieldDef) bool { return f.Name == key }) {
				t.Errorf("%s wants one of %s, which it lacks", def.Struct, key)
			}
		}
	}
}

// examplesStandIn says where in a document the keys of a structure stand; %s is the example.
var examplesStandIn = map[string]string{
	"pipeline":       "%s",
	"process":        "processes: {p: {%s}}",
	"process_common": "processes: {p: {shell: ls, %s}}",
	"ready":          "processes: {p: {shell: ls, ready: {%s}}}",
	"restart":        "processes: {p: {shell: ls, restart: {%s}}}",
	"stop":           "processes: {p: {shell: ls, stop: {%s}}}",
	"limit":          "processes: {p: {shell: ls, limits: {%s}}}",
	"stdin":          "processes: {p: {shell: ls, stdin: {%s}}}",
	"stdout":         "processes: {p: {shell: ls, stdout: {%s}}}",
	"chain_def":      "chains: {c: {%s}}",
	"queue":          "queues: {c: {%s}}",
	"pipe":           "pipes: {c: {%s}}",
	"lock":           "locks: {c: {%s}}",
	"semaphore":      "semaphores: {c: {%s}}",
	"condition":      "conditions: {c: {%s}}",
	"event":          "events: {c: {%s}}",
	"barrier":        "barriers: {c: {%s}}",
	"value":          "values: {c: {%s}}",
	"array":          "arrays: {c: {%s}}",
	"manager":        "managers: {c: {%s}}",
	"object":         "managers: {c: {objects: {o: {%s}}}}",
	"method":         "managers: {c: {objects: {o: {methods: {m: {%s}}}}}}",
	"listener":       "listeners: {c: {%s}}",
	"pool":           "pools: {c: {%s}}",
	"test":           "tests: [{%s}]",
	"fault":          "tests: [{name: x, faults: [{%s}]}]",
	"fault_at":       "tests: [{name: x, faults: [{kill: any, at: {%s}}]}]",
	"expect":         "tests: [{name: x, expect: {%s}}]",
	"log":            "log: {%s}",
}

func checkExample(t *testing.T, def KeyDef, f FieldDef) {
	t.Helper()
	frame, ok := examplesStandIn[def.Struct]
	if !ok {
		t.Errorf("no place for the examples of %s", def.Struct)
		return
	}
	doc := fmt.Sprintf(frame, f.Example)
	if !strings.HasPrefix(f.Example, f.Name+":") {
		t.Errorf("%s: example %q is of another key", f.Name, f.Example)
	}
	_, found := Load([]byte(doc), Options{Open: opener(map[string][]byte{"common.yaml": nil})})
	for _, d := range found {
		if d.Code != CodeMissingKey {
			t.Errorf("example of %s.%s: %s", def.Struct, f.Name, d)
		}
	}
}

func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes() {
		if c.Code == "" || c.Severity == 0 || !strings.HasSuffix(c.Doc, ".") || seen[c.Code] {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
}
