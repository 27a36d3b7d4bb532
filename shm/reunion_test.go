//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"io"
	"testing"
)

const (
	reunionMembers = 3
	reunionRounds  = 4
)

// reunion is a run of the crash worker's members of a reunion: each death breaks the barrier where they meet.
type reunion struct {
	*crew
	meet, mend Barrier
	left       map[int]bool // members that have died and were not replaced
}

func newReunion(t testing.TB, path string) *reunion {
	arena := newArenaOf(t, Config{Slots: reunionMembers + 1, Primitives: []PrimitiveConfig{
		{Kind: KindBarrier, Name: "meet", Value: reunionMembers},
		{Kind: KindBarrier, Name: "mend", Value: reunionMembers, Action: true},
	}})
	r := &reunion{left: map[int]bool{}, crew: newCrew(t, path, reunionRounds, arena, "reunion", "reunion", "reunion"), meet: arena.Barrier(0), mend: arena.Barrier(1)}
	r.slowly = true
	r.died = func(int) { r.meet.Desert(false) }
	r.gone = func(slot int) {
		r.left[slot] = true
		r.meet.Desert(true)
		r.mend.Desert(true)
	}
	// A dead one that never was makes the counts doubtful and has deserted the barrier, so that the first to come carries that out.
	touchAll(arena, reunionMembers)
	if err := arena.Recover(reunionMembers); err != nil {
		t.Fatal(err)
	}
	r.meet.Desert(false)
	return r
}

// dieAt makes every member but a given one (-1: every one) die at the n-th passage of a point in each of its first two lives.
func (r *reunion) dieAt(p point, n, only int) {
	r.crashes = func(slot, life int) string {
		if only >= 0 && only != slot || life > 1 {
			return ""
		}
		return fmt.Sprintf("%v:%d", p, n)
	}
}

// met is how often a member has met the others, as committed.
func (r *reunion) met(member int) uint64 {
	s := attach(r.t, r.arena, member)
	p, err := io.ReadAll(io.NewSectionReader(s.state.file, stateOffset(member, s.state.log), s.state.length))
	if err != nil {
		r.t.Fatal(err)
	}
	if len(p) == 0 {
		return 0 // killed before its first commit
	}
	return binary.LittleEndian.Uint64(p)
}

// run goes on until all have ended. All have met equally often, and as often as was asked for unless one has left; who has left may not have
// come to commit the last time.
func (r *reunion) run() {
	r.t.Helper()
	r.crew.run()
	met, last := map[int]uint64{}, uint64(0)
	for member := range reunionMembers {
		met[member] = r.met(member)
		last = max(last, met[member])
	}
	for member, n := range met {
		if n != last && !(r.left[member] && n+1 == last) {
			r.t.Errorf("member %d has met the others %d times, another one %d times", member, n, last)
		}
	}
	if len(r.left) == 0 && last != reunionRounds {
		r.t.Errorf("the members have met %d times", last)
	}
	if len(r.left) > 0 {
		r.staysBroken()
	}
	if r.meet.Waiting() != 0 || r.mend.Waiting() != 0 {
		r.t.Error("somebody waits at the end")
	}
	for i := range reunionMembers {
		if r.arena.MustReplace(i) {
			r.t.Errorf("member %d has something in its hands at the end", i)
		}
	}
}

// staysBroken resets what was deserted for good: it is broken all the same.
func (r *reunion) staysBroken() {
	s := attach(r.t, r.arena, reunionMembers)
	for _, b := range []Barrier{r.meet, r.mend} {
		change(r.t, s, func(tx *Tx) { tx.ResetBarrier(b) })
		_, err := b.Arrive(s, 1)
		wantError(r.t, "arriving at a barrier that was deserted for good, and reset", err, ErrBroken)
	}
	s.Leave()
}

// reunionPoints are the crash points that members of a reunion pass.
var reunionPoints = []point{
	pointBarrierPlaced, pointBarrierArrived, pointBarrierTripped, pointBarrierBroken, pointBarrierDeserted,
	pointTouched, pointPrimitiveLocked, pointRepairClean, pointWaitRecorded, pointWaitArmed, pointWaitUnlocked, pointWaitSlept,
	pointCommitLogged, pointCommitHeader, pointCommitEntries, pointCommitCommitted, pointCommitEffects, pointCommitIdle, pointCommitTrimmed,
	pointEffectLocked, pointEffectsStaged, pointEffectsLogged, pointEffectStored, pointEffectUnlocked,
}

// Every crash point of those who meet at a barrier that deaths break, at several passages: nobody passes a time that others find broken.
func TestReunionCrashPoints(t *testing.T) {
	path := crashWorker(t)
	for _, p := range reunionPoints {
		sweepPoint(t, p, reunionMembers, func(t *testing.T, n, victim int) int {
			r := newReunion(t, path)
			r.dieAt(p, n, victim)
			r.run()
			return r.kills[0] + r.kills[1]
		})
	}
}

// Member 1 dies at every crash point and is not replaced: the barriers stay broken, and the others end. Who carries out that a barrier was deserted is
// a matter of chance, so whoever does so dies.
func TestReunionIsLeft(t *testing.T) {
	path := crashWorker(t)
	for _, p := range reunionPoints {
		sweepPoint(t, p, 0, func(t *testing.T, n, _ int) int {
			r := newReunion(t, path)
			who := 1
			if p == pointBarrierBroken || p == pointBarrierDeserted {
				who = -1
			}
			r.dieAt(p, n, who)
			r.abandons = func(int, int) bool { return true }
			r.run()
			return len(r.left)
		})
	}
}
