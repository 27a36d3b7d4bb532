//go:build linux

package shm

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// The primitives of the crash worker's party.
var partyPrimitives = []PrimitiveConfig{
	{Kind: KindLock, Name: "lock"},
	{Kind: KindLock, Name: "recursive", Recursive: true},
	{Kind: KindSemaphore, Name: "slots", Value: 2, Bounded: true, Owned: true},
	{Kind: KindSemaphore, Name: "signal"},
	{Kind: KindCondition, Name: "changed", Lock: 0},
	{Kind: KindEvent, Name: "open"},
	{Kind: KindBarrier, Name: "meet", Value: partyMembers},
	{Kind: KindArray, Name: "counts", Value: 32},
	{Kind: KindArray, Name: "wide", Value: 24*10_000 + 8},
}

const partyMembers = 3

// meeting is a run of the crash worker's party.
type meeting struct{ *crew }

func newMeeting(t testing.TB, path string, rounds int) *meeting {
	arena, err := Create(Config{Slots: partyMembers + 1, Primitives: partyPrimitives})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { arena.Close() })
	return &meeting{newCrew(t, path, rounds, arena, "party", "party", "party")}
}

func (m *meeting) run() {
	m.t.Helper()
	m.crew.run()
	m.compare()
}

// compare holds what the primitives say against what rounds without deaths leave.
func (m *meeting) compare() {
	m.t.Helper()
	a, rounds := m.arena, int64(m.items)
	for i, want := range []int64{3 * rounds, 3 * rounds, 3 * rounds, rounds} {
		if got := a.Array(7).Load(8*int64(i), Int64).Int(); got != want {
			m.t.Errorf("count %d is %d instead of %d", i, got, want)
		}
	}
	wide := a.Array(8)
	wrong := 0
	for off := int64(0); off < wide.Len(); off += 8 {
		want := rounds
		switch off {
		case 0:
			want += 3 * rounds
		case wide.Len() - 8:
			want = 3 * rounds
		}
		if got := wide.Load(off, Int64).Int(); got != want {
			if wrong++; wrong < 4 {
				m.t.Errorf("the wide array has %d instead of %d at %d", got, want, off)
			}
		}
	}
	if v := a.Semaphore(2).Value(); v != 2 {
		m.t.Errorf("the semaphore has %d", v)
	}
	if v := a.Semaphore(3).Value(); v != 0 {
		m.t.Errorf("the signal has %d", v)
	}
	if a.Event(5).IsSet() || a.Lock(0).Locked() || a.Lock(1).Locked() || a.Barrier(6).Waiting() != 0 || a.Condition(4).Waiting() != 0 {
		m.t.Error("something is set, held or waited for at the end")
	}
	for i := range partyMembers {
		if a.MustReplace(i) {
			m.t.Errorf("member %d has something in its hands at the end", i)
		}
	}
}

// Every crash point of the primitives, and of commits and waits, at several passages.
func TestPartyCrashPoints(t *testing.T) {
	path := crashWorker(t)
	points := []point{
		pointLockArmed, pointLockReleased, pointWaitRecorded, pointWaitArmed, pointWaitUnlocked, pointWaitSlept, pointRepairClean,
		pointCommitLogged, pointCommitHeader, pointCommitEntries, pointCommitCommitted, pointCommitIdle, pointCommitTrimmed,
	}
	for p := firstPrimitivePoint; p < pointEnd; p++ {
		points = append(points, p)
	}
	for _, p := range points {
		sweepPoint(t, p, partyMembers, func(t *testing.T, n, victim int) int {
			m := newMeeting(t, path, 3)
			m.slowly = true
			// A dead one that never was makes every hint doubtful, so that the first to come repairs it.
			if err := m.arena.Recover(partyMembers); err != nil {
				t.Fatal(err)
			}
			m.crashes = func(slot, life int) string {
				switch {
				case victim >= 0 && victim != slot || life > 1:
					return ""
				case p == pointAdoptLocked && life == 0:
					return fmt.Sprintf("%v:3", pointCommitIdle) // behind the commit that keeps a lock
				}
				return fmt.Sprintf("%v:%d", p, n)
			}
			m.run()
			if p == pointAdoptLocked {
				return m.kills[1]
			}
			return m.kills[0] + m.kills[1]
		})
	}
}

// Members of a party are killed and paused at random moments.
func TestPartyTorture(t *testing.T) {
	path := crashWorker(t)
	for round := range *tortureRounds {
		seed := uint64(time.Now().UnixNano()) + uint64(round)
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 0))
		m := newMeeting(t, path, 300)
		ticker := time.NewTicker(3 * time.Millisecond)
		m.tick = ticker.C
		paused := -1
		m.torture = func() {
			if paused >= 0 {
				m.signal(paused, syscall.SIGCONT)
				paused = -1
				return
			}
			switch victim := rnd.IntN(partyMembers); rnd.IntN(3) {
			case 0:
				m.signal(victim, syscall.SIGSTOP)
				paused = victim
			case 1:
				m.signal(victim, syscall.SIGKILL)
			}
		}
		m.run()
		ticker.Stop()
		t.Logf("%d members were killed", m.kills[0]+m.kills[1])
		if m.kills[0]+m.kills[1] == 0 {
			t.Error("nobody was killed")
		}
	}
}
