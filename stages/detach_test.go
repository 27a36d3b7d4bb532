package stages

import (
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
)

// TestKeptItemsKeepNothingElse: what a stage keeps of an input is not the whole input.
func TestKeptItemsKeepNothingElse(t *testing.T) {
	const rows, block = 100, 1 << 20
	piece := func(i int) string { // the item is a small part of a large text
		text := strings.Repeat("x", block) + fmt.Sprintf("%08d", i)
		return text[block:]
	}
	for name, tt := range map[string]struct {
		stage Stage
		item  func(i int) any
	}{
		"top of texts":   {countStage("top", rows), func(i int) any { return piece(i) }},
		"top of maps":    {countStage("top", rows, "by", srcExpr("item.n")), func(i int) any { return map[string]any{"n": i, "text": piece(i)} }},
		"top of lists":   {countStage("top", rows), func(i int) any { return []any{piece(i)} }},
		"sort":           {stage("sort", Field{}), func(i int) any { return piece(i) }},
		"sort of maps":   {stage("sort", exprField("item.text")), func(i int) any { return map[string]any{"text": piece(i)} }},
		"collect":        {stage("collect", Field{Source: srcLiteral("all")}), func(i int) any { return []any{piece(i), 1} }},
		"batch of texts": {stage("batch", Field{Source: srcLiteral(2 * rows)}), func(i int) any { return piece(i) }},
		"distinct":       {stage("distinct", Field{}), func(i int) any { return piece(i) }},
		"reduce by":      {stage("reduce", exprField("acc"), "by", srcExpr("item")), func(i int) any { return piece(i) }},
		"the last by":    {stage("reduce", exprField("item"), "by", srcExpr("index % 100")), func(i int) any { return piece(i) }},
		"the first maps": {stage("reduce", exprField("acc"), "by", srcExpr("index")), func(i int) any { return map[string]any{"text": piece(i)} }},
	} {
		chain, err := Build([]Stage{tt.stage}, Options{Host: newWorld().host()})
		if err != nil {
			t.Fatal(err)
		}
		var before, after goruntime.MemStats
		goruntime.GC()
		goruntime.ReadMemStats(&before)
		for i := range rows {
			row := NewBatch(0, false)
			row.EmitNew(tt.item(i), "")
			chain.Push(row, 0)
			if _, err := chain.Advance(&Run{Host: newWorld().host()}); err != nil {
				t.Fatal(err)
			}
			chain.Out().Truncate()
		}
		goruntime.GC()
		goruntime.ReadMemStats(&after)
		if grown := int(after.HeapAlloc) - int(before.HeapAlloc); grown > rows*block/4 {
			t.Errorf("%s: %d items of 8 bytes keep %d KiB", name, rows, grown>>10)
		}
		goruntime.KeepAlive(chain)
	}
}
