package stages

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestThroughStreamReplay: after the death of a worker, another program is given what the dead one was given, and only what it answers
// beyond what went on before goes on.
func TestThroughStreamReplay(t *testing.T) {
	through := func(script string, options ...any) Stage {
		return sh("through", script, append([]any{"per", srcLiteral("stream")}, options...)...)
	}
	source := func() Stage { return stage("range", exprField("40")) }
	for _, tt := range []struct {
		name   string
		stages []Stage
	}{
		{"sort", []Stage{source(), through("sort")}},
		{"as it comes", []Stage{source(), through(`while read -r x; do echo "$x$x"; done`)}},
		{"without input", []Stage{itemsStage(), through("seq 1 40")}},
		{"csv", []Stage{source(), mapStage(`{a: item, b: "x"}`), through("cat", "format", srcLiteral("csv"))}},
		{"some of it broken", []Stage{source(), mapStage(`item % 3 == 0 ? "{" : "[1]"`), handled(through("cat", "format", srcLiteral("lines"), AnswersOption, srcLiteral("jsonl")), ThenSkip)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calm := programWorld(t).outAndReset(tt.stages, 7)
			for seed := range uint64(10) {
				w, rng := programWorld(t), rand.New(rand.NewPCG(seed, 6))
				dies := mortal{lives: 15, oneIn: 8, rng: rng, options: func() Options { return Options{BlockItems: 7} }}
				_, err := dies.run(t, w, tt.stages)
				if got := string(AppendJSON(nil, w.queue("out").put)); err != nil || got != calm {
					t.Fatalf("seed %d: %v\ngot  %s\nwant %s", seed, err, got, calm)
				}
			}
		})
	}
}

// TestThroughStreamLost: a program that answers something else when it is asked again, or was given too much to be asked again, is a
// failure that says so.
func TestThroughStreamLost(t *testing.T) {
	for _, tt := range []struct {
		name, script, want string
		items              int
	}{
		{"another answer", `read -r x; echo $$; cat`, "answers something else", 40},
		{"less", `test -e "$MARK" && exit; touch "$MARK"; cat`, "answers something else", 40},
		{"too much", `cat`, "more than the 16 MiB", 40000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("MARK", filepath.Join(t.TempDir(), "mark"))
			w := programWorld(t)
			stages := []Stage{
				stage("range", exprField(strconv.Itoa(tt.items))), mapStage(`string(item) + repeat("x", 500)`),
				sh("through", tt.script, "per", srcLiteral("stream")),
			}
			h, err := w.start(stages, Options{BlockItems: 7})
			if err != nil {
				t.Fatal(err)
			}
			h.die = func() bool { return len(w.queue("out").put) > tt.items*9/10 }
			err = h.finish()
			h.chain.Reset()
			if !errors.Is(err, errKilled) {
				t.Fatalf("it ended before it was killed: %v", err)
			}
			h, err = w.start(stages, Options{BlockItems: 7})
			if err != nil {
				t.Fatal(err)
			}
			err = h.finish()
			h.chain.Reset()
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "[input-lost]") {
				t.Errorf("%v", err)
			}
		})
	}
}
