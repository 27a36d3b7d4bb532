package each

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTemplate(t *testing.T) {
	for _, tt := range []struct {
		text, replace string
		several       bool
		want          string
	}{
		{"plain", "", false, "plain"},
		{"{}", "", false, "${{ item }}"},
		{"a{}b{}", "", false, "a${{ item }}b${{ item }}"},
		{"{}", "", true, "${{ item }}"},
		{"<{}>", "", true, `<${{ join(item, " ") }}>`},
		{"{/}", "", true, "${{ map(item, base(it)) }}"},
		{"{2}", "", true, `${{ (get(item, 1) ?? "") }}`},
		{"{2}", "", false, `${{ "" }}`},
		{"{1.}.png", "", false, "${{ trimSuffix(item, ext(item)) }}.png"},
		{"{//}/{/.}", "", false, "${{ dir(item) }}/${{ trimSuffix(base(item), ext(item)) }}"},
		{"{#}.{%}", "", false, "${{ n }}.${{ self.index + 1 }}"},
		{"{out}", "", false, "${{ out }}"},
		{"{..} {x} {} ${{", "", false, `{..} {x} ${{ item }} ${{ "$" }}{{`},
		{"@ {} {.} {2}", "@", false, `${{ item }} {} ${{ trimSuffix(item, ext(item)) }} ${{ "" }}`},
	} {
		if got := template(tt.text, tt.replace, tt.several, true); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"echo", `["echo"]`},
		{"echo  a\tb", `["echo" "a" "b"]`},
		{`echo 'a b' "c \" d" e\ f '' x"y"z`, `["echo" "a b" "c \" d" "e f" "" "xyz"]`},
		{`echo "a\nb"`, `["echo" "a\\nb"]`},
		{"echo 'a", "the command ends inside of quotes: echo 'a"},
		{"echo a | cat", `"|" is for a shell, and a command is run without one: mprun each --shell 'echo a | cat' has one, or give the command in several words`},
		{"echo '|'", `["echo" "|"]`},
	} {
		words, err := splitWords(tt.text)
		got := fmt.Sprintf("%q", words)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

// TestScriptIsSafe: whatever an item holds, and wherever it stands in a script, it arrives as it is and nothing of it is run.
func TestScriptIsSafe(t *testing.T) {
	items := []string{
		"plain", "two  words", "", "*", "$HOME", "$(echo bad)", "`echo bad`", "'", "\"", `\`, "'; echo bad; '", "\"; echo bad; \"", "a\nb", "-n", "${1}", "{}", "é\x80",
	}
	for _, script := range []string{
		`printf %s {}`, `printf %s "{}"`, `printf %s '{}'`, `printf %s "$(printf %s {})"`, `printf %s "$(printf %s "{}")"`, "printf %s \"`printf %s {}`\"",
		`printf %s "$(printf %s "$( (printf %s {}) )")"`, `x={}; printf %s "$x"`, `printf %s \'{}\' | tr -d \\n; : `, `case {} in *) printf %s {};; esac`,
	} {
		words := scriptWords(script, "")
		for _, item := range items {
			list := slices.Clone(words)
			for i := 4; i < len(list); i++ {
				list[i] = item
			}
			out, err := exec.Command(list[0], list[1:]...).Output()
			want := item
			if strings.Contains(script, "tr -d") {
				want = strings.ReplaceAll("'"+item+"'", "\n", "")
			}
			if strings.Contains(script, "$(") || strings.Contains(script, "`") {
				want = strings.TrimRight(want, "\n")
			}
			if err != nil || string(out) != want {
				t.Errorf("%s (%s) of %q: %q, %v", script, words[2], item, out, err)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	for _, tt := range []struct{ words, want string }{
		{"echo {}", "[echo {}] []"},
		{"echo ::: a b", "[echo] [{[a b]  false}]"},
		{"echo ::: a ::: 1 2", "[echo] [{[a]  false} {[1 2]  false}]"},
		{"echo ::: a b :::+ 1 2", "[echo] [{[a b]  false} {[1 2]  true}]"},
		{"echo :::: f g", "[echo] [{[] f false} {[] g false}]"},
		{"echo :::", "[echo] [{[]  false}]"},
		{"echo :::+ a", ":::+ links a list to the one before it, and there is none"},
		{"echo ::::", ":::: needs the name of a file"},
	} {
		command, sources, err := Split(strings.Fields(tt.words))
		got := fmt.Sprintf("%v %v", command, sources)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.words, got, tt.want)
		}
	}
}

func TestParseHalt(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Halt
		bad  bool
	}{
		{"never", Halt{}, false},
		{"now,fail=1", Halt{true, "fail", 1}, false},
		{"soon,success=3", Halt{false, "success", 3}, false},
		{"soon,done=10", Halt{false, "done", 10}, false},
		{"2", Halt{true, "fail", 1}, false},
		{"now,fail=0", Halt{}, true},
		{"now,fail=10%", Halt{}, true},
		{"later,fail=1", Halt{}, true},
		{"now", Halt{}, true},
	} {
		if got, err := ParseHalt(tt.text); got != tt.want || err != nil != tt.bad {
			t.Errorf("%s: %+v, %v", tt.text, got, err)
		}
	}
}

// TestRefused: what cannot be is said before anything runs.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		job  Job
		want string
	}{
		{Job{}, "a command is needed behind the options"},
		{Job{Command: []string{"echo {}", "x"}, Shell: true}, "takes the script as one word"},
		{Job{Command: []string{"cp", "{}"}, Creates: "x"}, "{out} is not in it"},
		{Job{Command: []string{"cp", "{}", "{out}"}}, "there is no --creates"},
		{Job{Command: []string{"cp {} {out}"}, Shell: true}, "there is no --creates"},
		{Job{Command: []string{"echo"}, Arguments: 2, Sources: make([]Source, 2)}, "-n takes items of one list"},
		{Job{Command: []string{"echo"}, Columns: ",", Sources: make([]Source, 2)}, "of one item of one list"},
		{Job{Command: []string{"echo"}, Columns: "[0-9]"}, `not the regular expression [0-9]`},
		{Job{Command: []string{"echo"}, Columns: `\t+`}, `not the regular expression \t+`},
		{Job{Command: []string{"echo"}, Shuffle: true, Done: []Span{{1, 1}}}, "goes by the numbers of the jobs"},
		{Job{Command: []string{"echo"}, Live: true, KeepOrder: true}, "leave one of them out"},
		{Job{Command: []string{"echo"}, Sources: []Source{{Items: []string{"a"}}, {Items: []string{"1", "2"}, Linked: true}}}, "lists that are linked are of one length"},
	} {
		if _, err := tt.job.Spec(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.job.Command, err, tt.want)
		}
	}
}

func ExampleJob_Spec() {
	job := Job{Command: []string{"convert", "{}", "{.}.png"}, Slots: 4, Retries: 1, Timeout: 30 * time.Second, Arguments: 1, Format: "lines"}
	text, err := job.Spec()
	if err != nil {
		fmt.Println(err)
	}
	_, rest, _ := strings.Cut(text, "  each:\n")
	fmt.Print(rest[:strings.Index(rest, "          - when")])
	// Output:
	//     stages:
	//       - read: '-'
	//         encoding: any
	//       - pool: jobs
	//         ordered: false
	//         do:
	//           - exec:
	//               - 'convert'
	//               - '${{ item }}'
	//               - '${{ trimSuffix(item, ext(item)) }}.png'
	//             format: outcome
	//             timeout: 30s
	//             retry: 1
	//             spill: 256KiB
	//             as: job
}

func TestItemIsScript(t *testing.T) {
	for _, tt := range []struct {
		command string
		want    bool
	}{
		{"sh -c {}", true},
		{"env A=b /bin/bash -e -c {1}", true},
		{"sh -c x{}", false},
		{"sh -c echo {}", false},
		{"sh {} -c", false},
		{"echo -c {}", false},
	} {
		if got := itemIsScript(strings.Fields(tt.command), ""); got != tt.want {
			t.Errorf("%s: %t", tt.command, got)
		}
	}
}

func TestColumnsExpression(t *testing.T) {
	for separator, want := range map[string]string{
		",": `split(item, ",")`, `\t`: `split(item, "\t")`, ", ": `split(item, ", ")`, "|": `split(item, "|")`, `\|\.`: `split(item, "|.")`, `\\`: `split(item, "\\")`,
		"\xff": `split(item, fromBase64("/w=="))`, `\s+`: `find_all(item, "[^ \\t\\r\\n]+")`, `,\s*`: `map(split(item, ","), trim(it))`,
	} {
		if got, err := columnsExpression(separator); got != want || err != nil {
			t.Errorf("%q: %s, %v", separator, got, err)
		}
	}
}

func TestReadLog(t *testing.T) {
	const head = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
	line := func(n, exit, signal int) string {
		return fmt.Sprintf("%d\t:\t1.5\t0.1\t0\t0\t%d\t%d\techo a\tb\n", n, exit, signal)
	}
	for _, tt := range []struct {
		text, ended, succeeded string
	}{
		{"", "[]", "[]"},
		{head, "[]", "[]"},
		{head + line(3, 0, 0) + line(1, 0, 0) + line(2, 0, 0) + line(5, 0, 0), "[{1 3} {5 5}]", "[{1 3} {5 5}]"},
		{head + line(1, 1, 0) + line(2, 0, 9) + line(3, 0, 0), "[{1 3}]", "[{3 3}]"},
		{head + line(1, 1, 0) + line(1, 0, 0) + line(2, 0, 0) + line(2, -1, 0), "[{1 2}]", "[{1 1}]"},
		{head + line(1, 0, 0) + "2\t:\t1.5\t0.1\t0\t0\t0", "[{1 1}]", "[{1 1}]"},
		{head + "2\t:\t1.5\n" + "x\n" + line(4, 0, 0), "[{4 4}]", "[{4 4}]"},
		{"a b c\n", "it is no job log", "it is no job log"},
	} {
		for failed, want := range map[bool]string{false: tt.ended, true: tt.succeeded} {
			list, err := ReadLog(strings.NewReader(tt.text), failed)
			got := fmt.Sprint(list)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%q, %t: %s", tt.text, failed, got)
			}
		}
	}
}
