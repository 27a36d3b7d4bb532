//go:build linux

package shm

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// modelBlock is a block as the model has it.
type modelBlock struct {
	id                   string
	items, cursor, tries int
	keeper               int // the slot that holds it, also over a death; -1: waits
	held                 bool
}

// simulation compares one queue with a plain slice, under random operations and deaths of three slots.
type simulation struct {
	arena  *Arena
	queue  *Queue
	slots  [3]*Slot
	blocks []*modelBlock // in the order they were published
	leased [3]map[*modelBlock]*Block
	state  [3]string
	n      int
	max    int
}

func (m *simulation) waiting() (items int) {
	for _, b := range m.blocks {
		if b.keeper < 0 {
			items += b.items - b.cursor
		}
	}
	return items
}

func (m *simulation) put(t *rapid.T, s int) {
	items := rapid.IntRange(1, 4).Draw(t, "items")
	b, status, err := m.queue.Reserve(m.slots[s], items, 10)
	if err != nil {
		t.Fatal(err)
	}
	room := m.queue.l.Capacity - m.waiting()
	if m.queue.l.Capacity > 0 && (room <= 0) != (status == Full) {
		t.Fatalf("room for %d items, and Reserve gives %v", room, status)
	}
	if status != Reserved {
		return
	}
	if m.queue.l.Capacity > 0 && b.Granted() != min(items, room) {
		t.Fatalf("%d items granted, room for %d, %d wanted", b.Granted(), room, items)
	}
	if rapid.Bool().Draw(t, "cancel") {
		m.slots[s].Cancel(b)
		return
	}
	m.n++
	id := fmt.Sprint(m.n)
	if _, err := b.Write([]byte(id)); err != nil {
		t.Fatal(err)
	}
	items = rapid.IntRange(1, b.Granted()).Draw(t, "published")
	tx := m.slots[s].Begin()
	tx.Publish(b, items)
	m.commit(t, s, tx, nil, false)
	m.blocks = append(m.blocks, &modelBlock{id: id, items: items, keeper: -1})
}

// commit also writes state, and notes which leases the slot keeps; released is the one that goes.
func (m *simulation) commit(t *rapid.T, s int, tx *Tx, released *modelBlock, mayContinue bool) {
	entry := fmt.Sprint(m.n, ";")
	if rapid.Bool().Draw(t, "snapshot") {
		m.state[s] = entry
		tx.Snapshot([]byte(entry))
	} else {
		m.state[s] += entry
		tx.State([]byte(entry))
	}
	resume := mayContinue && rapid.Bool().Draw(t, "continue")
	tx.Continue(resume)
	if err := m.slots[s].Commit(tx); err != nil {
		t.Fatal(err)
	}
	for b := range m.leased[s] {
		b.held = resume && b != released
	}
}

func (m *simulation) lease(t *rapid.T, s int) {
	if len(m.leased[s]) == MaxInputs {
		return
	}
	b, status, err := m.queue.Lease(m.slots[s])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(m.blocks, func(b *modelBlock) bool { return b.keeper < 0 })
	if (i < 0) != (status == Empty) {
		t.Fatalf("Lease gives %v, the model has block %d", status, i)
	}
	if i < 0 {
		return
	}
	want := m.blocks[i]
	want.tries++
	want.keeper = s
	m.compare(t, b, want)
	m.leased[s][want] = b
}

func (m *simulation) compare(t *rapid.T, b *Block, want *modelBlock) {
	p, err := b.Payload()
	if err != nil || string(p) != want.id || b.Cursor() != want.cursor || b.Items() != want.items || b.Tries() != want.tries {
		t.Fatalf("leased %q, cursor %d of %d, tries %d, %v; want %+v", p, b.Cursor(), b.Items(), b.Tries(), err, *want)
	}
}

func (m *simulation) finish(t *rapid.T, s int) {
	for _, want := range m.blocks {
		b := m.leased[s][want]
		if b == nil {
			continue
		}
		cursor := rapid.IntRange(want.cursor+1, want.items).Draw(t, "cursor")
		tx := m.slots[s].Begin()
		tx.Advance(b, cursor)
		if cursor == want.items {
			m.commit(t, s, tx, want, true)
			delete(m.leased[s], want)
			m.blocks = slices.DeleteFunc(m.blocks, func(b *modelBlock) bool { return b == want })
			return
		}
		m.commit(t, s, tx, nil, true)
		want.cursor, want.tries = cursor, triesAfterStep(want.tries, m.max)
		return
	}
}

func (m *simulation) die(t *rapid.T, s int) {
	if rapid.Bool().Draw(t, "while filling") {
		if _, _, err := m.queue.Reserve(m.slots[s], 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	if rapid.Bool().Draw(t, "by itself") { // it has not died of what it had in hand
		for want, b := range m.leased[s] {
			b.Undeliver()
			want.tries--
		}
	}
	if err := m.arena.Recover(s); err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 3).Draw(t, "abandon") == 0 {
		if err := m.arena.Abandon(s); err != nil {
			t.Fatal(err)
		}
		for b := range m.leased[s] {
			b.held = false
		}
	}
	m.attach(t, s)
}

// attach gives the slot a new owner and compares what it adopts.
func (m *simulation) attach(t *rapid.T, s int) {
	slot, err := m.arena.Attach(s)
	if err != nil {
		t.Fatal(err)
	}
	ad, err := slot.Adopt()
	if err != nil {
		t.Fatal(err)
	}
	if got := stateOfSim(t, ad); got != m.state[s] {
		t.Fatalf("the state is %q, want %q", got, m.state[s])
	}
	m.slots[s] = slot
	before := m.leased[s]
	m.leased[s] = make(map[*modelBlock]*Block)
	for b := range before {
		if !b.held {
			b.keeper = -1
		}
	}
	for _, l := range ad.Leases {
		p, err := l.Payload()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(m.blocks, func(b *modelBlock) bool { return b.id == string(p) })
		if i < 0 || m.blocks[i].keeper != s || !m.blocks[i].held {
			t.Fatalf("adopted block %q, which the model does not hold", p)
		}
		m.blocks[i].tries++
		m.compare(t, l, m.blocks[i])
		m.leased[s][m.blocks[i]] = l
	}
	for b := range before {
		if b.held && m.leased[s][b] == nil {
			t.Fatalf("block %s was held and is not adopted", b.id)
		}
	}
}

func stateOfSim(t *rapid.T, ad Adopted) string {
	p := make([]byte, ad.State.Size())
	if n, err := ad.State.ReadAt(p, 0); n != len(p) {
		t.Fatalf("read the state: %v", err)
	}
	return string(p)
}

func TestSimulation(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.SampledFrom([]int{0, 1, 5, 200, MaxCapacity}).Draw(t, "capacity")
		m := &simulation{max: rapid.IntRange(0, 3).Draw(t, "max deliveries")}
		a, err := Create(Config{Slots: 3, SpillDir: dir, Queues: []QueueConfig{{Name: "q", Capacity: capacity, MaxDeliveries: m.max}}})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		m.arena, m.queue = a, a.Queue(0)
		for s := range m.slots {
			m.leased[s] = make(map[*modelBlock]*Block)
			m.attach(t, s)
		}
		for range rapid.IntRange(1, 80).Draw(t, "operations") {
			s := rapid.IntRange(0, 2).Draw(t, "slot")
			switch op := rapid.IntRange(0, 9).Draw(t, "operation"); {
			case op < 3:
				m.put(t, s)
			case op < 6:
				m.lease(t, s)
			case op < 9:
				m.finish(t, s)
			default:
				m.die(t, s)
			}
			for _, p := range a.Check() {
				t.Fatalf("check: %v", p)
			}
		}
	})
}
