//go:build linux

package shm

import (
	"flag"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var models = flag.Bool("models", false, "check the protocols' models with spin and gcc (a minute or two)")

// A modelRow is one search. A wrong variant must give a counterexample: the model can see that hole.
type modelRow struct {
	model string
	flags string
	wrong bool
}

var modelRows = []modelRow{
	{"lock", "-DKILLS=1", false},
	{"lock", "-DN=2 -DKILLS=2 -DROUNDS=2", false},
	{"lock", "-DSTOP -DTIMEOUTS -DKILLS=1", false},
	{"lock", "-DNO_W_AFTER_SLEEP -DKILLS=0", true},
	{"lock", "-DNO_WAKE_ALL -DKILLS=1", true},
	{"lock", "-DSTOP -DKILLS=0", true},
	{"lock", "-DLAZY_RELEASE", true},
	{"waitword", "-DKILLS=1", false},
	{"waitword", "-DWAKE_ONE", true},
	{"queue", "-DKILLS=0 -DK0=1 -DK1=1", false},
	{"queue", "-DKILLS=1 -DK0=1 -DK1=0", false},
	{"queue", "-DKILLS=0 -DK0=3 -DK1=0 -DCAP=2 -DROOM=2", false},
	{"queue", "-DKILLS=0 -DK0=2 -DK1=0 -DCAP=1 -DROOM=2", true},
	{"queue", "-DK0=1 -DK1=1 -DCHECK_THEN_ARM", true},
	{"queue", "-DK0=1 -DK1=1 -DNO_DIRTY", true},
	{"queue", "-DK0=1 -DK1=1 -DNO_FREE_WAKE", true},
	{"queue", "-DK0=1 -DK1=1 -DEND_IGNORES_LEASES -DNORESTART", true},
	{"queue", "-DK0=1 -DK1=1 -DSUP_LOCKS -DKILLS=2", true},
	{"queue", "-DK0=1 -DK1=1 -DATTEMPT_BESIDE", true},
	{"queue", "-DK0=1 -DK1=1 -DNARROW", true},
	{"commit", "-DKILLS=1", false},
	{"commit", "-DKILLS=2 -DNI=1", false},
	{"commit", "-DSWEEP_FIRST", true},
	{"commit", "-DSUP_LOCKS -DKILLS=2", true},
	{"commit", "-DONE_HEADER", true},
	{"commit", "-DONE_LOG", true},
	{"commit", "-DRETURN_HELD", true},
	{"commit", "-DADOPT_TWICE", true},
	{"split", "-DKILLS=2", false},
	{"split", "-DHOLD -DSMALL -DKILLS=0", true},
	{"split", "-DHOLD -DKILLS=0", true},
	{"split", "-DNO_CONT", true},
	{"poison", "-DKILLS=0", false},
	{"poison", "-DKILLS=2", false},
	{"poison", "-DMAX=1", false},
	{"poison", "-DMAX=2", false},
	{"poison", "-DMAX=1 -DBATCH_ANYWAY", true},
	{"poison", "-DREPLAYS=3 -DKILLS=1", false},
	{"poison", "-DREPLAYS=3 -DMAX=2", false},
	{"poison", "-DREPLAYS=3 -DMAX=1", false},
	{"poison", "-DREPLAYS=3 -DMAX=1 -DCOUNT_REPLAYS", true},
	{"cycle", "-DKILLS=1 -DTTL=3", false},
	{"cycle", "-DANYTIME -DKILLS=2 -DNI=1", false},
	{"cycle", "-DANYTIME -DSINGLE -DNI=1 -DKILLS=0", true},
	{"cycle", "-DANYTIME -DIGNORE_LEASES", true},
	{"cycle", "-DANYTIME -DFREE_FIRST -DKEEP_WAIT -DNI=1 -DKILLS=0", true},
	{"cycle", "-DANYTIME -DLATE_RESERVE -DNI=1 -DKILLS=0", true},
	{"deadlock", "-DROUNDS=2", false},
	{"deadlock", "-DRECORD_ONLY", true},
	{"deadlock", "-DONE_PASS", true},
	{"deadlock", "-DDOZE_EARLY", true},
	{"deadlock", "-DNO_NUMBER", true},
	{"deadlock", "-DNO_LOOK", true},
	{"deadlock", "-DIGNORE_DEAD", true},
	{"effects", "", false},
	{"effects", "-DREDO_ALWAYS", true},
	{"effects", "-DFREE_FIRST", true},
	{"effects", "-DLOOK_FIRST", true},
	{"effects", "-DUNLOCK_FIRST", true},
	{"effects", "-DIDLE_FIRST", true},
	{"effects", "-DLOG_LATE", true},
	{"kept", "", false},
	{"kept", "-DFREE_KEPT", true},
	{"kept", "-DONE_HEADER", true},
	{"kept", "-DUNLOCK_FIRST", true},
	{"kept", "-DRELEASE_BESIDE", true},
	{"kept", "-DADOPT_BLIND", true},
	{"semaphore", "", false},
	{"semaphore", "-DRELEASE_ADDS", true},
	{"semaphore", "-DNO_UNDO", true},
	{"semaphore", "-DNO_DIRTY", true},
	{"semaphore", "-DCLEAN_LAST", true},
	{"condition", "", false},
	{"condition", "-DABANDON", false},
	{"condition", "-DNO_UNDO", true},
	{"condition", "-DNEW_NUMBER", true},
	{"condition", "-DABANDON -DFORGET_STORE", true},
	{"condition", "-DABANDON -DFORGET_LEFT", true},
	{"condition", "-DABANDON -DNO_PASS_ON", true},
	{"barrier", "", false},
	{"barrier", "-DSHRINK", false},
	{"barrier", "-DACTION", false},
	{"barrier", "-DACTION -DSHRINK", false},
	{"barrier", "-DNEW_WAIT", true},
	{"barrier", "-DNO_DIRTY", true},
	{"barrier", "-DSHRINK -DSTALE_COUNT", true},
	{"barrier", "-DACTION -DSHRINK -DFIXED_LEADER", true},
	{"rewrite", "", false},
	{"rewrite", "-DBIT", true},
	{"rewrite", "-DIN_PLACE", true},
	{"rewrite", "-DREDO_LATE", true},
	{"rewrite", "-DNO_LOCK", true},
	{"touched", "", false},
	{"touched", "-DMARK_LATE", true},
	{"touched", "-DLEAVE_EARLY", true},
	{"touched", "-DCLEAR_FIRST", true},
}

// deep are the flags of wrong variants whose counterexample is found late.
var deep = []string{"-DNO_NUMBER", "-DK0=1 -DK1=1 -DNARROW", "-DONE_PASS", "-DSUP_LOCKS -DKILLS=2"}

// TestModels searches each model: a right protocol has no error, and the search is exhaustive; a wrong one has a counterexample.
func TestModels(t *testing.T) {
	files, err := filepath.Glob("models/*.pml")
	if err != nil {
		t.Fatal(err)
	}
	checked := make(map[string]bool)
	for _, row := range modelRows {
		checked["models/"+row.model+".pml"] = true
	}
	for _, f := range files {
		if !checked[f] {
			t.Errorf("%s is checked by no row", f)
		}
	}
	if !*models {
		return // the table is looked at; the searches are the long form
	}
	need(t, "spin", "gcc")
	for _, row := range modelRows {
		t.Run(row.model+" "+row.flags, func(t *testing.T) {
			t.Parallel()
			search(t, row)
		})
	}
}

var errorCount = regexp.MustCompile(`errors: (\d+)`)

func search(t *testing.T, row modelRow) {
	model, err := filepath.Abs("models/" + row.model + ".pml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	flags := strings.Fields(row.flags)
	run("spin", append(append([]string{"-a"}, flags...), model)...)
	// Most counterexamples are found at once, and an exhaustive search is not: most of a wrong row's time would be gcc's.
	optimised := "-O2"
	if row.wrong && !slices.Contains(deep, row.flags) {
		optimised = "-O0"
	}
	run("gcc", optimised, "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=4096", "-DMEMLIM=6000", "-o", "pan", "pan.c")
	out := run("./pan", "-m3000000")
	errors := errorCount.FindStringSubmatch(out)
	switch {
	case errors == nil || strings.Contains(out, "max search depth too small"):
		t.Fatalf("the search did not end:\n%s", out)
	case row.wrong && errors[1] == "0":
		t.Errorf("a wrong protocol has no counterexample")
	case !row.wrong && (errors[1] != "0" || strings.Contains(out, "Warning: Search not completed")):
		t.Errorf("%s", out)
	}
}
