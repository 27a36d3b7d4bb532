package stages

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// spillStages is a script for its outcome, what of it is always the same, and the prints of all that it wrote.
func spillStages(script string, options ...any) []Stage {
	options = append([]any{"format", srcLiteral("outcome"), "spill", srcLiteral(10)}, options...)
	return []Stage{
		sh("exec", script, options...),
		stage("print", Field{Source: srcText("${{ item.stdout }}")}, "end", srcText("")),
		fileStage("item.stdout_file", "stdout"),
		stage("print", Field{Source: srcText("${{ item.stderr }}")}, "end", srcText(""), "to", srcLiteral("stderr")),
		fileStage("item.stderr_file", "stderr"),
		mapStage(`[item.code, len(item.stdout), item.stdout_file != null, len(item.stderr), item.stderr_file != null, item.error]`),
	}
}

func fileStage(path, to string) Stage {
	s := stage("print", exprField(path), "from", srcLiteral("file"), "to", srcLiteral(to))
	s.When = srcExpr(path + " != null")
	return s
}

// TestSpill: what is too much for memory is in a file until it has been printed, and no file stays.
func TestSpill(t *testing.T) {
	for _, tt := range []struct {
		name        string
		stages      []Stage
		out         string
		print, says string
	}{
		{"little", spillStages(`echo 23456789; echo e >&2`), `[[0, 9, false, 2, false, null]]`, "23456789\n", "e\n"},
		{"as much as fits", spillStages(`echo 234567890`), `[[0, 10, false, 0, false, null]]`, "234567890\n", ""},
		{"more", spillStages(`echo 2345678901; echo e >&2`), `[[0, 0, true, 2, false, null]]`, "2345678901\n", "e\n"},
		{"both", spillStages(`seq 9; seq 9 >&2`), `[[0, 0, true, 0, true, null]]`, numbers(9), numbers(9)},
		{"it fails", spillStages(`seq 9; exit 3`), `[[3, 0, true, 0, false, "sh ended with exit code 3"]]`, numbers(9), ""},
		{"behind a text", spillStages(`seq 3; seq 8 >&2; printf x`, "prefix", srcText("> ")), `[[0, 0, true, 0, true, null]]`, "> 1\n> 2\n> 3\n> x\n", "> 1\n> 2\n> 3\n> 4\n> 5\n> 6\n> 7\n> 8\n"},
		{"bytes behind a text", spillStages(`printf 'a\n\377'`, "prefix", srcText(">")), `[[0, 6, false, 0, false, null]]`, ">a\n>\xff\n", ""},
		{"too much", spillStages(`seq 9; while echo; do :; done 2> /dev/null`, "max_output", srcLiteral(18)), `[[-13, 0, true, 0, false, "sh wrote more than 18 bytes (max_output), and was ended; with ` + "`live`" + ` what it writes is printed as it comes"]]`, numbers(9), ""},
		{"the last try", retriedFirst(spillStages(`echo x >> tries; seq 9; wc -l < tries | tr -d ' '; test $(wc -l < tries) = 3`), 5), `[[0, 0, true, 0, false, null]]`, numbers(9) + "3\n", ""},
		{"no text before it", append([]Stage{itemsStage(map[string]any{"p": ">"}, 5), handled(spillStages(`seq 3; seq 5`, "prefix", srcText("${{ item.p }}"))[0], ThenSkip)}, spillStages("")[1:]...), `[[0, 0, true, 0, false, null]]`, ">1\n>2\n>3\n>1\n>2\n>3\n>4\n>5\n", ""},
		{"handled", []Stage{handled(spillStages(`seq 9; exit 1`)[0], ThenSkip)}, `[]`, "", ""},
		{"no such file", []Stage{itemsStage("/etc/passwd"), fileStage("item", "stdout")}, "[] test.yaml:1:6: print: from: file takes the path of a file that `spill` has made, not \"/etc/passwd\" (item \"/etc/passwd\")", "", ""},
		{"nor this", []Stage{itemsStage(1), fileStage("item", "stdout")}, "[] test.yaml:1:6: print: from: file takes the path of a file that `spill` has made, not 1 (item 1)", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := programWorld(t)
			if got := w.outAndReset(tt.stages, 2); got != tt.out {
				t.Errorf("got  %s\nwant %s", got, tt.out)
			}
			if w.stdout.String() != tt.print || w.stderr.String() != tt.says {
				t.Errorf("printed %q, said %q", w.stdout.String(), w.stderr.String())
			}
			if left, err := os.ReadDir(w.programs.Spill()); len(left) > 0 {
				t.Errorf("files are left: %v, %v", left, err)
			}
		})
	}
}

// numbers is what seq prints.
func numbers(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintln(&text, i+1)
	}
	return text.String()
}

// TestSpillWithoutAFolder: where nothing can be kept, the job has failed, and says where and why.
func TestSpillWithoutAFolder(t *testing.T) {
	w := programWorld(t)
	file := filepath.Join(w.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.programs = realPrograms{spill: filepath.Join(file, "in")}
	got := w.outAndReset(spillStages(`exec yes`), 2)
	want := fmt.Sprintf(`[[-13, 0, false, 0, false, "keeping what sh wrote in %s: not a directory"]]`, w.programs.Spill())
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSpillUnderDeath: whoever dies, what each program wrote is printed once and in one piece.
func TestSpillUnderDeath(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 11))
		w := programWorld(t)
		_, err := mortal{lives: 20, oneIn: 12, rng: rng}.run(t, w, append([]Stage{stage("range", exprField("4"))},
			append(spillStages(`n=${ITEM_ID##*.}; echo out $n of four; echo err $n of four >&2; exit $n`, "prefix", srcText("${{ item }}: ")), putStage("q"))...))
		codes := ""
		for _, outcome := range w.queue("q").put {
			codes += fmt.Sprint(outcome.([]any)[0])
		}
		var out, says []string
		for i := range 4 {
			out, says = append(out, fmt.Sprintf("%d: out %d of four\n", i, i)), append(says, fmt.Sprintf("%d: err %d of four\n", i, i))
		}
		if err != nil || codes != "0123" || !slices.Equal(slices.Collect(strings.Lines(w.stdout.String())), out) || !slices.Equal(slices.Collect(strings.Lines(w.stderr.String())), says) {
			t.Errorf("seed %d: %v, codes %s, printed\n%s%s", seed, err, codes, w.stdout.String(), w.stderr.String())
		}
	}
}

// cutPrograms are programs that are asked to end before they have.
type cutPrograms struct{ realPrograms }

func (p cutPrograms) Run(ctx context.Context, program Program) error {
	if err := p.realPrograms.Run(ctx, program); err != nil {
		return err
	}
	return ErrInterrupted
}

// TestSpillOfWhatIsCut: many tasks of a run may be cut, and nobody gets what they wrote.
func TestSpillOfWhatIsCut(t *testing.T) {
	w := programWorld(t)
	programs := cutPrograms{w.programs.(realPrograms)}
	w.programs = programs
	if err := w.run(spillStages(`seq 9`), Options{}); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	left, err := os.ReadDir(programs.Spill())
	if len(left) > 0 || err != nil {
		t.Errorf("files are left: %v, %v", left, err)
	}
}
