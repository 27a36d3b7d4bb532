//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
)

func TestLogLines(t *testing.T) {
	say := func(out *bytes.Buffer, log planner.Log, f runFlags) *runLog {
		l := newRunLog(out, log, f)
		logger := slog.New(l)
		logger.Info("hello", "process", "talk")
		logger.With("process", "talk[2]").Warn("careful")
		logger.Error("spec.yaml:1:2: process p: it failed", "process", "p")
		logger.Info("stopping", "signal", "SIGINT")
		logger.Debug("detail", "process", "loud")
		return l
	}
	all := "talk: hello\ntalk[2]: warning: careful\nspec.yaml:1:2: process p: it failed\nmprun: stopping (signal SIGINT)\n"
	rows := []struct {
		log  planner.Log
		f    runFlags
		want string
	}{
		{planner.Log{}, runFlags{}, all},
		{planner.Log{Level: "debug"}, runFlags{}, all + "loud: detail\n"},
		{planner.Log{Level: "debug"}, runFlags{logLevel: "error"}, "spec.yaml:1:2: process p: it failed\n"},
		{planner.Log{}, runFlags{logLevel: "off"}, ""},
		{planner.Log{Level: "error", Processes: map[string]string{"loud": "debug"}}, runFlags{}, "spec.yaml:1:2: process p: it failed\nloud: detail\n"},
		{planner.Log{Processes: map[string]string{"talk": "warn"}}, runFlags{}, strings.TrimPrefix(all, "talk: hello\n")},
	}
	for _, row := range rows {
		var out bytes.Buffer
		say(&out, row.log, row.f)
		if out.String() != row.want {
			t.Errorf("%+v %+v:\n%s\nexpected:\n%s", row.log, row.f, out.String(), row.want)
		}
	}
	var out bytes.Buffer
	l := say(&out, planner.Log{Format: "json"}, runFlags{})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var second map[string]any
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil || len(lines) != 4 || second["process"] != "talk[2]" || second["level"] != "WARN" {
		t.Errorf("%v: %s", err, out.String())
	}
	if !l.spoke("talk") || l.spoke("loud") {
		t.Error("who spoke is not known")
	}
}

// TestLogLinesOfPrograms: many lines at a time are logged as one by one.
func TestLogLinesOfPrograms(t *testing.T) {
	const text = "one\n\nspec: process talk\n"
	for _, row := range []struct {
		log  planner.Log
		want string
	}{
		{planner.Log{}, "talk[2]: one\ntalk[2]: \ntalk[2]: spec: process talk\n"},
		{planner.Log{Level: "warn"}, ""},
		{planner.Log{Processes: map[string]string{"talk": "off"}}, ""},
	} {
		var out bytes.Buffer
		l := newRunLog(&out, row.log, runFlags{})
		if err := l.WithAttrs([]slog.Attr{slog.String("process", "talk[2]")}).(runtime.LineLogger).LogLines(slog.LevelInfo, text); err != nil || out.String() != row.want {
			t.Errorf("%+v: %v\n%s\nexpected:\n%s", row.log, err, out.String(), row.want)
		}
		if l.spoke("talk") != (row.want != "") {
			t.Errorf("%+v: who spoke is not known", row.log)
		}
	}
	var out bytes.Buffer
	l := newRunLog(&out, planner.Log{Format: "json"}, runFlags{}).WithAttrs([]slog.Attr{slog.String("process", "p")})
	if err := l.(runtime.LineLogger).LogLines(slog.LevelInfo, text); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil || m["msg"] != strings.Split(text, "\n")[i] || m["process"] != "p" || m["level"] != "INFO" {
			t.Errorf("%v: %s", err, line)
		}
	}
}
