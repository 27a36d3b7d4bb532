//go:build linux

package shm

import (
	"math"
	"sync/atomic"
	"time"
)

// A Limit is a rate that all processes share: turns are taken, each about an interval after the one before. It is GCRA, the leaky bucket as a
// meter (ITU-T I.371), with one word: the time at which the next turn is due.
//
//	+-----------------------------+   +------------------------------------------+
//	| due, ns             8 bytes |   | bucket 0: 8 words, one line of 64 bytes  |   2^15 of them, sparse
//	| the rest of its line        |   | bucket 1: tag 16 | due, units of 1024 ns |
//	+-----------------------------+   +------------------------------------------+
//	  one rate for all: Take            one rate a key: TakeKey
//
// Whoever finds that the time is due moves it by one compare-and-swap, and has his turn: who is killed before it has taken nothing, who
// is killed after it wastes one turn, and nothing is to be recovered.
//
// The words of keys are hashed: the key's upper bits choose a bucket, the lower ones are its tag. A word whose time came longer than
// LimitSlack ago says nothing any more, and is free for another key. Where all words of a bucket are of other keys that wait, the key waits until the first of them is
// free. Two keys with the same bucket and tag share their turns. So keys may get fewer turns than their rate, never more: up to some ten
// thousand that wait at a time hardly any does.
//
// Times are Now's. Methods may be called concurrently, from all processes.
type Limit struct {
	due  *atomic.Int64
	keys []atomic.Uint64
}

const (
	// MaxLimits is how many limits an arena may have.
	MaxLimits = 1024
	// LimitSlack is by how much turns may come closer to each other than their interval: one that was taken late by up to so much counts as
	// taken in time, so that waking up a little late each time does not lower the rate. In any time T there are at most
	// 1 + (T + LimitSlack) / interval turns.
	LimitSlack = time.Millisecond

	bucketWords  = 8
	limitBuckets = 1 << 15
	limitBytes   = 64 + limitBuckets*bucketWords*wordBytes
	keyTagBits   = 16
	dueBits      = 64 - keyTagBits
	dueUnit      = 10 // as a shift
	dueMax       = 1<<dueBits - 1
)

// Limit is limit number i. It panics if there is none.
func (a *Arena) Limit(i int) Limit {
	if i < 0 || i >= a.layout.config.Limits {
		panic("shm: no such limit")
	}
	at0 := a.layout.limits + int64(i)*limitBytes
	return Limit{due: at[atomic.Int64](a.mem, at0), keys: sliceAt[atomic.Uint64](a.mem, at0+64, limitBuckets*bucketWords)}
}

// Limits is the number of limits.
func (a *Arena) Limits() int { return a.layout.config.Limits }

// Take takes a turn at now and gives 0, or says how long to wait before asking again. interval is above 0.
func (l Limit) Take(now, interval time.Duration) time.Duration {
	for {
		due := l.due.Load()
		if wait := time.Duration(due) - now; wait > 0 {
			return wait
		}
		if l.due.CompareAndSwap(due, int64(nextDue(time.Duration(due), now, interval))) {
			crashpoint(pointLimitTaken)
			return 0
		}
	}
}

// nextDue is when a turn is due after one that was due, and was taken at now.
func nextDue(due, now, interval time.Duration) time.Duration {
	from := max(due, now-LimitSlack)
	if interval > math.MaxInt64-from {
		return math.MaxInt64
	}
	return from + interval
}

// TakeKey does the same for a key alone. The key is a hash, all of whose bits are as good as random.
func (l Limit) TakeKey(key uint64, now, interval time.Duration) time.Duration {
	first := key >> (64 - 15) * bucketWords
	bucket := keyBucket{words: l.keys[first : first+bucketWords], tag: key & (1<<keyTagBits - 1)}
	for {
		if wait, done := bucket.take(now, interval); done {
			return wait
		}
	}
}

// keyBucket is where a key's word is.
type keyBucket struct {
	words []atomic.Uint64
	tag   uint64
}

func wordDue(word uint64) time.Duration { return time.Duration(word & dueMax << dueUnit) }

// take tries once; done is false if another was quicker at the word that it chose.
func (b keyBucket) take(now, interval time.Duration) (wait time.Duration, done bool) {
	chosen := -1
	var due time.Duration
	var old uint64
	soonest := time.Duration(math.MaxInt64)
	for i := range b.words {
		word := b.words[i].Load()
		at := wordDue(word)
		live := at > now-LimitSlack
		switch {
		case live && word>>dueBits == b.tag:
			if at > now {
				return at - now, true
			}
			if at > due { // there may be two: see confirm
				chosen, due, old = i, at, word
			}
		case live:
			soonest = min(soonest, at+LimitSlack-now)
		case chosen < 0:
			chosen, old = i, word
		}
	}
	if chosen < 0 {
		return soonest, true
	}
	next := min((uint64(nextDue(due, now, interval))+1<<dueUnit-1)>>dueUnit, dueMax)
	word := b.tag<<dueBits | next
	if !b.words[chosen].CompareAndSwap(old, word) {
		return 0, false
	}
	crashpoint(pointLimitTaken)
	return b.confirm(chosen, old, word, now), true
}

// confirm looks whether the key has got a turn through another word meanwhile: whoever took that sees ours, or we see his, since each looks
// after he has stored. Who sees the other gives his turn back; if both do, nobody has one.
func (b keyBucket) confirm(chosen int, old, word uint64, now time.Duration) time.Duration {
	for i := range b.words {
		other := b.words[i].Load()
		if left := wordDue(other) + LimitSlack - now; i != chosen && other>>dueBits == b.tag && left > 0 {
			b.words[chosen].CompareAndSwap(word, old)
			return left
		}
	}
	return 0
}
