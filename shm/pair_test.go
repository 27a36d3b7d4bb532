//go:build linux

package shm

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pairing is work for two processes: this one, in slot 0, and another run of the test binary, in slot 1. Both do it n times from the moment when
// both are there.
type pairing struct {
	primitives []PrimitiveConfig // behind the barrier at which the two begin
	queues     []QueueConfig
	ring       int // bytes of a block of two plain rings, 0 for none
	do         func(p *partner, n int) error
}

// partner is one of the two.
type partner struct {
	arena *Arena
	slot  *Slot
	first bool
	rings [2]*plainRing // there and back
}

// The pairings, by the names that the other process is told.
var pairings = map[string]*pairing{
	"lock": {
		primitives: []PrimitiveConfig{{Kind: KindLock, Name: "l"}},
		do: func(p *partner, n int) error {
			l := p.arena.Lock(1)
			for range n {
				if _, err := l.Acquire(p.slot, Wait{}); err != nil {
					return err
				}
				if err := l.Release(p.slot); err != nil {
					return err
				}
			}
			return nil
		},
	},
	"barrier": {
		primitives: []PrimitiveConfig{{Kind: KindBarrier, Name: "b", Value: 2}},
		do: func(p *partner, n int) error {
			for i := range n {
				if err := meet(p.arena.Barrier(1), p.slot, uint32(i+1)); err != nil {
					return err
				}
			}
			return nil
		},
	},
	"add":  {primitives: counter, do: func(p *partner, n int) error { return addTo(p, n, 1) }},
	"adds": {primitives: counter, do: func(p *partner, n int) error { return addTo(p, n, addsEach) }},
	"queue": {
		queues: []QueueConfig{{Name: "there", Capacity: 1}, {Name: "back", Capacity: 1}},
		do: func(p *partner, n int) error {
			for range n {
				if err := p.bounce(); err != nil {
					return err
				}
			}
			return nil
		},
	},
	"ring": {
		ring: 4096,
		do: func(p *partner, n int) error {
			ball := []byte("12345678")
			for range n {
				p.rings[0].ball(p, ball)
				p.rings[1].ball(&partner{slot: p.slot, first: !p.first}, ball)
			}
			return nil
		},
	},
}

var counter = []PrimitiveConfig{{Kind: KindArray, Name: "n", Value: 8}}

// addsEach is how many adds are joined in a commit of the pairing "adds": what a block of items makes of them.
const addsEach = 1000

func addTo(p *partner, n, each int) error {
	array := p.arena.Array(1)
	for range n {
		tx := p.slot.Begin()
		for range each {
			tx.Change(array, Change{Kind: Int64, Add: true, Number: IntNumber(1)})
		}
		if err := p.slot.Commit(tx); err != nil {
			return err
		}
	}
	return nil
}

// bounce is one round trip: the first puts and waits for the answer, the second sends back what it gets.
func (p *partner) bounce() error {
	there, back := p.arena.Queue(0), p.arena.Queue(1)
	if p.first {
		if err := p.send(there, nil, []byte("12345678")); err != nil {
			return err
		}
		in, err := p.receive(back)
		if err != nil {
			return err
		}
		tx := p.slot.Begin()
		tx.Release(in)
		return p.slot.Commit(tx)
	}
	in, err := p.receive(there)
	if err != nil {
		return err
	}
	ball, err := in.Payload()
	if err != nil {
		return err
	}
	return p.send(back, in, ball)
}

// send puts a block, and releases in with it.
func (p *partner) send(q *Queue, in *Block, ball []byte) error {
	out, status, err := q.Reserve(p.slot, 1, len(ball))
	if err != nil || status != Reserved {
		return fmt.Errorf("reserve gives %v, %w", status, err)
	}
	if _, err := out.Write(ball); err != nil {
		return err
	}
	tx := p.slot.Begin()
	tx.Publish(out, 1)
	if in != nil {
		tx.Release(in)
	}
	return p.slot.Commit(tx)
}

func (p *partner) receive(q *Queue) (*Block, error) {
	for {
		b, status, err := q.Lease(p.slot)
		switch {
		case err != nil || status == Leased:
			return b, err
		case status == Ended:
			return nil, fmt.Errorf("queue %s has ended", q.Name())
		}
		if _, err := q.WaitReadable(p.slot, Wait{}); err != nil {
			return nil, err
		}
	}
}

// ball puts to the ring or gets from it.
func (r *plainRing) ball(p *partner, ball []byte) {
	if p.first {
		r.put(p.slot.me, ball)
	} else {
		r.get(p.slot.me, func([]byte) {})
	}
}

// pairVariable has the name of the pairing, how often it is done, and how many files are inherited from descriptor 3 on.
const pairVariable = "MPRUN_SHM_TEST_PAIR"

// runPair does a pairing and gives the ns from the first begin to the last end.
func runPair(t testing.TB, name string, n int) float64 {
	t.Helper()
	w := pairings[name]
	config := Config{Slots: 2, Queues: w.queues, Primitives: append([]PrimitiveConfig{{Kind: KindBarrier, Name: "begin", Value: 2}}, w.primitives...)}
	a, err := Create(config)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	files := a.Files()
	if w.ring > 0 {
		for range 2 {
			f, err := createMemory("ring", plainBytes(w.ring))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			files = append(files, f)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.ExtraFiles = files
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", pairVariable, name, n, len(files)))
	cmd.Stderr = os.Stderr
	var its strings.Builder
	cmd.Stdout = &its
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begin, end, err := w.half(a, files[len(a.Files()):], 0, n)
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if waited := cmd.Wait(); err != nil || waited != nil {
		t.Fatalf("%s: %v, %v", name, err, waited)
	}
	var from, to time.Duration
	if _, err := fmt.Sscan(its.String(), (*int64)(&from), (*int64)(&to)); err != nil {
		t.Fatalf("the other process says %q: %v", its.String(), err)
	}
	if len(w.primitives) > 0 && w.primitives[0].Kind == KindArray {
		each := map[string]int{"add": 1, "adds": addsEach}[name]
		if got, want := a.Array(1).Load(0, Int64).Int(), int64(2*n*each); got != want {
			t.Errorf("%s: the number is %d instead of %d", name, got, want)
		}
	}
	return float64(max(end, to) - min(begin, from))
}

// half is the part of one process.
func (w *pairing) half(a *Arena, rings []*os.File, slot, n int) (begin, end time.Duration, err error) {
	s, err := a.Attach(slot)
	if err != nil {
		return 0, 0, err
	}
	if _, err := s.Adopt(); err != nil {
		return 0, 0, err
	}
	p := &partner{arena: a, slot: s, first: slot == 0}
	for i, f := range rings {
		mem, err := unix.Mmap(int(f.Fd()), 0, int(plainBytes(w.ring)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return 0, 0, err
		}
		defer unix.Munmap(mem)
		p.rings[i] = newPlainRing(mem, w.ring)
	}
	if err := meet(a.Barrier(0), s, 1); err != nil {
		return 0, 0, err
	}
	begin = Now()
	err = w.do(p, n)
	return begin, Now(), err
}

// meet waits at a barrier for the n-th time.
func meet(b Barrier, s *Slot, n uint32) error {
	arrival, err := b.Arrive(s, n)
	if err == nil {
		_, err = b.Wait(s, arrival.Ticket, Wait{})
	}
	return err
}

// otherHalf is the other process: it prints its begin and end.
func otherHalf(told string) error {
	var name string
	var n, count int
	if _, err := fmt.Sscan(told, &name, &n, &count); err != nil {
		return err
	}
	w := pairings[name]
	files := make([]*os.File, count)
	for i := range files {
		files[i] = os.NewFile(uintptr(3+i), "inherited "+strconv.Itoa(i))
	}
	rings := 0
	if w.ring > 0 {
		rings = 2
	}
	a, err := Open(files[:count-rings])
	if err != nil {
		return err
	}
	begin, end, err := w.half(a, files[count-rings:], 1, n)
	if err == nil {
		_, err = fmt.Println(int64(begin), int64(end))
	}
	return err
}
