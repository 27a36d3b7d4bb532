package runtime

import (
	"fmt"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// resources is the run's resources as a worker's expressions read them: it implements stages.Resources.
type resources struct {
	host *host
}

// Lookup implements stages.Resources.
func (r resources) Lookup(name string) (any, bool) {
	for i := range r.host.handoff.Queues {
		q := &r.host.handoff.Queues[i]
		switch {
		case q.Name != name:
		case q.Count > 0:
			return queueFamily{host: r.host, name: name, count: q.Count}, true
		default:
			return r.host.queueObject(name, 0), true
		}
	}
	if object, ok := r.host.cellObject(name); ok {
		return object, true
	}
	if object, ok := r.host.primitives.object(r.host.arena, name); ok {
		return object, true
	}
	first := 0
	for _, entry := range r.host.handoff.Processes {
		if entry.Name == name {
			return processObject{board: r.host.arena.Board(), first: first, replicas: entry.Replicas, name: name}, true
		}
		first += entry.Replicas
	}
	return nil, false
}

// Resources implements stages.Host.
func (h *host) Resources() stages.Resources { return resources{h} }

// queueObject is a queue in an expression: what it says is of the moment, and the sum of its parts.
type queueObject struct {
	arena *shm.Arena
	parts []int
}

func (h *host) queueObject(name string, member int) queueObject {
	q := queueObject{arena: h.arena}
	for i := range h.parts {
		if p := &h.parts[i]; p.def.Name == name && p.member == member {
			q.parts = append(q.parts, p.index)
		}
	}
	return q
}

// Value implements stages.Object.
func (q queueObject) Value() (any, error) {
	size, unfinished, closed := 0, 0, true
	for _, i := range q.parts {
		st := q.arena.QueueStats(i)
		size += int(st.Waiting)
		unfinished += int(st.Published - st.Finished)
		closed = closed && st.Closed
	}
	return map[string]any{"size": size, "closed": closed, "unfinished": unfinished}, nil
}

// Field implements stages.Fielded.
func (q queueObject) Field(name string) (any, error) {
	value, err := q.Value()
	if err != nil {
		return nil, err
	}
	if v, ok := value.(map[string]any)[name]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("a queue has no field %s; it has size, closed and unfinished", name)
}

// queueFamily is a family of queues in an expression.
type queueFamily struct {
	host  *host
	name  string
	count int
}

// Len implements stages.Indexed.
func (f queueFamily) Len() int { return f.count }

// At implements stages.Indexed.
func (f queueFamily) At(i int) (any, error) { return f.host.queueObject(f.name, i), nil }

// Value implements stages.Object.
func (f queueFamily) Value() (any, error) {
	all := make([]any, f.count)
	for i := range all {
		value, err := f.host.queueObject(f.name, i).Value()
		if err != nil {
			return nil, err
		}
		all[i] = value
	}
	return all, nil
}
