//go:build linux

// Command crashworker is the worker of this package's crash tests: a source, a mapper, a sink, a member of a party or of a reunion, a taker of turns or somebody who
// writes a history of what it does, over an arena whose files it inherits from descriptor 3 on. The tests build it with the tag crashpoints, kill it, recover its slot and start it again.
//
// The chain: the source puts the numbers 0 to n-1 into queue 0. Mappers turn number i into i*10, or, for each fifth, into i*10, i*10+1 and
// i*10+2 in a commit each (a chain that is cut in the middle of an item); even ones go to queue 1, which is bounded, odd ones to queue 2,
// which is not. The sink reads both. What each has done is its slot's committed state, which the test compares.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/mprun/mprun/shm"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crashworker:", err)
		os.Exit(1)
	}
}

// run takes role, slot, number of items, number of descriptors.
func run(args []string) error {
	if len(args) != 4 {
		return errors.New("usage: crashworker source|mapper|sink|party|reunion|taker|lock|semaphore|queue SLOT ITEMS FILES")
	}
	var n [3]int
	for i, arg := range args[1:] {
		v, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		n[i] = v
	}
	files := make([]*os.File, n[2])
	for i := range files {
		files[i] = os.NewFile(uintptr(3+i), "inherited")
	}
	arena, err := shm.Open(files)
	if err != nil {
		return err
	}
	slot, err := arena.Attach(n[0])
	if err != nil {
		return err
	}
	slot.SetPID(os.Getpid())
	adopted, err := slot.Adopt()
	if err != nil {
		return err
	}
	log, err := io.ReadAll(adopted.State)
	if err != nil {
		return err
	}
	w := &worker{arena: arena, slot: slot, log: log}
	if err := w.play(args[0], n[0], n[1], adopted.Leases); err != nil {
		return err
	}
	slot.Leave()
	return nil
}

// play does the work of a role.
func (w *worker) play(role string, slot, items int, leases []*shm.Block) error {
	switch role {
	case "source":
		return w.source(items)
	case "mapper":
		return w.mapper(leases)
	case "party":
		return w.party(slot, items)
	case "reunion":
		return w.reunion(slot, items)
	case "sink":
		return w.sink()
	case "taker":
		return w.taker(items)
	case "lock", "semaphore", "queue":
		return w.history(role, slot, items)
	}
	return fmt.Errorf("no role %q", role)
}

type worker struct {
	arena *shm.Arena
	slot  *shm.Slot
	log   []byte // the committed state, as numbers of 8 bytes
}

// restore reads the committed state into its numbers.
func (w *worker) restore(numbers []*uint64) error {
	if len(w.log) != 8*len(numbers) {
		return fmt.Errorf("a state of %d bytes", len(w.log))
	}
	for i, n := range numbers {
		*n = binary.LittleEndian.Uint64(w.log[8*i:])
	}
	return nil
}

// commitState commits a transaction with numbers as the worker's state.
func (w *worker) commitState(numbers []*uint64, fill func(tx *shm.Tx)) error {
	tx := w.slot.Begin()
	fill(tx)
	var state []byte
	for _, n := range numbers {
		state = appendNumber(state, *n)
	}
	tx.Snapshot(state)
	return w.slot.Commit(tx)
}

func appendNumber(p []byte, n uint64) []byte { return binary.LittleEndian.AppendUint64(p, n) }

func number(p []byte, i int) (uint64, error) {
	if len(p) < 8*(i+1) {
		return 0, fmt.Errorf("item %d of a block of %d bytes", i, len(p))
	}
	return binary.LittleEndian.Uint64(p[8*i:]), nil
}

// reserve waits for room; the caller holds no reserved block.
func (w *worker) reserve(q *shm.Queue, items int) (*shm.Block, error) {
	for {
		b, status, err := q.Reserve(w.slot, items, 8*items)
		if err != nil || status == shm.Reserved {
			return b, err
		}
		if status != shm.Full {
			return nil, fmt.Errorf("reserve gives %v", status)
		}
		if _, err := q.WaitWritable(w.slot, shm.Wait{}); err != nil {
			return nil, err
		}
	}
}

func (w *worker) source(total int) error {
	next := 0
	if len(w.log) > 0 {
		next = int(binary.LittleEndian.Uint64(w.log))
	}
	for next < total {
		b, err := w.reserve(w.arena.Queue(0), min(3, total-next))
		if err != nil {
			return err
		}
		if next%7 == 3 { // now and then think better of it
			w.slot.Cancel(b)
			if b, err = w.reserve(w.arena.Queue(0), 1); err != nil {
				return err
			}
		}
		for i := range b.Granted() {
			if _, err := b.Write(appendNumber(nil, uint64(next+i))); err != nil {
				return err
			}
		}
		granted := b.Granted()
		tx := w.slot.Begin()
		tx.Publish(b, granted)
		tx.Snapshot(appendNumber(nil, uint64(next+granted)))
		if err := w.slot.Commit(tx); err != nil {
			return err
		}
		next += granted
	}
	return nil
}

// The mapper's state is the finished numbers, and behind them, in the middle of an item, part|k: k of its outputs are out.
const part uint64 = 1 << 63

func (w *worker) mapper(adopted []*shm.Block) error {
	in := w.arena.Queue(0)
	for _, b := range adopted {
		if err := w.block(b); err != nil {
			return err
		}
	}
	for {
		b, status, err := in.Lease(w.slot)
		switch {
		case err != nil:
			return err
		case status == shm.Ended:
			return nil
		case status == shm.Empty:
			if _, err := in.WaitReadable(w.slot, shm.Wait{Stage: 1}); err != nil {
				return err
			}
		default:
			w.arena.Limit(0).Take(shm.Now(), 1)
			w.arena.Limit(0).TakeKey(b.Seq()<<48, shm.Now(), 1)
			if err := w.block(b); err != nil {
				return err
			}
		}
	}
}

// turnInterval is the interval of a taker's turns, and takerKeys how many keys it takes them for; key 0 is the rate for all.
const (
	turnInterval = 2 * time.Millisecond
	takerKeys    = 3
)

// taker takes n turns for each key and writes each as its key and its time.
func (w *worker) taker(n int) error {
	limit := w.arena.Limit(0)
	var left [takerKeys]int
	for key := range left {
		left[key] = n
	}
	for more := true; more; {
		more = false
		pause := turnInterval
		for key := range left {
			if left[key] == 0 {
				continue
			}
			more = true
			now := shm.Now()
			var wait time.Duration
			if key == 0 {
				wait = limit.Take(now, turnInterval)
			} else {
				wait = limit.TakeKey(uint64(key)<<48|uint64(key), now, turnInterval)
			}
			if wait > 0 {
				pause = min(pause, wait)
				continue
			}
			left[key]--
			fmt.Println(key, int64(now))
			pause = 0
		}
		time.Sleep(pause)
	}
	return nil
}

// done is how many outputs of the current item are out.
func (w *worker) done() int {
	if n := len(w.log); n >= 8 {
		if v := binary.LittleEndian.Uint64(w.log[n-8:]); v&part != 0 {
			return int(v &^ part)
		}
	}
	return 0
}

func (w *worker) block(b *shm.Block) error {
	for cursor, items := b.Cursor(), b.Items(); cursor < items; cursor++ {
		p, err := b.Payload()
		if err != nil {
			return err
		}
		item, err := number(p, cursor)
		if err != nil {
			return err
		}
		outputs := 1
		if item%5 == 0 {
			outputs = 3
		}
		for k := w.done(); k < outputs; k++ {
			if err := w.output(b, cursor, item, k, k+1 == outputs); err != nil {
				return err
			}
		}
	}
	return nil
}

// output commits output k of an item, and with the last one the item.
func (w *worker) output(b *shm.Block, cursor int, item uint64, k int, last bool) error {
	out, err := w.reserve(w.arena.Queue(1+int(item%2)), 1)
	if err != nil {
		return err
	}
	if _, err := out.Write(appendNumber(nil, item*10+uint64(k))); err != nil {
		return err
	}
	tx := w.slot.Begin()
	tx.Publish(out, 1)
	entry := part | uint64(k+1)
	if last {
		entry = item
		tx.Advance(b, cursor+1)
	}
	tx.Continue(!last)
	w.remember(tx, entry)
	return w.slot.Commit(tx)
}

// remember adds a number to the state: mostly by appending, now and then by writing all of it anew.
func (w *worker) remember(tx *shm.Tx, entry uint64) {
	w.log = appendNumber(w.log, entry)
	if w.slot.Commits()%4 == 3 {
		tx.Snapshot(w.log)
		return
	}
	tx.State(w.log[len(w.log)-8:])
}

func (w *worker) sink() error {
	open := []*shm.Queue{w.arena.Queue(1), w.arena.Queue(2)}
	for len(open) > 0 {
		busy := false
		for i := 0; i < len(open); i++ {
			b, status, err := open[i].Lease(w.slot)
			switch {
			case err != nil:
				return err
			case status == shm.Ended:
				open = append(open[:i], open[i+1:]...)
				i--
				busy = true
			case status == shm.Leased:
				if err := w.swallow(b); err != nil {
					return err
				}
				busy = true
			}
		}
		if !busy {
			if _, err := w.slot.WaitReadable(open, shm.Wait{Stage: 2}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *worker) swallow(b *shm.Block) error {
	p, err := b.Payload()
	if err != nil {
		return err
	}
	tx := w.slot.Begin()
	tx.State(p)
	tx.Release(b)
	return w.slot.Commit(tx)
}
