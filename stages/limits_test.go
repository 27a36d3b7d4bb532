package stages

import (
	"slices"
	"testing"
)

func TestNarrow(t *testing.T) {
	get := stage("get", queueField("in"))
	for _, test := range []struct {
		name   string
		stages []Stage
		narrow bool
		limits []int
	}{
		{"an effect at the end", []Stage{get, mapStage("item + 1"), putStage("q")}, false, []int{9, 9, 9}},
		{"two effects", []Stage{get, putStage("q"), stage("print", Field{})}, true, []int{1, 1, 1}},
		{"an effect before what may fail", []Stage{get, stage("print", Field{}), mapStage("item + 1")}, true, []int{1, 1, 1}},
		{"an effect before what cannot fail", []Stage{get, stage("print", Field{}), mapStage("item"), countStage("batch", 2)}, false, []int{9, 9, 9, 9}},
		{"an effect before a condition", []Stage{get, stage("print", Field{}), only(mapStage("item"), "item > 1")}, true, []int{1, 1, 1}},
		{"an effect in a chain inside", []Stage{get, teeStage([]Stage{putStage("q")}), mapStage("item + 1")}, true, []int{1, 1, 1}},
		{"taking more than is wanted", []Stage{get, mapStage("item + 1"), countStage("take", 3)}, true, []int{1, 1, 1}},
		{"taking and ending at an error", []Stage{get, handled(mapStage("item + 1"), ThenEnd)}, true, []int{1, 1}},
		{"making more than is wanted", []Stage{itemsStage(1, 2), countStage("take", 3)}, false, []int{9, 9}},
		{"a source in the middle", []Stage{get, mapStage("item"), stage("read", Field{Source: srcExpr("item")}), mapStage("item")}, false, []int{1, 1, 9, 9}},
		{"a chain for each item", []Stage{get, doStage(mapStage("item")), mapStage("item")}, false, []int{1, 9, 9}},
		{"a pause", []Stage{itemsStage(1), stage("sleep", Field{Source: srcLiteral("1s")}), stage("print", Field{})}, true, []int{1, 1, 1}},
	} {
		if got := Narrow(test.stages); got != test.narrow {
			t.Errorf("%s: narrow is %t", test.name, got)
		}
		links := make([]*link, len(test.stages))
		for i := range links {
			links[i] = &link{stage: &test.stages[i]}
		}
		limitSteps(links, test.narrow, 9)
		got := make([]int, len(links))
		for i, l := range links {
			got[i] = l.limit
		}
		if !slices.Equal(got, test.limits) {
			t.Errorf("%s: limits %v, want %v", test.name, got, test.limits)
		}
	}
}
