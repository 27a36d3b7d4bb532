package stages

import (
	"strings"
	"testing"
)

func shellStage(script string, options ...any) Stage {
	return stage("shell", Field{Source: srcText(script)}, options...)
}

// TestShell is what a script per item gives.
func TestShell(t *testing.T) {
	long := strings.Repeat("x", maxArgument)
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"the item is no script", []Stage{itemsStage("a  b", "$(exit 3)", "'; exit 4; '", "-n"), shellStage(`printf '<%s>' "$ITEM"`)}, `["<a  b>", "<$(exit 3)>", "<'; exit 4; '>", "<-n>"]`},
		{"items that are no texts", []Stage{itemsStage(1, 1.0, nil, true, []any{"a"}, map[string]any{"a": 1}), shellStage(`echo "$ITEM"`)}, `["1", "1.0", "null", "true", "[\"a\"]", "{\"a\": 1}"]`},
		{"pipes", []Stage{itemsStage("b a c"), shellStage(`echo $ITEM | tr ' ' '\n' | sort`, "format", srcLiteral("lines"))}, `["a", "b", "c"]`},
		{"identity and attempt", []Stage{shellStage(`echo "$ITEM_ID $ATTEMPT"`)}, `["seed 1"]`},
		{"env", []Stage{itemsStage(map[string]any{"n": "$(exit 3)"}), shellStage(`echo "$N"`, "env", &Source{Kind: SourceMap, Keys: []string{"N"}, Items: []Source{*srcExpr("item.n")}})}, `["$(exit 3)"]`},
		{"its own variables win", []Stage{itemsStage("a"), shellStage(`echo "$ITEM $ATTEMPT"`, "env", srcLiteral(map[string]any{"ITEM": "x", "ATTEMPT": "y"}))}, `["a 1"]`},
		{"cwd and input", []Stage{itemsStage("/"), shellStage(`pwd; cat`, "cwd", srcExpr("item"), "input", srcText("<${{ item }}>"))}, `["/\n</>"]`},
		{"a script of the spec's own", []Stage{itemsStage("a"), shellStage(`echo ${{ 1 + 1 }} "$ITEM"`)}, `["2 a"]`},
		{"an exit code", []Stage{itemsStage("a"), shellStage("echo oh >&2; exit 3")}, `[] test.yaml:1:6: shell: the script ended with exit code 3: oh (item "a")`},
		{"an exit code that is skipped", []Stage{itemsStage("a", "b"), handled(shellStage(`test "$ITEM" = b && echo "$ITEM"`), ThenSkip)}, `["b"]`},
		{"too slow", []Stage{itemsStage("a"), timed(shellStage("exec sleep 100"), "50ms")}, `[] test.yaml:1:6: shell: the script was ended after 50ms (item "a")`},
		{"a zero byte", []Stage{itemsStage("a\x00b"), shellStage(`echo "$ITEM"`)}, "[] test.yaml:1:6: shell: an item of 3 bytes, or one with a zero byte in it, cannot be in $ITEM: hand it over by `input` (item \"a\\u0000b\")"},
		{"a zero byte by input", []Stage{itemsStage("a\x00b"), shellStage("wc -c", "input", srcExpr("item"))}, `["3"]`},
		{"a long item by input", []Stage{itemsStage(long), shellStage("echo $ITEM_ID; wc -c", "input", srcExpr("item"))}, `["seed.0\n131072"]`},
		{"a long item", []Stage{itemsStage(long), handled(shellStage("echo ${ITEM}"), ThenFail, stage("log", Field{Source: srcText("${{ error.message }}")}))}, `[] test.yaml:1:6: shell: an item of 131072 bytes, or one with a zero byte in it, cannot be in $ITEM`},
		{"a long variable", []Stage{shellStage("echo", "env", srcLiteral(map[string]any{"A": long}))}, "[] test.yaml:1:6: shell: the variable \"A\" would be 131074 bytes long, longer than one can be, 131071 bytes: hand it over by `input` (item null)"},
		{"a long word", []Stage{execStage("exec", []string{"echo", long})}, "[] test.yaml:1:5: exec: a word of 131072 bytes is longer than a word of a command can be, 131071 bytes: hand it over by `input` (item null)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := programWorld(t).outAndReset(tt.stages, 10)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestMentionsVariable(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "ITEM": true, `"$ITEM"`: true, "${ITEM%x}": true, "$ITEM_ID": false, "$MYITEM": false, "ITEM_ID ITEM": true, "ITEMITEM": false,
	} {
		if got := MentionsVariable(text, "ITEM"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
