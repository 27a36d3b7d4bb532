package stages

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkScanJSON is the time of a byte of lines as web servers log them.
func BenchmarkScanJSON(b *testing.B) {
	var lines strings.Builder
	rng := rand.New(rand.NewPCG(2, 2))
	for i := 0; lines.Len() < readChunk; i++ {
		fmt.Fprintf(&lines, `{"time": "2026-03-01T%02d:%02d:%02dZ", "host": "10.0.%d.%d", "method": "GET", "path": "/articles/%d/comments", "status": %d, "bytes": %d, "ms": %.3f}`+"\n",
			i/3600%24, i/60%60, i%60, rng.IntN(256), rng.IntN(256), rng.IntN(100_000), 200+300*rng.IntN(2), rng.IntN(50_000), rng.Float64()*100)
	}
	text := lines.String()
	b.SetBytes(int64(len(text)))
	d := jsonlDecoder{scan: &jsonScanner{layout: &recordLayout{names: []string{"status", "path"}}}}
	var out Column
	for b.Loop() {
		w := window{text: text, valid: true, last: true, stop: len(text), fresh: true}
		for w.pos < w.stop {
			out.Reset()
			if err := d.decode(&w, 1024, &out); err != nil || out.Kind != Records {
				b.Fatal(out.Kind, err)
			}
		}
	}
}
