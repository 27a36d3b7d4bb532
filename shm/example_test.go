//go:build linux

package shm_test

import (
	"fmt"
	"io"

	"github.com/mprun/mprun/shm"
)

// A worker doubles what it finds in one queue into another, remembers how much it has done, and dies; its replacement knows.
// (All in one process here; a worker is one of its own, and opens the arena with shm.Open.)
func Example() {
	arena, err := shm.Create(shm.Config{Slots: 2, Queues: []shm.QueueConfig{
		{Name: "in", Capacity: 10},
		{Name: "out", Capacity: 10},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer arena.Close()
	if err := example(arena); err != nil {
		fmt.Println(err)
	}
	// Output:
	// leased "ab", tries 1
	// the state is "1 block"
	// leased "abab", tries 1
}

func example(arena *shm.Arena) error {
	in, out := arena.Queue(0), arena.Queue(1)
	source, err := arena.Attach(0)
	if err != nil {
		return err
	}
	block, _, err := in.Reserve(source, 2, 2)
	if err != nil {
		return err
	}
	fmt.Fprint(block, "ab")
	tx := source.Begin()
	tx.Publish(block, 2)
	if err := source.Commit(tx); err != nil {
		return err
	}

	worker, err := arena.Attach(1)
	if err != nil {
		return err
	}
	block, _, err = in.Lease(worker)
	if err != nil {
		return err
	}
	item, err := block.Payload()
	if err != nil {
		return err
	}
	fmt.Printf("leased %q, tries %d\n", item, block.Tries())
	double, _, err := out.Reserve(worker, 2, 4)
	if err != nil {
		return err
	}
	fmt.Fprintf(double, "%s%s", item, item)
	tx = worker.Begin()
	tx.Publish(double, 2)
	tx.Release(block)
	tx.State([]byte("1 block"))
	if err := worker.Commit(tx); err != nil {
		return err
	}

	if err := arena.Recover(1); err != nil { // the supervisor has seen its end
		return err
	}
	if worker, err = arena.Attach(1); err != nil {
		return err
	}
	adopted, err := worker.Adopt()
	if err != nil {
		return err
	}
	state, err := io.ReadAll(adopted.State)
	if err != nil {
		return err
	}
	fmt.Printf("the state is %q\n", state)
	if block, _, err = out.Lease(worker); err != nil {
		return err
	}
	if item, err = block.Payload(); err != nil {
		return err
	}
	fmt.Printf("leased %q, tries %d\n", item, block.Tries())
	return nil
}
