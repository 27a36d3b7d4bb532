package stages

import (
	"testing"
)

func TestChainFirst(t *testing.T) {
	out, err := runOut(t, []Stage{
		itemsStage(1, 2, 3),
		stage("map", exprField("item * item")),
		stage("filter", exprField("item > 1")),
		stage("print", Field{}),
		stage("reduce", exprField("acc + item"), "init", srcLiteral(0)),
	}, 0)
	if err != nil || string(AppendJSON(nil, out)) != "[13]" {
		t.Fatal(err, string(AppendJSON(nil, out)))
	}
}
