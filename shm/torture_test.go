//go:build linux

package shm

import (
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

var tortureRounds = flag.Int("torture", 2, "runs of the torture test")

// Workers are killed and paused at random moments, more of them than there are cores, and the results are those of a run in peace.
func TestTorture(t *testing.T) {
	path := crashWorker(t)
	for round := range *tortureRounds {
		seed := uint64(time.Now().UnixNano()) + uint64(round)
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 0))
		c := newChain(t, path, 10000)
		ticker := time.NewTicker(3 * time.Millisecond)
		c.tick = ticker.C
		paused := -1
		c.torture = func() {
			if paused >= 0 {
				c.signal(paused, syscall.SIGCONT)
				paused = -1
				return
			}
			switch victim := rnd.IntN(chainSlots); rnd.IntN(3) {
			case 0:
				c.signal(victim, syscall.SIGSTOP)
				paused = victim
			case 1:
				c.signal(victim, syscall.SIGKILL)
			}
		}
		c.run()
		ticker.Stop()
		t.Logf("%d workers were killed", c.kills[0]+c.kills[1])
		if c.kills[0]+c.kills[1] == 0 {
			t.Error("nobody was killed")
		}
	}
}
