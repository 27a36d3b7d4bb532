package stages

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// mortal is how a chain of a test dies: in each of its first lives, once in so many of the points at which it may.
type mortal struct {
	lives, oneIn int
	rng          *rand.Rand
	options      func() Options    // of each life; nil: none
	each         func(h *fakeHost) // is given the host of each life; may be nil
}

// run starts a chain in a world, and again after each death, until it ends by itself. It gives the number of deaths and how the chain has ended.
func (m mortal) run(t *testing.T, w *world, stages []Stage) (deaths int, err error) {
	t.Helper()
	for ; ; deaths++ {
		var options Options
		if m.options != nil {
			options = m.options()
		}
		h, err := w.start(stages, options)
		if err != nil {
			t.Fatal(err)
		}
		h.die = func() bool { return deaths < m.lives && m.rng.IntN(m.oneIn) == 0 }
		if m.each != nil {
			m.each(h)
		}
		err = h.finish()
		h.chain.Reset()
		if !errors.Is(err, errKilled) {
			return deaths, err
		}
	}
}
