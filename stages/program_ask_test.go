package stages

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// slowAnswers is a `through` whose program answers each line when a line has been written to the FIFO, which is open at both ends.
func slowAnswers(t *testing.T, w *world) (Stage, *os.File) {
	t.Helper()
	path := filepath.Join(w.dir, "go")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fifo.Close() })
	return sh("through", `while read -r line; do read -r x <&3; echo "<$line>"; done 3<go`), fifo
}

// TestThroughItemWarns: of a program that gets a line and says nothing for long there is one line in the log, and it is waited for
// nevertheless.
func TestThroughItemWarns(t *testing.T) {
	for _, patience := range []time.Duration{time.Nanosecond, time.Millisecond} {
		w := programWorld(t)
		through, fifo := slowAnswers(t, w)
		h, err := w.start([]Stage{itemsStage("a", "b", "c"), through}, Options{BlockItems: 1})
		if err != nil {
			t.Fatal(err)
		}
		h.chain.links[1].node.(*askNode).patience = patience
		released := 0
		h.onWait = func() { // the log is empty in the wait that is to end too late
			if len(w.logged) > 0 && released == len(w.queue("out").put) {
				released++
				if _, err := fifo.WriteString("go\n"); err != nil {
					t.Error(err)
				}
			}
		}
		if err := h.finish(); err != nil {
			t.Fatal(err)
		}
		h.chain.Reset()
		if got, want := string(AppendJSON(nil, w.queue("out").put)), `["<a>", "<b>", "<c>"]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		want := "warning: sh has got a line and has not answered for " + patience.String() +
			"; a program that keeps its output back needs `per: stream`"
		if len(w.logged) != 1 || w.logged[0] != want {
			t.Errorf("the log has %q, want %q", w.logged, want)
		}
	}
}

// TestThroughItemWarnsNot: where a `timeout` says how long an answer may take, that is enough.
func TestThroughItemWarnsNot(t *testing.T) {
	w := programWorld(t)
	through, _ := slowAnswers(t, w)
	h, err := w.start([]Stage{itemsStage("a"), timed(through, "20ms")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.chain.links[1].node.(*askNode).patience = time.Nanosecond
	err = h.finish()
	h.chain.Reset()
	if want := `test.yaml:1:8: through: timed out (item "a")`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(w.logged) > 0 {
		t.Errorf("the log has %q", w.logged)
	}
}
