package runtime

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Limiter implements stages.Host.
func (h *host) Limiter(number int) (stages.Limiter, error) {
	if number < 1 || number > h.arena.Limits() {
		return nil, fmt.Errorf("the plan has no limit %d", number)
	}
	return limiter{h.arena.Limit(number - 1)}, nil
}

// limiter is a limit of the arena as a chain sees it.
type limiter struct{ limit shm.Limit }

// Take implements stages.Limiter.
func (l limiter) Take(key []byte, now, interval time.Duration) time.Duration {
	if len(key) == 0 {
		return l.limit.Take(now, interval)
	}
	return l.limit.TakeKey(keyHash(key), now, interval)
}

// keyHash is the same for a key in all workers: FNV-1a (RFC 9923), mixed so that all bits are as good as random (the finalizer of MurmurHash3).
func keyHash(key []byte) uint64 {
	fnv := fnv.New64a()
	_, _ = fnv.Write(key) // never fails
	h := fnv.Sum64()
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
