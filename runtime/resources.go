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
		if r.host.handoff.Queues[i].Name == name {
			return queueObject{arena: r.host.arena, index: i}, true
		}
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

// queueObject is a queue in an expression. What it says is of the moment.
type queueObject struct {
	arena *shm.Arena
	index int
}

// Value implements stages.Object.
func (q queueObject) Value() (any, error) {
	st := q.arena.Stats().Queues[q.index]
	return map[string]any{
		"size": int(st.Waiting), "closed": st.Closed, "unfinished": int(st.Published - st.Finished),
	}, nil
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
