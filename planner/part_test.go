package planner_test

import (
	"encoding/json"
	"testing"

	"github.com/mprun/mprun/planner"
)

// TestWorkersAsText holds that a Worker comes back from JSON as it was.
func TestWorkersAsText(t *testing.T) {
	for text, want := range map[string]planner.Worker{
		`"count"`:    {Process: "count", Replica: planner.AllReplicas},
		`"count[0]"`: {Process: "count", Replica: 0},
		`"c[12]"`:    {Process: "c", Replica: 12},
	} {
		var got planner.Worker
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if back, err := json.Marshal(want); err != nil || string(back) != text {
			t.Errorf("%+v: %s, %v", want, back, err)
		}
	}
	for _, text := range []string{`"c[x]"`, `"c[-1]"`, `"c["`, `3`} {
		if err := json.Unmarshal([]byte(text), new(planner.Worker)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
