//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/mprun/mprun/stages"
)

// TestEveryKeyIsExplained: each word of the list and each key, option and place has a page, and none of them says less than its definition.
func TestEveryKeyIsExplained(t *testing.T) {
	all, keys := pages(), keyPages()
	for _, p := range all {
		if text, err := explain(p.word, all, keys); err != nil || !strings.Contains(text, p.word+" ("+p.kind+")\n"+p.text) {
			t.Errorf("explain %s gives %v\n%s", p.word, err, text)
		}
	}
	for _, k := range keys {
		for _, word := range []string{k.name(), strings.ReplaceAll(k.place(), "NAME", "mine"), k.path[len(k.path)-1]} {
			text, err := explain(word, all, keys)
			first, _, _ := strings.Cut(strings.TrimSuffix(k.doc, "."), ". ")
			if err != nil || !strings.Contains(text, first) && !slices.Contains(also(text), k.name()) {
				t.Errorf("explain %s gives %v, and not of %s: %s\n%s", word, err, k.place(), k.doc, text)
			}
			if strings.Contains(text, "invalid") {
				t.Errorf("explain %s has an invalid kind\n%s", word, text)
			}
		}
		if k.doc == "" {
			t.Errorf("%s has no sentence", k.place())
		}
	}
}

// TestOperatorsNameTheirOptions: who reads of an operator finds what can stand beside it.
func TestOperatorsNameTheirOptions(t *testing.T) {
	all, keys := pages(), keyPages()
	for _, op := range stages.Operators() {
		text, err := explain(op.Name, all, keys)
		if err != nil {
			t.Error(err)
		}
		for _, o := range op.Options {
			if !strings.Contains(text, "\n  "+op.Name+"."+o.Name+" ") {
				t.Errorf("explain %s has no option %s\n%s", op.Name, o.Name, text)
			}
		}
		if !strings.Contains(text, op.Operand.Doc) || !strings.Contains(text, "\nbeside   when, as, retry, on_error") {
			t.Errorf("explain %s has no value, or no keys of any stage\n%s", op.Name, text)
		}
	}
}

// also is the keys that a page refers to.
func also(text string) []string {
	_, names, _ := strings.Cut(text, "\nSee also: ")
	return strings.Split(strings.TrimSpace(names), ", ")
}

func TestMeant(t *testing.T) {
	for _, test := range []struct {
		word, path string
		ok, whole  bool
	}{
		{"queues", "queues", true, true},
		{"capacity", "queues.*.capacity", true, false},
		{"queues.capacity", "queues.*.capacity", true, true},
		{"queues.jobs.capacity", "queues.*.capacity", true, true},
		{"jobs.capacity", "queues.*.capacity", false, false},
		{"queue.capacity", "queues.*.capacity", false, false},
		{"queues.a.b.capacity", "queues.*.capacity", false, false},
		{"queues", "queues.*.capacity", false, false},
		{"restart.max", "processes.*.restart.max", true, false},
		{"objects.methods.params", "managers.*.objects.*.methods.*.params", true, false},
		{"managers.m.objects.methods.add.params", "managers.*.objects.*.methods.*.params", true, true},
		{"", "queues", false, false},
		{"queues.", "queues", false, false},
	} {
		if ok, whole := meant(strings.Split(test.word, "."), strings.Split(test.path, ".")); ok != test.ok || ok && whole != test.whole {
			t.Errorf("%q means %s: %v, from its begin %v", test.word, test.path, ok, whole)
		}
	}
}
