//go:build linux

package shm

import (
	"encoding/binary"
	"flag"
	"math"
	"testing"
)

var rewriteBytes = flag.Int64("rewritebytes", 80<<20, "size of the array of BenchmarkRewrite")

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
		err := a.Array(0).Rewrite(s[0], 0, *rewriteBytes, func(fresh, old []byte, _ int64) error {
			for len(old) >= 8 && len(fresh) >= 8 {
				binary.LittleEndian.PutUint64(fresh, math.Float64bits(math.Float64frombits(binary.LittleEndian.Uint64(old))*2))
				old, fresh = old[8:], fresh[8:]
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		commit(b, s[0], s[0].Begin())
	}
}

func BenchmarkMemoryCopy(b *testing.B) {
	from, to := make([]byte, *rewriteBytes), make([]byte, *rewriteBytes)
	b.SetBytes(*rewriteBytes)
	for b.Loop() {
		copy(to, from)
	}
}

// two runs do, b.N times, in each of two slots at a time, which are goroutines here: the words and calls are those of two processes.
func two(b *testing.B, s []*Slot, do func(s *Slot, n int) error) {
	b.ResetTimer()
	errs := make(chan error, 2)
	for _, slot := range s {
		go func() {
			var err error
			for n := 1; n <= b.N && err == nil; n++ {
				err = do(slot, n)
			}
			errs <- err
		}()
	}
	for range s {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLockContended is each of two taking the lock and giving it back.
func BenchmarkLockContended(b *testing.B) {
	a, s := newPrimitives(b, 2, PrimitiveConfig{Kind: KindLock, Name: "l"})
	l := a.Lock(0)
	two(b, s, func(s *Slot, _ int) error {
		if _, err := l.Acquire(s, Wait{}); err != nil {
			return err
		}
		return l.Release(s)
	})
}

// BenchmarkBarrier is a meeting of two.
func BenchmarkBarrier(b *testing.B) {
	a, s := newPrimitives(b, 2, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2})
	two(b, s, func(s *Slot, n int) error {
		arrival, err := a.Barrier(0).Arrive(s, uint32(n))
		if err == nil {
			_, err = a.Barrier(0).Wait(s, arrival.Ticket, Wait{})
		}
		return err
	})
}

// BenchmarkAddContended is a commit of each of two that adds to one number.
func BenchmarkAddContended(b *testing.B) {
	a, s := newPrimitives(b, 2, PrimitiveConfig{Kind: KindArray, Name: "n", Value: 8})
	two(b, s, func(s *Slot, _ int) error {
		tx := s.Begin()
		tx.Change(a.Array(0), Change{Kind: Int64, Add: true, Number: IntNumber(1)})
		return s.Commit(tx)
	})
	if got := a.Array(0).Load(0, Int64).Int(); got != 2*int64(b.N) {
		b.Errorf("the number is %d after %d adds", got, 2*b.N)
	}
}
