package runtime

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// table is a supervisor whose workers are goroutines of the test, which wait in the arena as workers do.
type table struct {
	t    *testing.T
	s    *supervisor
	slot map[string]*shm.Slot
	all  []*replica
}

// tablePrimitives are those of the tests here: fork[0], fork[1], fork[2] and one of each other kind.
var tablePrimitives = []planner.Primitive{
	{Name: "fork", Kind: "lock", Count: 3},
	{Name: "room", Kind: "semaphore", Value: 1},
	{Name: "changed", Kind: "condition"},
	{Name: "go", Kind: "event"},
	{Name: "meet", Kind: "barrier", Parties: 3},
	{Name: "sum", Kind: "barrier", Parties: 2, Action: true},
}

// newTable seats workers; each of them may bring about whatever others wait for at any primitive.
func newTable(t *testing.T, names ...string) *table {
	t.Helper()
	var everything stages.Field
	for _, p := range tablePrimitives {
		everything.Places = append(everything.Places, stages.Place{Name: p.Name, Kind: p.Kind})
	}
	var processes []planner.Process
	for _, name := range names {
		processes = append(processes, chain(name, 1, at(len(processes)+1, stage("lock", everything)), stage("set", everything), stage("notify", everything)))
	}
	plan := planOf(t, 4, processes...)
	plan.Primitives = tablePrimitives
	s := &supervisor{plan: plan, byName: map[string]*process{}}
	if err := s.prepareProcesses(); err != nil {
		t.Fatal(err)
	}
	if err := s.prepareMemory(); err != nil {
		t.Fatal(err)
	}
	s.outlet = &drain{queue: s.arena.Queue(s.arena.Queues() - 1)}
	tb := &table{t: t, s: s, slot: map[string]*shm.Slot{}}
	for _, p := range s.processes {
		r := p.replicas[0]
		child := exec.Command("sleep", "1000") // what is alive as its process
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = child.Process.Kill()
			_ = child.Wait()
		})
		eventually(t, "it to sleep", func() bool { return !isEnding(child.Process.Pid) })
		r.pid, p.begun, r.starts = child.Process.Pid, true, 1
		s.become(r, replicaRunning)
		slot, err := s.arena.Attach(r.slot)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := slot.Adopt(); err != nil {
			t.Fatal(err)
		}
		tb.slot[r.name] = slot
		tb.all = append(tb.all, r)
	}
	return tb
}

// waits has workers wait, and returns when they sleep. The waits end with the test.
func (tb *table) waits(each map[string]func(*shm.Slot, shm.Wait) (shm.WaitResult, error), timeout time.Duration) {
	tb.t.Helper()
	over := make(chan struct{}, len(each))
	for name, wait := range each {
		go func() {
			_, _ = wait(tb.slot[name], shm.Wait{Stage: 1, Timeout: timeout})
			over <- struct{}{}
		}()
	}
	tb.t.Cleanup(func() {
		tb.s.arena.Interrupt()
		for range each {
			<-over
		}
		tb.s.arena.Close()
	})
	for _, r := range tb.all {
		if _, does := each[r.name]; !does {
			continue
		}
		eventually(tb.t, r.name+" to sleep", func() bool {
			w, ok := tb.s.arena.Waits(r.slot)
			return ok && w.Asleep
		})
	}
}

type waitFunc = func(*shm.Slot, shm.Wait) (shm.WaitResult, error)

func TestStandings(t *testing.T) {
	lock := func(tb *table, i int) waitFunc {
		return tb.s.arena.Lock(i).Acquire
	}
	take := func(tb *table, name string, i int) {
		if ok, err := tb.s.arena.Lock(i).TryAcquire(tb.slot[name]); !ok || err != nil {
			t.Fatalf("lock %d is not to be had: %v", i, err)
		}
	}
	const room, changed, changedLock, event, barrier, summing = 3, 4, 5, 6, 7, 8
	tests := []struct {
		name    string
		seats   string
		prepare func(tb *table) map[string]waitFunc
		timeout time.Duration
		dead    bool
		cycle   string
		says    []string
	}{
		{
			"philosophers with a fork each",
			"a b c",
			func(tb *table) map[string]waitFunc {
				take(tb, "a", 0)
				take(tb, "b", 1)
				take(tb, "c", 2)
				return map[string]waitFunc{"a": lock(tb, 1), "b": lock(tb, 2), "c": lock(tb, 0)}
			},
			0, true, "a b c",
			[]string{"a: lock fork[1], which b holds", "b: lock fork[2], which c holds", "c: lock fork[0], which a holds"},
		},
		{
			"philosophers who do not wait for ever",
			"a b",
			func(tb *table) map[string]waitFunc {
				take(tb, "a", 0)
				take(tb, "b", 1)
				return map[string]waitFunc{"a": lock(tb, 1), "b": lock(tb, 0)}
			},
			time.Hour, false, "",
			[]string{"a: lock fork[1], which b holds", "b: lock fork[0], which a holds"},
		},
		{
			"one of them eats",
			"a b",
			func(tb *table) map[string]waitFunc {
				take(tb, "a", 0)
				return map[string]waitFunc{"b": lock(tb, 0)}
			},
			0, false, "",
			[]string{"b: lock fork[0], which a holds"},
		},
		{
			"a lock taken twice",
			"a",
			func(tb *table) map[string]waitFunc {
				take(tb, "a", 0)
				return map[string]waitFunc{"a": lock(tb, 0)}
			},
			0, true, "a",
			[]string{"a: lock fork[0], which a holds"},
		},
		{
			"a semaphore and a lock, in both orders",
			"a b",
			func(tb *table) map[string]waitFunc {
				take(tb, "a", 0)
				if !tb.s.arena.Semaphore(room).TryAcquire(tb.slot["b"]) {
					t.Fatal("the semaphore is not to be had")
				}
				return map[string]waitFunc{"a": tb.s.arena.Semaphore(room).Acquire, "b": lock(tb, 0)}
			},
			0, true, "a b",
			[]string{"a: semaphore room, which b can release", "b: lock fork[0], which a holds"},
		},
		{
			"an event that nobody is left to set",
			"a b",
			func(tb *table) map[string]waitFunc {
				return map[string]waitFunc{"a": tb.s.arena.Event(event).Wait, "b": tb.s.arena.Event(event).Wait}
			},
			0, true, "a b",
			[]string{"a: event go, which b can set", "b: event go, which a can set"},
		},
		{
			"a condition, and the lock that its notifier needs",
			"a b",
			func(tb *table) map[string]waitFunc {
				c := tb.s.arena.Condition(changed)
				take(tb, "a", changedLock)
				if err := c.Enter(tb.slot["a"], 1); err != nil {
					t.Fatal(err)
				}
				if err := c.Lock().Release(tb.slot["a"]); err != nil {
					t.Fatal(err)
				}
				take(tb, "a", 0)
				return map[string]waitFunc{
					"a": func(s *shm.Slot, w shm.Wait) (shm.WaitResult, error) { return c.Wait(s, 1, w) },
					"b": lock(tb, 0),
				}
			},
			0, true, "a b",
			[]string{"a: condition changed, which b can notify", "b: lock fork[0], which a holds"},
		},
		{
			"a barrier, and one who cannot come",
			"a b c",
			func(tb *table) map[string]waitFunc {
				meet := func(name string) waitFunc {
					arrival, err := tb.s.arena.Barrier(barrier).Arrive(tb.slot[name], 1)
					if err != nil {
						t.Fatal(err)
					}
					return func(s *shm.Slot, w shm.Wait) (shm.WaitResult, error) {
						return tb.s.arena.Barrier(barrier).Wait(s, arrival.Ticket, w)
					}
				}
				take(tb, "a", 0)
				return map[string]waitFunc{"a": meet("a"), "b": meet("b"), "c": lock(tb, 0)}
			},
			0, true, "a c",
			[]string{"a: barrier meet, at which 2 of 3 are; c could come", "b: barrier meet, at which 2 of 3 are; c could come", "c: lock fork[0], which a holds"},
		},
		{
			"one too many at a barrier whose action waits for its lock",
			"a b c",
			func(tb *table) map[string]waitFunc {
				sum := tb.s.arena.Barrier(summing)
				meet := func(name string) waitFunc {
					arrival, err := sum.Arrive(tb.slot[name], 1)
					if err != nil {
						t.Fatal(err)
					}
					return func(s *shm.Slot, w shm.Wait) (shm.WaitResult, error) { return sum.Wait(s, arrival.Ticket, w) }
				}
				take(tb, "c", 0)
				waits := map[string]waitFunc{"a": meet("a"), "b": lock(tb, 0)}
				if arrival, err := sum.Arrive(tb.slot["b"], 1); err != nil || !arrival.Leads {
					t.Fatalf("%+v, %v instead of the lead", arrival, err)
				}
				waits["c"] = meet("c")
				return waits
			},
			0, true, "b c",
			[]string{"a: barrier sum, at which all 2 are; b could open it", "b: lock fork[0], which c holds", "c: barrier sum, at which all 2 are; b could open it"},
		},
		{
			"a barrier, and one who works",
			"a b",
			func(tb *table) map[string]waitFunc {
				arrival, err := tb.s.arena.Barrier(barrier).Arrive(tb.slot["a"], 1)
				if err != nil {
					t.Fatal(err)
				}
				return map[string]waitFunc{"a": func(s *shm.Slot, w shm.Wait) (shm.WaitResult, error) {
					return tb.s.arena.Barrier(barrier).Wait(s, arrival.Ticket, w)
				}}
			},
			0, false, "",
			[]string{"a: barrier meet, at which 1 of 3 are; b could come"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tb := newTable(t, strings.Fields(test.seats)...)
			tb.waits(test.prepare(tb), test.timeout)
			var l *look
			eventually(t, "a look that finds it", func() bool { // who sleeps looks up now and then
				l = tb.s.look()
				return l.dead == test.dead
			})
			if got := strings.Join(l.deadlock(tb.s, time.Now()).Cycle, " "); got != test.cycle {
				t.Errorf("the cycle is %q, want %q", got, test.cycle)
			}
			var says []string
			for _, st := range l.standings(tb.s, time.Now()) {
				for _, w := range st.Waits {
					says = append(says, st.Process+": "+w.String())
				}
				if len(st.Waits) > 0 && (st.Stage != "lock" || st.Stuck != test.dead) {
					t.Errorf("%s is at %q, stuck %v", st.Process, st.Stage, st.Stuck)
				}
			}
			if strings.Join(says, "\n") != strings.Join(test.says, "\n") {
				t.Errorf("it is said that\n%s\nwant\n%s", strings.Join(says, "\n"), strings.Join(test.says, "\n"))
			}
		})
	}
}

// TestWhoBringsAbout: who only waits for an event or a condition, or only takes a semaphore, brings it to nobody.
func TestWhoBringsAbout(t *testing.T) {
	on := func(op string) planner.Process {
		var s []stages.Stage
		for _, p := range everyPrimitive {
			s = append(s, stage(op, stages.Field{Places: []stages.Place{{Name: p.Name, Kind: p.Kind}}}))
		}
		return chain(op, 1, s...)
	}
	plan := planOf(t, 4, on("wait"), on("set"), on("notify"), on("acquire"), on("release"))
	plan.Primitives = everyPrimitive
	s := &supervisor{plan: plan, byName: map[string]*process{}}
	if err := s.prepareProcesses(); err != nil {
		t.Fatal(err)
	}
	got := s.whoBrings()
	for name, want := range map[string]string{
		"e": "set", "own": "notify", "with": "notify", "s": "wait set notify release", "b": "wait set notify acquire release",
	} {
		var names []string
		for _, r := range got[name] {
			names = append(names, r.name)
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%s comes from %q, want %q", name, names, want)
		}
	}
}

// TestWhoRestsDiesOfChance: a worker that is killed again and again while it sleeps has not died of what it does; what it does includes its
// programs.
func TestWhoRestsDiesOfChance(t *testing.T) {
	for _, test := range []struct {
		name   string
		rests  func(*shm.Slot)
		barren int
	}{
		{"works", func(*shm.Slot) {}, 1},
		{"in a pause", func(s *shm.Slot) { s.Rest(int(stages.OutsidePause), 1) }, 0},
		{"for input", func(s *shm.Slot) { s.Rest(int(stages.OutsideInput), 1) }, 0},
		{"for a program", func(s *shm.Slot) { s.Rest(int(stages.OutsideProgram), 1) }, 1},
		{"no more", func(s *shm.Slot) { s.Rest(int(stages.OutsidePause), 1); s.Awake() }, 1},
	} {
		tb := newTable(t, "a")
		tb.waits(nil, 0)
		r := tb.all[0]
		r.code, r.control = -9, &control{}
		test.rests(tb.slot["a"])
		tb.s.recover(r, message{})
		if r.barren != test.barren {
			t.Errorf("%s: %d barren deaths, want %d", test.name, r.barren, test.barren)
		}
	}
	for _, test := range []struct {
		name   string
		wait   shm.Wait
		chance bool
	}{
		{"for an event", shm.Wait{}, true},
		{"for an event, beside a program", shm.Wait{OtherSources: true}, false},
	} {
		tb := newTable(t, "a")
		tb.waits(map[string]waitFunc{"a": func(s *shm.Slot, _ shm.Wait) (shm.WaitResult, error) { return tb.s.arena.Event(6).Wait(s, test.wait) }}, 0)
		if chance := tb.s.rested(tb.all[0]); chance != test.chance {
			t.Errorf("%s: of chance %v", test.name, chance)
		}
	}
}

// TestWhoEndsIsNotStuck: what a worker that has died held goes to others, and its replacement may not come to the same wait. That begins with the
// signal: who sent it may have ended before the one it ends does.
func TestWhoEndsIsNotStuck(t *testing.T) {
	tb := newTable(t, "a", "b")
	for i, name := range []string{"a", "b"} {
		if ok, err := tb.s.arena.Lock(i).TryAcquire(tb.slot[name]); !ok || err != nil {
			t.Fatalf("lock %d is not to be had: %v", i, err)
		}
	}
	tb.waits(map[string]waitFunc{"a": tb.s.arena.Lock(1).Acquire, "b": tb.s.arena.Lock(0).Acquire}, 0)
	eventually(t, "both to be stuck", func() bool { return tb.s.look().dead })
	pid := tb.all[0].pid
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		if sig == syscall.SIGSTOP { // it keeps pending what ends it
			eventually(t, "a stopped one to be stuck", func() bool { return tb.s.look().dead })
		} else if tb.s.look().dead {
			t.Errorf("after signal %q a run is said to be stuck", sig)
		}
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if tb.s.look().dead {
		t.Error("a run with a dead worker is said to be stuck")
	}
}

// TestWhatHasComeIsSeenForTheWaiter: who was stopped when the replica that it waits for ended may go on, whatever the process's others do.
func TestWhatHasComeIsSeenForTheWaiter(t *testing.T) {
	tb := newTable(t, "a", "b")
	tb.waits(nil, 0)
	a, b := tb.all[0], tb.all[1]
	numbers := map[*replica]int{a: 0, b: 1}
	target := shm.Target{Kind: shm.WaitForChange, Index: b.line, Arg: uint64(b.word())}
	if w := tb.s.want(a, target, numbers); w.Come || len(w.From) != 1 {
		t.Errorf("before b has ended it is there: %+v", w)
	}
	tb.s.become(b, replicaEnded)
	if w := tb.s.want(a, target, numbers); !w.Come {
		t.Errorf("b has ended, and is still to come: %+v", w)
	}
}

// TestWhatIsSaidOfABarrier whose action is being run: nobody is missing there.
func TestWhatIsSaidOfABarrier(t *testing.T) {
	for _, test := range []struct {
		here, of int
		want     string
	}{
		{1, 3, "barrier meet, at which 1 of 3 are; b could come"},
		{2, 2, "barrier meet, at which all 2 are; b could open it"},
	} {
		a := Awaited{Kind: "barrier", Name: "meet", By: []string{"b"}, Here: test.here, Of: test.of}
		if got := a.String(); got != test.want {
			t.Errorf("it is said that %q, want %q", got, test.want)
		}
	}
}
