package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt: the first signal ends a run gracefully, with whole lines and 128 + its number.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, e := range endless {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(e.name+"/"+sig.String(), func(t *testing.T) {
				s := prepare(t, e.polite().write(t, t.TempDir(), newSegment())).start()
				s.stdout.lines(t, 4)
				if err := s.cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if code := s.wait(); code != 128+int(sig) {
					t.Errorf("exit code %d, expected %d\n%s", code, 128+int(sig), s.stderr)
				}
				if out := s.stdout.String(); !strings.HasSuffix(out, "\n") {
					t.Errorf("the last line is torn: %q", out[max(0, len(out)-50):])
				}
			})
		}
	}
}

// TestInterruptFromTerminal sends the signal to the whole foreground group, as a terminal does.
func TestInterruptFromTerminal(t *testing.T) {
	t.Parallel()
	s := prepare(t, writeSpec(t, endless[0].text)).start()
	s.stdout.lines(t, 1)
	if err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 {
		t.Errorf("exit code %d, expected 130\n%s", code, s.stderr)
	}
}

// TestSecondInterrupt: who does not end when asked is killed at the second signal.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	s := prepare(t, writeSpec(t, `
processes:
  deaf:
    shell: |
      trap '' TERM INT
      echo up
      while :; do sleep 1000; done
    stop: {grace: 10m}
`)).start()
	s.stderr.has(t, "up")
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan int, 1)
	go func() {
		_ = s.cmd.Wait()
		ended <- s.cmd.ProcessState.ExitCode()
	}()
	// Two signals at once may arrive as one; so they are repeated.
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case code := <-ended:
			if code != 130 {
				t.Errorf("exit code %d, expected 130\n%s", code, s.stderr)
			}
			s.checkEnd()
			return
		case <-ticker.C:
			_ = s.cmd.Process.Signal(os.Interrupt) // it may have ended
		}
	}
}

// TestTimeout: --timeout ends a run whatever it does.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for _, e := range endless {
		t.Run(e.name, func(t *testing.T) {
			got := run(t, nil, e.polite().write(t, t.TempDir(), newSegment()), "--timeout", "300ms")
			if got.code != 124 {
				t.Errorf("exit code %d, expected 124\n%s", got.code, got.stderr)
			}
			if !strings.Contains(got.stderr, "300ms") {
				t.Errorf("the timeout is not told:\n%s", got.stderr)
			}
		})
	}
}
