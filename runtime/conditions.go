package runtime

import (
	"context"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Condition implements stages.Host.
func (h *host) Condition(ref stages.Ref) (stages.Condition, error) {
	number, err := h.primitives.find("condition", ref)
	if err != nil {
		return nil, err
	}
	e := h.primitives.entries[ref.Name]
	lock := h.lockEnd(e.lock.number(ref.Member), e.lock.def, e.lock.def.Member(ref.Member))
	return &conditionEnd{host: h, condition: h.arena.Condition(number), lock: lock, name: e.def.Member(ref.Member)}, nil
}

// conditionEnd is a condition as a chain waits for it: it implements stages.Condition.
type conditionEnd struct {
	host      *host
	condition shm.Condition
	lock      *lockEnd
	name      string
}

// Lock implements stages.Condition.
func (c *conditionEnd) Lock() stages.Lock { return c.lock }

// Held implements stages.Condition.
func (c *conditionEnd) Held() int { return c.lock.held() }

// Name implements stages.Condition.
func (c *conditionEnd) Name() string { return c.name }

// Enter implements stages.Condition.
func (c *conditionEnd) Enter() (uint64, error) {
	number := c.condition.Next(c.host.slot)
	return number, c.condition.Enter(c.host.slot, number)
}

// Until implements stages.Condition.
func (c *conditionEnd) Until(number uint64) stages.Waiter {
	return alone{func(ctx context.Context) error {
		return c.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return c.condition.Wait(c.host.slot, number, w) })
	}}
}

// Over implements stages.Condition.
func (c *conditionEnd) Over(number uint64) bool { return c.condition.Over(c.host.slot, number) }

// Leave implements stages.Condition.
func (c *conditionEnd) Leave(number uint64) bool {
	c.host.dirty = true
	return c.condition.Leave(c.host.slot, number)
}

// Forget implements stages.Condition.
func (c *conditionEnd) Forget(number uint64) {
	c.host.dirty = true
	c.condition.Forget(c.host.slot, number)
}

// Notify implements stages.Condition.
func (c *conditionEnd) Notify(n int) {
	c.host.effect(func(tx *shm.Tx) { tx.Notify(c.condition, int64(n)) })
}
