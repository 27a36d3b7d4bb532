package runtime

import (
	"encoding/json"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// A worker asks for something to be done to processes by a record of the outlet: it is asked with a commit, once, whoever dies, and behind all
// that was printed before. Each worker numbers its requests; when one has been carried out the supervisor puts its number on the board, into
// the word of the worker's slot behind those of the replicas. The worker, or its replacement, waits for that.

// request is a request as a record has it.
type request struct {
	Slot      int           `json:"slot"`
	Ticket    uint64        `json:"ticket"`
	Action    stages.Action `json:"action"`
	Signal    string        `json:"signal,omitempty"`
	Processes []stages.Ref  `json:"processes"`
}

// Control implements stages.AwaitedHost.
func (h *host) Control() stages.Control { return requests{h} }

// requests is a worker's way to ask: it implements stages.Control.
type requests struct{ host *host }

// Ask implements stages.Control.
func (c requests) Ask(action stages.Action, signal string, processes []stages.Ref) (uint64, bool, error) {
	h := c.host
	data, err := json.Marshal(request{Slot: h.handoff.Slot, Ticket: h.requests + 1, Action: action, Signal: signal, Processes: processes})
	if err != nil {
		return 0, false, err
	}
	ok, err := h.outlet.add(recordRequest, "", data)
	if err != nil || !ok {
		return 0, false, err
	}
	h.requests++
	return h.requests, true, nil
}

// Done implements stages.Control.
func (c requests) Done(ticket uint64) stages.Awaited {
	board, line := c.host.arena.Board(), c.host.handoff.requestLine()
	known := uint64(0)
	return &awaited{
		host:   c.host,
		holds:  func() bool { known = board.Load(line); return known >= ticket },
		target: func() shm.Target { return shm.Target{Kind: shm.WaitForChange, Index: line, Arg: known} },
	}
}

// requestLine is the number of the board's word for the worker's requests.
func (h *handoff) requestLine() int {
	lines := 0
	for _, entry := range h.Processes {
		lines += entry.Replicas
	}
	return lines + h.Slot
}

// decodeRequest reads a request of a record.
func decodeRequest(data []byte) (request, error) {
	var q request
	if err := json.Unmarshal(data, &q); err != nil {
		return q, fmt.Errorf("%w: a request: %w", errRecord, err)
	}
	return q, nil
}

// carryOut does what a worker has asked for, and tells it so.
func (s *supervisor) carryOut(q request) {
	for _, ref := range q.Processes {
		p, ok := s.byName[ref.Name]
		if !ok {
			continue // it is not part of this run
		}
		whole := ref.Member == stages.AllReplicas
		replicas := p.replicas
		if !whole && ref.Member >= 0 && ref.Member < len(replicas) {
			replicas = replicas[ref.Member : ref.Member+1]
		}
		switch {
		case q.Action == stages.StartProcess:
			p.wanted = true
		case q.Action == stages.StopProcess && whole:
			s.stop(p)
		default:
			for _, r := range replicas {
				s.act(r, q)
			}
		}
	}
	s.arena.Board().Store(s.lines+q.Slot, q.Ticket)
}

// act does to one replica what a worker has asked for.
func (s *supervisor) act(r *replica, q request) {
	worker := r.slot >= 0
	sig := syscall.SIGINT
	if q.Action == stages.KillProcess {
		sig = unix.SignalNum(q.Signal)
	}
	final := q.Action == stages.StopProcess || sig == syscall.SIGKILL
	switch {
	case r.state == replicaRunning && (q.Action == stages.StopProcess || q.Action == stages.InterruptProcess && worker):
		r.told = true
		s.stopReplica(r)
	case r.state == replicaRunning && sig != 0:
		r.sent = append(r.sent, sig)
		s.reaper.signal(r.pid, sig)
	case final && (r.state == replicaWaiting || r.state == replicaBackoff):
		r.told, r.stopped = true, r.starts > 0
		s.conclude(r)
	}
}

// isTold says whether a replica that has ended with code was asked to, or was sent the signal that it ended by.
func (r *replica) isTold(code int) bool {
	if r.told {
		return true
	}
	for _, sig := range r.sent {
		if code == -int(sig) || code == 128+int(sig) && r.slot < 0 { // as shells and many programs say it
			return true
		}
	}
	return false
}
