//go:build linux

package shm

import (
	"flag"
	"testing"
	"unsafe"
)

var rewriteBytes = flag.Int64("rewritebytes", 80<<20, "size of the array of BenchmarkRewrite and of the comparison")

// BenchmarkLock is one lock taken and given back by the only one who wants it.
func BenchmarkLock(b *testing.B) {
	a, s := newPrimitives(b, 1, PrimitiveConfig{Kind: KindLock, Name: "l"})
	l := a.Lock(0)
	for b.Loop() {
		if _, err := l.Acquire(s[0], Wait{}); err != nil {
			b.Fatal(err)
		}
		if err := l.Release(s[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdd is a commit that adds to a number once; BenchmarkAdds adds 1000 times in a commit, as a block of items does.
func BenchmarkAdd(b *testing.B)  { benchmarkAdd(b, 1) }
func BenchmarkAdds(b *testing.B) { benchmarkAdd(b, 1000) }

func benchmarkAdd(b *testing.B, each int) {
	a, s := newPrimitives(b, 1, PrimitiveConfig{Kind: KindArray, Name: "n", Value: 8})
	array := a.Array(0)
	for b.Loop() {
		tx := s[0].Begin()
		for range each {
			tx.Change(array, Change{Kind: Int64, Add: true, Number: IntNumber(1)})
		}
		if err := s[0].Commit(tx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*each), "ns/add")
}

// BenchmarkRewrite doubles every float64 of an array and commits; BenchmarkMemoryCopy copies as many bytes.
func BenchmarkRewrite(b *testing.B) {
	a, s := newPrimitives(b, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: *rewriteBytes})
	b.SetBytes(*rewriteBytes)
	for b.Loop() {
		double(b, a.Array(0), s[0])
	}
}

// double doubles every float64 of an array.
func double(t testing.TB, a Array, s *Slot) {
	err := a.Rewrite(s, 0, a.Len(), func(fresh, old []byte, _ int64) error {
		from, to := floats(old), floats(fresh)
		for i, v := range from[:min(len(from), len(to))] {
			to[i] = v * 2
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, s.Begin())
}

// floats is an array's bytes as numbers: arrays begin at multiples of eight.
func floats(p []byte) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(p))), len(p)/8)
}

func BenchmarkMemoryCopy(b *testing.B) {
	from, to := make([]byte, *rewriteBytes), make([]byte, *rewriteBytes)
	b.SetBytes(*rewriteBytes)
	for b.Loop() {
		copy(to, from)
	}
}
