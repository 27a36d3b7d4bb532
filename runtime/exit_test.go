package runtime

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestAProgramWhoseReaderHasGoneEndsTheRunQuietly(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	report, err := Run(context.Background(), planOf(t, 0, command("yes", "yes")), Options{Stdout: w})
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != StatusStdoutClosed || len(report.Failures) > 0 {
		t.Errorf("status %d, failures %v", report.Status, report.Failures)
	}
}

func TestAProgramThatKillsItselfBySIGPIPEHasFailed(t *testing.T) {
	got := runPlan(t, planOf(t, 0, command("odd", "sh", "-c", "kill -PIPE $$")), Options{})
	if got.report.Status != StatusFailed {
		t.Errorf("status %d", got.report.Status)
	}
}

func TestReplacementsAreLoggedNowAndThen(t *testing.T) {
	var log bytes.Buffer
	s := &supervisor{log: slog.New(slog.NewTextHandler(&log, nil))}
	r := &replica{name: "w", code: -9}
	for r.deaths = 1; r.deaths <= 250; r.deaths++ {
		s.logReplaced(r)
	}
	if n := strings.Count(log.String(), "\n"); n != 5 {
		t.Errorf("%d lines:\n%s", n, &log)
	}
	for _, want := range []string{"1st", "2nd", "3rd", "100th", "200th"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
}
