//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"io"
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
	{Kind: KindArray, Name: "counts", Value: 40},
	{Kind: KindArray, Name: "wide", Value: 24*10_000 + 8},
	{Kind: KindBarrier, Name: "led", Value: partyMembers, Action: true},
}

const partyMembers = 3

// meeting is a run of the crash worker's party.
type meeting struct {
	*crew
	leaver bool // member 1 has died and was not replaced
}

func newMeeting(t testing.TB, path string, rounds int) *meeting {
	return newMeetingOf(t, path, rounds, partyPrimitives)
}

func newMeetingOf(t testing.TB, path string, rounds int, primitives []PrimitiveConfig) *meeting {
	arena, err := Create(Config{Slots: partyMembers + 1, Primitives: primitives})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { arena.Close() })
	m := &meeting{crew: newCrew(t, path, rounds, arena, "party", "party", "party")}
	m.slowly = true
	m.gone = func(int) {
		m.leaver = true
		arena.Barrier(6).Shrink(1)
		arena.Barrier(9).Shrink(1)
	}
	return m
}

func (m *meeting) run() {
	m.t.Helper()
	m.crew.run()
	m.compare()
}

// stood is what a member has done: whole rounds, and steps of the one behind them. Of a leaver, it is where it was.
func (m *meeting) stood(member int) (rounds, step int64, acted bool) {
	if member != 1 || !m.leaver {
		return int64(m.items), 0, false
	}
	s := attach(m.t, m.arena, member)
	p, err := io.ReadAll(io.NewSectionReader(s.state.file, stateOffset(member, s.state.log), s.state.length))
	if err != nil {
		m.t.Fatal(err)
	}
	if len(p) == 0 {
		return 0, 0, false // killed before its first commit
	}
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint64(p[8*i:])) }
	return at(0), at(1), at(4) > at(3)
}

// compare holds what the primitives say against what rounds without deaths leave, less what a leaver has not come to.
func (m *meeting) compare() {
	m.t.Helper()
	a, rounds := m.arena, int64(m.items)
	left, step, acted := m.stood(1)
	behind := func(n int64) int64 { // how often the leaver has done step n
		if step > n {
			return left + 1
		}
		return left
	}
	for i, want := range []int64{2*rounds + behind(1), 2*rounds + behind(3), 2*rounds + behind(5), rounds, rounds} {
		got := a.Array(7).Load(8*int64(i), Int64).Int()
		// An action that the leaver has done, but not come behind, may have been done again by who led after it.
		if got != want && !(i == 4 && acted && got == want+1) {
			m.t.Errorf("count %d is %d instead of %d", i, got, want)
		}
	}
	m.compareWide(behind(11), behind(12))
	if v := a.Semaphore(2).Value(); v != 2 {
		m.t.Errorf("the semaphore has %d", v)
	}
	if v := a.Semaphore(3).Value(); v != rounds-behind(6) {
		m.t.Errorf("the signal has %d", v)
	}
	if a.Event(5).IsSet() || a.Lock(0).Locked() || a.Lock(1).Locked() || a.Barrier(6).Waiting() != 0 || a.Barrier(9).Waiting() != 0 || a.Condition(4).Waiting() != 0 {
		m.t.Error("something is set, held or waited for at the end")
	}
	for i := range partyMembers {
		if a.MustReplace(i) {
			m.t.Errorf("member %d has something in its hands at the end", i)
		}
	}
}

// compareWide looks at the wide array: member 1 has rewritten its third and changed the ends so often.
func (m *meeting) compareWide(thirds, ends int64) {
	wide, rounds := m.arena.Array(8), int64(m.items)
	third, wrong := wide.Len()/24*8, 0
	for off := int64(0); off < wide.Len(); off += 8 {
		want := rounds
		switch {
		case off == 0:
			want += 2*rounds + ends
		case off == wide.Len()-8:
			want = 2*rounds + ends
		case off/third == 1:
			want = thirds
		}
		if got := wide.Load(off, Int64).Int(); got != want {
			if wrong++; wrong < 4 {
				m.t.Errorf("the wide array has %d instead of %d at %d", got, want, off)
			}
		}
	}
}

// partyPoints are the crash points of the primitives, and of commits and waits.
func partyPoints() []point {
	points := []point{
		pointLockArmed, pointLockReleased, pointWaitRecorded, pointWaitArmed, pointWaitUnlocked, pointWaitSlept, pointRepairClean,
		pointCommitLogged, pointCommitHeader, pointCommitEntries, pointCommitCommitted, pointCommitIdle, pointCommitTrimmed,
	}
	for p := firstPrimitivePoint; p < pointEnd; p++ {
		switch p {
		case pointStripePart: // of arrays in segments alone
		case pointBarrierBroken, pointBarrierDeserted: // see TestReunionCrashPoints
		default:
			points = append(points, p)
		}
	}
	return points
}

// dieAt makes every member but a given one (-1: every one) die at the n-th passage of a point in each of its first two lives.
func (m *meeting) dieAt(p point, n, only int) {
	m.crashes = func(slot, life int) string {
		switch {
		case only >= 0 && only != slot || life > 1:
			return ""
		case p == pointAdoptLocked && life == 0:
			return fmt.Sprintf("%v:3", pointCommitIdle) // behind the commit that keeps a lock
		}
		return fmt.Sprintf("%v:%d", p, n)
	}
}

// doubt makes every hint doubtful, by a dead one that never was, so that the first to come repairs it.
func (m *meeting) doubt() {
	touchAll(m.arena, partyMembers)
	if err := m.arena.Recover(partyMembers); err != nil {
		m.t.Fatal(err)
	}
}

// Every crash point, at several passages.
func TestPartyCrashPoints(t *testing.T) {
	path := crashWorker(t)
	for _, p := range partyPoints() {
		sweepPoint(t, p, partyMembers, func(t *testing.T, n, victim int) int {
			m := newMeeting(t, path, 3)
			m.doubt()
			m.dieAt(p, n, victim)
			m.run()
			if p == pointAdoptLocked {
				return m.kills[1]
			}
			return m.kills[0] + m.kills[1]
		})
	}
}

// Member 1 dies at every crash point and is not replaced: the others go on without it.
func TestPartyIsLeft(t *testing.T) {
	path := crashWorker(t)
	for _, p := range partyPoints() {
		sweepPoint(t, p, 0, func(t *testing.T, n, _ int) int {
			m := newMeeting(t, path, 3)
			m.doubt()
			m.dieAt(p, n, 1)
			m.abandons = func(_, life int) bool { return p != pointAdoptLocked || life == 1 }
			m.run()
			if m.leaver {
				return 1
			}
			return 0
		})
	}
}

// Members of a party are killed and paused at random moments.
func TestPartyTorture(t *testing.T) {
	path := crashWorker(t)
	killed := 0
	for round := 0; round < *tortureRounds || killed == 0; round++ { // a round can be over before anybody is
		seed := uint64(time.Now().UnixNano()) + uint64(round)
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 0))
		m := newMeeting(t, path, 300)
		m.slowly = false
		leaves := rnd.IntN(5) // after so many deaths member 1 goes for good
		m.abandons = func(slot, life int) bool { return slot == 1 && life >= leaves }
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
		killed += m.kills[0] + m.kills[1]
		if t.Failed() {
			return // the rounds that follow would end at once
		}
	}
}
