//go:build linux

package shm

// An Event is set or not; whoever waits for it goes on once it is set. One word, changed under the inner lock; a death leaves it as it was,
// or as the dead's commit says.
type Event struct{ *primitive }

// Event is primitive number i, an event.
func (a *Arena) Event(i int) Event { return Event{a.primitive(i, KindEvent)} }

// IsSet says whether the event is set; of the moment.
func (e Event) IsSet() bool { return e.head.state.Load() != 0 }

// Set sets or clears the event at once, outside of any commit; Tx.SetEvent does so with one.
func (e Event) Set(s *Slot, on bool) {
	e.primitive.lock(s)
	e.store(on)
	e.unlock()
	e.wake()
}

func (e Event) store(on bool) {
	var v uint64
	if on {
		v = 1
	}
	e.head.state.Store(v)
}

// Wait waits until the event is set.
func (e Event) Wait(s *Slot, w Wait) (WaitResult, error) {
	return s.Wait([]Target{{WaitForEvent, e.index, 0}}, w)
}
