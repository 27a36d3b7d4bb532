package runtime

import (
	"os"
	"syscall"
	"time"
)

// report sums the run up.
func (s *supervisor) report() *Report {
	r := &Report{
		Name: s.plan.Name, Status: s.status, Outcome: s.status.String(), Started: s.began, Seconds: time.Since(s.began).Seconds(),
		Failures: s.failures, Deadlock: s.deadlock, Faults: s.faultReports(), Queues: map[string]QueueReport{}, Results: map[string]any{},
	}
	for _, p := range s.processes {
		for _, replica := range p.replicas {
			r.Processes = append(r.Processes, replica.report())
		}
	}
	stats := s.arena.Stats()
	for _, p := range s.parts {
		st := stats.Queues[p.index]
		q := r.Queues[p.def.Name]
		q.Put += st.Published
		q.Finished += st.Finished
		q.Left += int(st.Waiting + st.Leased)
		r.Queues[p.def.Name] = q
	}
	if s.outlet.abandoned {
		return r // its results are being written
	}
	for name, value := range s.outlet.results {
		if list, ok := value.(resultList); ok {
			value = []any(list)
		}
		r.Results[name] = value
	}
	for i := range r.Processes {
		r.Processes[i].Skipped = s.outlet.skipped[r.Processes[i].Name]
	}
	return r
}

func (r *replica) report() ProcessReport {
	out := ProcessReport{Name: r.name, Outcome: "succeeded", ExitCode: r.code, Starts: r.starts, Replaced: r.deaths}
	switch {
	case r.failed:
		out.Outcome = "failed"
	case r.skipped:
		out.Outcome = "skipped"
	case r.starts == 0:
		out.Outcome = "not-started"
	case r.stopped:
		out.Outcome = "stopped"
	}
	if r.starts > 0 {
		out.Seconds = r.ended.Sub(r.started).Seconds()
	}
	return out
}

// signalNumber is the number of a signal that the process got.
func signalNumber(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok {
		return int(n)
	}
	return int(syscall.SIGTERM)
}
