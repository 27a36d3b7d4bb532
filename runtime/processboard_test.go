package runtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
)

func TestReplicaWords(t *testing.T) {
	now := time.Now()
	rows := []struct {
		replica replica
		want    map[string]any
	}{
		{replica{state: replicaWaiting}, map[string]any{"alive": false, "exitcode": nil, "pid": nil, "state": "waiting"}},
		{replica{state: replicaRunning}, map[string]any{"alive": true, "exitcode": nil, "pid": nil, "state": "running"}},
		{replica{state: replicaRunning, pid: 1 << 22, code: -9, ended: now}, map[string]any{"alive": true, "exitcode": nil, "pid": 1 << 22, "state": "running"}},
		{replica{state: replicaBackoff, pid: 5, code: 255, ended: now}, map[string]any{"alive": false, "exitcode": 255, "pid": 5, "state": "restarting"}},
		{replica{state: replicaEnded, pid: 7, code: -64, ended: now}, map[string]any{"alive": false, "exitcode": -64, "pid": 7, "state": "ended"}},
		{replica{state: replicaEnded}, map[string]any{"alive": false, "exitcode": nil, "pid": nil, "state": "ended"}},
	}
	arena, err := shm.Create(shm.Config{Slots: 1, Board: 1 + len(rows)})
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	s := &supervisor{arena: arena}
	all := processObject{board: arena.Board(), first: 1, replicas: len(rows), name: "p"}
	for i := range rows {
		r := rows[i].replica
		r.line, r.process = 1+i, &process{settled: i == 5}
		s.become(&r, r.state)
		if got := replicaWord(arena.Board().Load(r.line)).settled(); got != (i == 5) {
			t.Errorf("replica %d: settled is %v", i, got)
		}
		if diff := cmp.Diff(rows[i].want, all.replica(i)); diff != "" {
			t.Errorf("replica %d (-want +got):\n%s", i, diff)
		}
	}
	if _, err := all.Field("alive"); err == nil {
		t.Error("a field of several replicas can be read")
	}
	none := processObject{board: arena.Board(), first: 1 + len(rows), name: "never"}
	if state, err := none.Field("state"); none.Len() != 0 || err != nil || state != "absent" {
		t.Errorf("a process that is not part of the run is %v, %v", state, err)
	}
}

func TestEveryReplicaHasItsWord(t *testing.T) {
	plan := &planner.Plan{
		Processes: []planner.Process{{Name: "a", Replicas: 2}, {Name: "b", Replicas: 1}},
		Absent:    []string{"c"},
	}
	want := []processEntry{{"a", 2}, {"b", 1}, {"c", 0}}
	if diff := cmp.Diff(want, processEntries(plan)); diff != "" {
		t.Error(diff)
	}
}
