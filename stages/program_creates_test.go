package stages

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// filesIn is the names of all that is in a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// copying creates ITEM.copy from each item, and notes each program in `ran`.
func copying(options ...any) Stage {
	return shellStage(`cp "$ITEM" "$OUT" && echo "$ITEM" >> ran`, append([]any{"creates", srcText("copies/${{ item }}.copy"), "cwd", srcLiteral(".")}, options...)...)
}

func TestCreates(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stage Stage
		want  string
		files string // afterwards
	}{
		{"exec", execStage("exec", []string{"cp", "${{ item }}", "${{ out }}"}, "creates", srcText("${{ item }}.copy")), `["in.copy"]`, "in in.copy"},
		{"shell", shellStage(`cp "$ITEM" "$OUT"`, "creates", srcText("new/folder/${{ item }}")), `["new/folder/in"]`, "in new"},
		{"by its environment", execStage("exec", []string{"sh", "-c", `cp in "$TO"`}, "env", &Source{Kind: SourceMap, Keys: []string{"TO"}, Items: []Source{*srcExpr("out")}}, "creates", srcText("out")), `["out"]`, "in out"},
		{"in another folder", shellStage(`cp "../$ITEM" "$OUT"`, "creates", srcText("out"), "cwd", srcLiteral(".")), `[] test.yaml:1:6: shell: the script ended with exit code 1: `, "in"},
		{"a folder", shellStage(`mkdir "$OUT" && touch "$OUT/a"`, "creates", srcText("out")), `["out"]`, "in out"},
		{"what it prints is not the result", shellStage(`echo hello; cp "$ITEM" "$OUT"`, "creates", srcText("out")), `["out"]`, "in out"},
		{"nothing", shellStage(`true`, "creates", srcText("out")), "[] test.yaml:1:6: shell: the script: it ended well but did not create ${{ out }}, which is also in $OUT (item \"in\")", "in"},
		{"it fails", shellStage(`cp "$ITEM" "$OUT"; exit 3`, "creates", srcText("out")), `[] test.yaml:1:6: shell: the script ended with exit code 3 (item "in")`, "in"},
		{"it is too slow", timed(shellStage(`cp "$ITEM" "$OUT"; exec sleep 100`, "creates", srcText("out")), "300ms"), `[] test.yaml:1:6: shell: the script was ended after 300ms (item "in")`, "in"},
		{"it fails and a handler goes on", handled(shellStage(`mkdir "$OUT"; touch "$OUT/a"; exit 3`, "creates", srcText("out")), ThenPass), `["in"]`, "in"},
		{"it fails twice", retried(shellStage(`cp "$ITEM" "$OUT"; test "$(ls -a | grep -c mprun)" = 2`, "creates", srcText("out")), 2), `[] test.yaml:1:6: shell: the script ended with exit code 1 (item "in")`, "in"},
		{"the item itself", execStage("exec", []string{"sort", "${{ item }}", "-o", "${{ out }}"}, "creates", srcText("${{ item }}")), `[] test.yaml:1:5: exec: creates: in is the item itself, which a program cannot read and create (item "in")`, "in"},
		{"no path", shellStage(`touch "$OUT"`, "creates", srcExpr("item.nothing ?? null")), `[] test.yaml:1:6: shell: `, "in"},
		{"null", shellStage(`touch "$OUT"`, "creates", srcExpr("null")), `[] test.yaml:1:6: shell: creates needs a path, not null (item "in")`, "in"},
		{"a file for a folder", shellStage(`touch "$OUT"`, "creates", srcText("in/out")), `[] test.yaml:1:6: shell: creates: mkdir `, "in"},
		{"a device", shellStage(`touch "$OUT"`, "creates", srcText("/dev/null")), `[] test.yaml:1:6: shell: creates: /dev/null is neither a file nor a folder (item "in")`, "in"},
		{"its own folder", shellStage(`touch "$OUT"`, "creates", srcText(".")), `[]`, "in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := programWorld(t)
			makeFile(t, w.dir+"/in", "hello", past(1))
			if tt.name == "its own folder" { // a folder that is newer than its input is up to date
				tt.want = `["."]`
			}
			got := w.outAndReset([]Stage{itemsStage("in"), tt.stage}, 10)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			if files := strings.Join(filesIn(t, w.dir), " "); files != tt.files {
				t.Errorf("there is %s, want %s", files, tt.files)
			}
		})
	}
}

// TestCreatesAgain: a second run does nothing; a changed input, or a changed program, is another matter.
func TestCreatesAgain(t *testing.T) {
	w := programWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		makeFile(t, filepath.Join(w.dir, name), name, past(3))
	}
	makeFile(t, filepath.Join(w.dir, "tool"), "#!/bin/sh\necho ran >> ran; cat \"$1\" > \"$2\"\n", past(3))
	if err := os.Chmod(filepath.Join(w.dir, "tool"), 0o700); err != nil {
		t.Fatal(err)
	}
	ran := func() int {
		text, _ := os.ReadFile(filepath.Join(w.dir, "ran"))
		_ = os.Remove(filepath.Join(w.dir, "ran"))
		return strings.Count(string(text), "\n")
	}
	stages := []Stage{itemsStage("a", "b", "c"), execStage("exec", []string{"./tool", "${{ item }}", "${{ out }}"}, "creates", srcText("out/${{ item }}"), "cwd", srcLiteral(w.dir))}
	for _, step := range []struct {
		name    string
		prepare func()
		runs    int
	}{
		{"the first time", func() {}, 3},
		{"the second time", func() {}, 0},
		{"a changed input", func() {
			makeFile(t, filepath.Join(w.dir, "out/b"), "b", past(2))
			makeFile(t, filepath.Join(w.dir, "b"), "B", past(1))
		}, 1},
		{"and again", func() {}, 0},
		{"a removed output", func() { _ = os.Remove(filepath.Join(w.dir, "out/c")) }, 1},
		{"a changed program", func() {
			for _, name := range []string{"a", "b", "c"} {
				makeFile(t, filepath.Join(w.dir, "out", name), "old", past(2))
			}
			now := past(1)
			if err := os.Chtimes(filepath.Join(w.dir, "tool"), now, now); err != nil {
				t.Fatal(err)
			}
		}, 3},
	} {
		step.prepare()
		again := programWorld(t)
		again.dir = w.dir
		if got := again.outAndReset(stages, 10); got != `["out/a", "out/b", "out/c"]` {
			t.Errorf("%s: %s", step.name, got)
		}
		if runs := ran(); runs != step.runs || again.skipped != 3-step.runs {
			t.Errorf("%s: %d programs ran, %d were skipped; want %d and %d", step.name, runs, again.skipped, step.runs, 3-step.runs)
		}
	}
	text, err := os.ReadFile(filepath.Join(w.dir, "out/b"))
	if string(text) != "B" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}

// TestCreatesFolderAgain: a folder is not replaced.
func TestCreatesFolderAgain(t *testing.T) {
	w := programWorld(t)
	makeFile(t, w.dir+"/in", "x", past(2))
	stages := []Stage{itemsStage("in"), shellStage(`mkdir "$OUT"; cp "$ITEM" "$OUT"`, "creates", srcText("out"))}
	for _, want := range []string{`["out"]`, `["out"]`, `[] test.yaml:1:6: shell: creates: ` + w.dir + `/out is a folder, which is not replaced: remove it to have it created anew (item "in")`} {
		again := programWorld(t)
		again.dir = w.dir
		if got := again.outAndReset(stages, 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if again.skipped > 0 {
			old := past(3)
			if err := os.Chtimes(w.dir+"/out", old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCreatesUnderDeaths: a chain that dies anywhere creates each file once more at most, counts none as skipped that it has created, and
// leaves nothing else.
func TestCreatesUnderDeaths(t *testing.T) {
	deaths := 0
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := programWorld(t)
		w.dir = t.TempDir()
		var items []any
		var want []string
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			makeFile(t, filepath.Join(w.dir, name), name, past(1))
			items, want = append(items, name), append(want, name+".copy")
		}
		dies := mortal{lives: 20, oneIn: 8, rng: rng, each: func(h *fakeHost) {
			h.empty = func() bool { return rng.IntN(3) == 0 }
			h.full = func() bool { return rng.IntN(3) == 0 }
		}}
		died, err := dies.run(t, w, []Stage{itemsStage(items...), copying(), putStage("q")})
		deaths += died
		if got := string(AppendJSON(nil, w.queue("q").put)); err != nil || got != `["copies/a.copy", "copies/b.copy", "copies/c.copy", "copies/d.copy", "copies/e.copy"]` {
			t.Fatalf("seed %d: %v %s", seed, err, got)
		}
		if got := filesIn(t, filepath.Join(w.dir, "copies")); !slices.Equal(got, want) {
			t.Fatalf("seed %d: there is %v", seed, got)
		}
		ran, _ := os.ReadFile(filepath.Join(w.dir, "ran"))
		if n := strings.Count(string(ran), "\n"); n != len(items) || w.skipped != 0 {
			t.Fatalf("seed %d: %d programs ran and %d were skipped: %s", seed, n, w.skipped, ran)
		}
	}
	if deaths < 50 {
		t.Errorf("it died only %d times", deaths)
	}
}
