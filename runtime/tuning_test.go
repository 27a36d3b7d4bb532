package runtime

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTune(t *testing.T) {
	rows := []struct {
		env     string
		threads bool
		tuned   string
		own     string
	}{
		{"A=1", false, "A=1 GOMAXPROCS=1 GOGC=85 GODEBUG=containermaxprocs=0", ""},
		{"A=1", true, "A=1 GOGC=85 GODEBUG=containermaxprocs=0", ""},
		{"GOMAXPROCS=7 Z=", false, "Z= GOMAXPROCS=1 GOGC=85 GODEBUG=containermaxprocs=0", "GOMAXPROCS=7"},
		{"GOMAXPROCS=7", true, "GOMAXPROCS=7 GOGC=85 GODEBUG=containermaxprocs=0", "GOMAXPROCS=7"},
		{"GODEBUG=gctrace=1 GOGC=off", false, "GOGC=off GOMAXPROCS=1 GODEBUG=gctrace=1,containermaxprocs=0", "GODEBUG=gctrace=1 GOGC=off"},
		{"GODEBUG= GOGC=", false, "GOMAXPROCS=1 GOGC=85 GODEBUG=containermaxprocs=0", "GODEBUG= GOGC="},
	}
	for _, row := range rows {
		tuned, own := tune(strings.Split(row.env, " "), row.threads)
		if got := strings.Join(tuned, " "); got != row.tuned {
			t.Errorf("%s: a worker starts with %s instead of %s", row.env, got, row.tuned)
		}
		if got := strings.Join(own, " "); got != row.own {
			t.Errorf("%s: %s is put back instead of %s", row.env, got, row.own)
		}
	}
}

func TestUntune(t *testing.T) {
	for _, name := range tunedNames {
		t.Setenv(name, "tuned")
	}
	if err := untune([]string{"GOGC=7", "GODEBUG="}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); slices.Contains(tunedNames[:], name) {
			got = append(got, entry)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"GODEBUG=", "GOGC=7"}) {
		t.Errorf("the environment has %q", got)
	}
}
