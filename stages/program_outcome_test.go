package stages

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// outcomeStages is a stage that runs a script for its outcome, and one that shows what of it is always the same.
func outcomeStages(script string, options ...any) []Stage {
	return []Stage{
		sh("exec", script, append([]any{"format", srcLiteral("outcome")}, options...)...),
		mapStage(`[item.code, item.stdout, item.stderr, item.error, item.started > 1000000000 and item.seconds > 0, item.skipped]`),
	}
}

// TestOutcome: a program that fails has an outcome as any other has, after the last try.
func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"it ends well", outcomeStages(`printf 'a\n\n'; echo b >&2`), `[[0, "a\n\n", "b\n", null, true, false]]`},
		{"it fails", outcomeStages(`echo a; echo b >&2; exit 3`), `[[3, "a\n", "b\n", "sh ended with exit code 3: b", true, false]]`},
		{"a signal", outcomeStages(`kill -9 $$`), `[[-9, "", "", "sh was ended by signal 9", true, false]]`},
		{"bytes", outcomeStages(`printf '\377'`), `[[0, "/w==", "", null, true, false]]`},
		{"a timeout", []Stage{timed(outcomeStages(`echo a; exec sleep 100`)[0], "300ms"), mapStage("[item.code, item.error]")}, `[[124, "sh was ended after 300ms"]]`},
		{"retried", retriedFirst(outcomeStages(`echo x >> tries; wc -l < tries | tr -d ' '; test $(wc -l < tries) = 3`), 5), `[[0, "3\n", "", null, true, false]]`},
		{"the last try", retriedFirst(outcomeStages(`echo x >> tries; wc -l < tries | tr -d ' '; exit 1`), 2), `[[1, "3\n", "", "sh ended with exit code 1", true, false]]`},
		{"handled", []Stage{itemsStage(1, 2), handled(sh("exec", `exit $((${ITEM_ID##*.} % 2))`, "format", srcLiteral("outcome")), ThenSkip), mapStage("item.code")}, `[0]`},
		{"creates", []Stage{itemsStage("in"), sh("exec", `echo made > $OUT; echo said`, "format", srcLiteral("outcome"), "creates", srcText("new")), mapStage("[item.code, item.path, item.stdout, item.skipped]")}, `[[0, "new", "said\n", false]]`},
		{"creates nothing", []Stage{itemsStage("in"), sh("exec", `echo said`, "format", srcLiteral("outcome"), "creates", srcText("new")), mapStage("[item.code, item.stdout]")}, `[[125, "said\n"]]`},
		{"as", []Stage{itemsStage(7), named(sh("exec", `exit 4`, "format", srcLiteral("outcome")), "job"), mapStage("[item, job.code]")}, `[[7, 4]]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := programWorld(t).outAndReset(tt.stages, 2); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func retriedFirst(stages []Stage, times int) []Stage {
	stages[0] = retried(stages[0], times)
	return stages
}

// TestLive: what a program writes is printed in whole lines as it comes, whatever room there is, and its last line at its end; what went wrong
// is known all the same.
func TestLive(t *testing.T) {
	long := strings.Repeat("x", longestLine+10)
	for _, tt := range []struct {
		name, script, prefix string
		want, out, err       string
	}{
		{"lines", `echo a; printf 'b\nc'; echo e >&2`, "", `[[0, "", "", null, true, false]]`, "a\nb\nc", "e\n"},
		{"behind a text", `echo a; printf 'b\nc'; echo e >&2; echo f >&2`, "1\t", `[[0, "", "", null, true, false]]`, "1\ta\n1\tb\n1\tc\n", "1\te\n1\tf\n"},
		{"nothing", `true`, "1\t", `[[0, "", "", null, true, false]]`, "", ""},
		{"it fails", `echo a; echo b >&2; exit 3`, "", `[[3, "", "", "sh ended with exit code 3: b", true, false]]`, "a\n", "b\n"},
		{"a line that is too long", `head -c ` + fmt.Sprint(len(long)) + ` /dev/zero | tr '\0' x; echo; echo y`, ">", `[[0, "", "", null, true, false]]`, ">" + long + "\n>y\n", ""},
		{"a line that is too long, and has no end", `head -c ` + fmt.Sprint(len(long)) + ` /dev/zero | tr '\0' x`, ">", `[[0, "", "", null, true, false]]`, ">" + long + "\n", ""},
		{"exactly so long", `head -c ` + fmt.Sprint(longestLine) + ` /dev/zero | tr '\0' x`, ">", `[[0, "", "", null, true, false]]`, ">" + long[:longestLine] + "\n", ""},
		{"bytes", `printf '\377\n'`, "", `[[0, "", "", null, true, false]]`, "\xff\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := programWorld(t)
			if got := w.outAndReset(outcomeStages(tt.script, "live", srcText(tt.prefix)), 2); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if w.stdout.String() != tt.out || w.stderr.String() != tt.err {
				t.Errorf("%.40q, %.40q", w.stdout.String(), w.stderr.String())
			}
		})
	}
}

// TestOutcomeUnderDeath: whoever dies, each item has one outcome, and no more tries are made than were asked for.
func TestOutcomeUnderDeath(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 5))
		w := programWorld(t)
		_, err := mortal{lives: 20, oneIn: 12, rng: rng}.run(t, w, []Stage{
			stage("range", exprField("4")),
			retried(sh("exec", `exit $((${ITEM_ID##*.} % 2))`, "format", srcLiteral("outcome")), 2),
			mapStage("item.code"),
			putStage("q"),
		})
		got := string(AppendJSON(nil, w.queue("q").put))
		if want := `[0, 1, 0, 1]`; err != nil || got != want {
			t.Errorf("seed %d: %v %s", seed, err, got)
		}
	}
}

// TestLiveUnderDeath: whoever dies, each item has one outcome, and of what its programs wrote whole lines are printed, of the last one all.
func TestLiveUnderDeath(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := programWorld(t)
		_, err := mortal{lives: 20, oneIn: 12, rng: rng}.run(t, w, []Stage{
			stage("range", exprField("3")),
			sh("exec", `n=${ITEM_ID##*.}; echo a$n; echo b$n; exit $n`, "format", srcLiteral("outcome"), "live", srcText("> ")),
			mapStage("item.code"),
			putStage("q"),
		})
		got := string(AppendJSON(nil, w.queue("q").put))
		if want := `[0, 1, 2]`; err != nil || got != want {
			t.Errorf("seed %d: %v %s", seed, err, got)
		}
		if text := w.stdout.String(); !regexp.MustCompile(`^(> a0\n(> b0\n)?)*> a0\n> b0\n(> a1\n(> b1\n)?)*> a1\n> b1\n(> a2\n(> b2\n)?)*> a2\n> b2\n$`).MatchString(text) {
			t.Errorf("seed %d: %s", seed, text)
		}
	}
}
