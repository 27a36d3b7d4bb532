package runtime

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
)

func TestRecordsComeBackAsTheyWereWritten(t *testing.T) {
	block := appendRecord(nil, recordStdout, "", []byte("one\n"))
	block = appendRecord(block, recordCreate, "p\x00/tmp/x", []byte{0, 1, 2})
	block = appendRecord(block, recordLog, "p\x00info", nil)
	type plain struct {
		Kind recordKind
		Name string
		Data string
	}
	var got []plain
	for len(block) > 0 {
		r, rest, err := nextRecord(block)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, plain{r.kind, string(r.name), string(r.data)})
		block = rest
	}
	want := []plain{{recordStdout, "", "one\n"}, {recordCreate, "p\x00/tmp/x", "\x00\x01\x02"}, {recordLog, "p\x00info", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzNextRecord(f *testing.F) {
	f.Add(appendRecord(appendRecord(nil, recordStdout, "a", []byte("b")), recordResult, "x", []byte("y")))
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, block []byte) {
		for rest := block; len(rest) > 0; {
			r, next, err := nextRecord(rest)
			if err != nil {
				if !errors.Is(err, errRecord) {
					t.Errorf("error %v", err)
				}
				return
			}
			if len(next) >= len(rest) || recordSize(string(r.name), r.data) != len(rest)-len(next) {
				t.Fatalf("a record of %d bytes out of %d leaves %d", recordSize(string(r.name), r.data), len(rest), len(next))
			}
			rest = next
		}
	})
}

func TestGuardianFollowsThePipe(t *testing.T) {
	left := readGuardian(strings.NewReader("+g 10\n+g 11\n-g 10\n+g 1\n+g x\n+f \"/tmp/a b\"\n+f \"/tmp/c\"\n-f \"/tmp/c\"\n+t \"/tmp/d\"\n+t \"/tmp/e\"\n-t \"/tmp/e\"\n" +
		"+s 1 2 \"/dev/shm/a b\"\n+s 1 3 \"/dev/shm/c\"\n-s 1 3 \"/dev/shm/c\"\n+s 1 \"/dev/shm/d\"\n+s x 3 \"/dev/shm/e\"\n"))
	if diff := cmp.Diff(map[int]bool{11: true}, left.groups); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"/tmp/a b": false, "/tmp/d": true}, left.files); diff != "" {
		t.Error(diff)
	}
	if want := (map[segmentName]bool{{"/dev/shm/a b", 1, 2}: true}); !maps.Equal(left.segments, want) {
		t.Errorf("segments are %v instead of %v", left.segments, want)
	}
}

func TestRestartPolicy(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const never = time.Duration(-1)
	for _, test := range []struct {
		name   string
		policy planner.Restart
		worker bool
		codes  []int // a second apart
		want   []time.Duration
	}{
		{"a killed worker is replaced at once", planner.Restart{When: "death"}, true, []int{-9, -11, 0, 1}, []time.Duration{0, 0, never, never}},
		{"a killed command is not", planner.Restart{When: "death"}, false, []int{-9}, []time.Duration{never}},
		{"never", planner.Restart{When: "never"}, true, []int{-9, 1, 0}, []time.Duration{never, never, never}},
		{
			"on failure, with a pause that doubles",
			planner.Restart{When: "on-failure", Max: 5, Window: "1m", Backoff: "100ms", MaxBackoff: "300ms"},
			false,
			[]int{1, -9, 2, 0},
			[]time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, never},
		},
		{
			"so often in a window",
			planner.Restart{When: "always", Max: 2, Window: "10s"},
			false,
			[]int{0, 0, 0},
			[]time.Duration{0, 0, never},
		},
		{
			"the window moves on",
			planner.Restart{When: "always", Max: 2, Window: "1500ms"},
			false,
			[]int{0, 0, 0, 0},
			[]time.Duration{0, 0, 0, 0},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy, err := newRestartPolicy(test.policy)
			if err != nil {
				t.Fatal(err)
			}
			r := &replica{process: &process{plan: &planner.Process{}}, slot: -1}
			if test.worker {
				r.slot = 0
			}
			var got []time.Duration
			for i, code := range test.codes {
				pause, again := policy.next(r, code, start.Add(time.Duration(i)*time.Second))
				if !again {
					pause = never
				}
				got = append(got, pause)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTailKeepsTheLastLines(t *testing.T) {
	var passed bytes.Buffer
	w := &tailWriter{next: &passed}
	for _, s := range []string{"1\n2\n3", "\n4\n5\n6\n", strings.Repeat("x", maxTail) + "\n", "last\n"} {
		if _, err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.text(); !strings.HasSuffix(got, " | last") || len(got) > maxTail+3*keptLines {
		t.Errorf("tail %q", got)
	}
	if passed.Len() != 6*2+maxTail+1+5 {
		t.Errorf("passed on %d bytes", passed.Len())
	}
}
