package stages

import (
	"strconv"
	"testing"
)

// BenchmarkChain is the time of an item through a chain, without a queue.
func BenchmarkChain(b *testing.B) {
	texts := make([]any, 1024)
	for i := range texts {
		texts[i] = "key " + strconv.Itoa(i%100)
	}
	numbers := listOfInts(1024)
	for _, c := range []struct {
		name   string
		items  []any
		stages []Stage
	}{
		{"map", numbers, []Stage{mapStage("item * 2 + 1")}},
		{"filter and sum", numbers, []Stage{filterStage("item % 3 == 0"), stage("reduce", exprField("acc + item"), "init", srcLiteral(0))}},
		{"count by text", texts, []Stage{stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item"))}},
		{"print ints", numbers, []Stage{stage("print", Field{})}},
		{"do", numbers, []Stage{doStage(mapStage("item"))}},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld()
			h := w.host()
			chain, err := Build(c.stages, Options{Host: h})
			if err != nil {
				b.Fatal(err)
			}
			rows := ColumnOf(c.items...)
			r := &Run{Host: h}
			for b.Loop() {
				chain.first().item.AppendRange(&rows, 0, rows.Len())
				for {
					state, err := chain.Advance(r)
					if err != nil {
						b.Fatal(err)
					}
					if state != Results {
						break
					}
					chain.Out().Truncate()
				}
				h.staged = h.staged[:0]
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows.Len()), "ns/item")
		})
	}
}
