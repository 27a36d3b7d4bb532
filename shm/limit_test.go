//go:build linux

package shm

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newLimit(t testing.TB) Limit {
	return newArenaOf(t, Config{Slots: 1, Limits: 2}).Limit(1)
}

func TestLimitTurns(t *testing.T) {
	const ms = time.Millisecond
	limit := newLimit(t)
	for i, step := range []struct{ now, interval, wait time.Duration }{
		{10 * ms, 5 * ms, 0},                        // the first comes at once
		{10 * ms, 5 * ms, 4 * ms},                   // as if it had come as late as the slack allows
		{13 * ms, 5 * ms, 1 * ms},                   // nothing changes by asking
		{14 * ms, 5 * ms, 0},                        // at 14, so that the next is due at 19
		{19*ms + ms/2, 5 * ms, 0},                   // half a millisecond late: the next is due at 24 nevertheless
		{23 * ms, 5 * ms, 1 * ms},                   //
		{24 * ms, 100 * ms, 0},                      // the interval is that of who takes the turn
		{25 * ms, 1 * ms, 99 * ms},                  //
		{500 * ms, time.Duration(math.MaxInt64), 0}, // for ever
		{900 * ms, 1, math.MaxInt64 - 900*ms},       //
	} {
		if wait := limit.Take(step.now, step.interval); wait != step.wait {
			t.Errorf("step %d at %v: wait %v, want %v", i, step.now, wait, step.wait)
		}
	}
}

// TestLimitKeepsShortIntervals: a key whose next turn is due already, as it may be within the slack, is not forgotten for another one.
func TestLimitKeepsShortIntervals(t *testing.T) {
	const interval = LimitSlack / 4
	limit := newLimit(t)
	turns := 0
	for range 20 {
		for key := range uint64(3) {
			if limit.TakeKey(key, time.Hour, interval) == 0 && key == 1 {
				turns++
			}
		}
	}
	if most := 1 + int(LimitSlack/interval); turns > most {
		t.Errorf("%d turns at one time, want at most %d", turns, most)
	}
}

// rateModel is turns of one key as a plain list.
type rateModel []time.Duration

// allows says whether a turn at now keeps the rate in every time before it.
func (m rateModel) allows(now, interval time.Duration) bool {
	for i, at := range m {
		if now-at < time.Duration(len(m)-i)*interval-LimitSlack-time.Duration(len(m)-i)<<dueUnit {
			return false
		}
	}
	return true
}

// TestLimitSimulation holds random turns of many keys, some in the same bucket, against plain lists: never more than the rate, and whoever
// waits as long as told gets a turn, unless others of the bucket did meanwhile.
func TestLimitSimulation(t *testing.T) {
	arena := newArenaOf(t, Config{Slots: 1, Limits: MaxLimits})
	next := 0
	rapid.Check(t, func(t *rapid.T) {
		limit := arena.Limit(next % MaxLimits)
		clear(limit.keys)
		limit.due.Store(0)
		next++
		interval := time.Duration(rapid.IntRange(1, int(20*time.Millisecond)).Draw(t, "interval"))
		keys := rapid.IntRange(1, 14).Draw(t, "keys") // of one bucket, which has room for 8
		taken := make([]rateModel, keys+1)
		now := time.Hour
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.IntRange(0, keys).Draw(t, "key")
			take := func() time.Duration {
				if key == 0 {
					return limit.Take(now, interval)
				}
				return limit.TakeKey(uint64(key), now, interval)
			}
			wait := take()
			if wait > 0 && rapid.Bool().Draw(t, "waits") {
				now += wait
				wait = take()
				if wait > 0 {
					t.Fatalf("key %d has waited and must wait %v more", key, wait)
				}
			}
			if wait == 0 {
				if !taken[key].allows(now, interval) {
					t.Fatalf("key %d has turns of an interval of %v at %v and %v", key, interval, taken[key], now)
				}
				taken[key] = append(taken[key], now)
			}
			now += time.Duration(rapid.IntRange(0, int(10*time.Millisecond)).Draw(t, "time"))
		}
		if keys <= bucketWords {
			for key, turns := range taken[1:] {
				if len(turns) == 0 && limit.TakeKey(uint64(key+1), now, interval) > 0 {
					t.Fatalf("key %d waits although it has had no turn", key+1)
				}
			}
		}
	})
}

// TestLimitConfirms: of two that take a turn of one key through two words of its bucket at once, one at most has it.
func TestLimitConfirms(t *testing.T) {
	limit := newLimit(t)
	bucket := keyBucket{words: limit.keys[:bucketWords], tag: 7}
	const now, interval = time.Hour, time.Second
	mine := uint64(7)<<dueBits | uint64((now+interval)>>dueUnit)
	other := uint64(8)<<dueBits | uint64((now+interval)>>dueUnit)
	bucket.words[0].Store(other)
	bucket.words[1].Store(mine) // by us
	if wait := bucket.confirm(1, 0, mine, now); wait != 0 {
		t.Errorf("another key's turn makes ours wait %v", wait)
	}
	bucket.words[5].Store(mine) // by somebody else, who looked when ours was not there
	if wait := bucket.confirm(1, 0, mine, now); wait <= 0 || bucket.words[1].Load() != 0 {
		t.Errorf("wait %v, and our word is %#x", wait, bucket.words[1].Load())
	}
	bucket.words[5].Store(uint64(7)<<dueBits | uint64((now-LimitSlack/2)>>dueUnit)) // his next turn is due already
	bucket.words[1].Store(mine)
	if wait := bucket.confirm(1, 0, mine, now); wait <= 0 || bucket.words[1].Load() != 0 {
		t.Errorf("beside a turn of a short interval: wait %v, and our word is %#x", wait, bucket.words[1].Load())
	}
	bucket.words[5].Store(mine)
	if wait, done := bucket.take(now, interval); wait <= 0 || !done {
		t.Errorf("the key has a turn again after %v", wait)
	}
}

func TestLimitSizes(t *testing.T) {
	for _, n := range []int{-1, MaxLimits + 1} {
		if a, err := Create(Config{Slots: 1, Limits: n}); err == nil {
			a.Close()
			t.Errorf("an arena of %d limits was made", n)
		}
	}
	if n := newArena(t, 1).Limits(); n != 0 {
		t.Errorf("%d limits that nobody asked for", n)
	}
}

// TestLimitOfProcesses: several processes, one of which is killed with a turn just taken, share the rates.
func TestLimitOfProcesses(t *testing.T) {
	const turns, interval = 15, 2 * time.Millisecond // as in crashworker
	path := crashWorker(t)
	a := newArenaOf(t, Config{Slots: 4, Limits: 1})
	var outputs [3]bytes.Buffer
	var workers []*exec.Cmd
	for i := range outputs {
		files := a.Files()
		cmd := exec.Command(path, "taker", strconv.Itoa(i), strconv.Itoa(turns), strconv.Itoa(len(files)))
		cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = files, &outputs[i], os.Stderr
		if i == 0 {
			cmd.Env = append(os.Environ(), "MPRUN_CRASH="+pointLimitTaken.String()+":4")
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		workers = append(workers, cmd)
	}
	for i, cmd := range workers {
		if err := cmd.Wait(); (err != nil) != (i == 0) {
			t.Errorf("worker %d: %v", i, err)
		}
	}
	var taken [3]rateModel
	for i := range outputs {
		for lines := bufio.NewScanner(&outputs[i]); lines.Scan(); {
			var key int
			var at int64
			if _, err := fmt.Sscan(lines.Text(), &key, &at); err != nil {
				t.Fatal(err)
			}
			taken[key] = append(taken[key], time.Duration(at))
		}
	}
	for key, all := range taken {
		if len(all) < 2*turns {
			t.Errorf("key %d has only %d turns", key, len(all))
		}
		slices.Sort(all)
		for n := range all {
			if !all[:n].allows(all[n], interval) {
				t.Fatalf("key %d has turns at %v", key, all[:n+1])
			}
		}
	}
}
