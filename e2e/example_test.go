package e2e

import (
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// example is a row: a file of examples/, how it is run, and what it must print, computed without mprun.
type example struct {
	file     string
	sources  string   // a folder of Go's sources that stands for all of them
	args     []string // DIR stands for an empty folder, PORT for a port that nobody listens at, SEGMENT for a name in /dev/shm
	stdin    string
	script   string // a shell script that prints what is expected, in examples/ and with DIR in the environment
	needs    []string
	after    bool   // the script is run after mprun
	file2    string // a file that must have what is expected, in place of standard output
	stderr   string // part of standard error
	fired    bool   // workers of it are killed by another test
	counts   bool   // what it prints depends on how often its programs were called
	commands bool   // its processes are commands: it has no workers
}

// poolsScript is the example of Python's page, without its pauses.
const poolsScript = `python3 -c '
tasks = [("mul", i, 7) for i in range(10)] + [("plus", i, 8) for i in range(10)]
lines = ["%s(%d, %d) = %d" % (n, a, b, a * b if n == "mul" else a + b) for n, a, b in tasks]
for line in lines: print("ordered", line)
for line in sorted(lines): print("unordered", line)
for i in range(10):
    try: print("10 //", 10 // (i - 5))
    except ZeroDivisionError: print("no 10 // 0: expression error as expected")
print("slept 0s\n30s took too long\nslept 0s")
'`

var examples = []example{
	{file: "hello.yaml", args: []string{"name=Ada"}, script: `printf 'Hello, Ada!\nGood evening, Ada!\n'`},
	{file: "squares.yaml", script: `awk 'BEGIN { for (i = 0; i < 1000; i++) s += i * i; print s }'`, needs: []string{"awk"}},
	{
		file: "wordcount.yaml", sources: "net", fired: true, needs: []string{"awk", "go"},
		script: `find "$(go env GOROOT)/src" -name '*.go' -type f -print0 | xargs -0 cat |
			awk '{ gsub(/[^A-Za-z]+/, " "); for (i = 1; i <= NF; i++) if (length($i) > 2) n[$i]++ } END { for (w in n) print n[w], w }' |
			sort -k1,1nr -k2,2 | head -20`,
	},
	{file: "checksums.yaml", script: `sha256sum links/* | sort`, needs: []string{"sha256sum"}},
	{file: "pool.yaml", script: `sha256sum links/*`, needs: []string{"sha256sum"}},
	{file: "limits.yaml", counts: true, script: `printf '25 primes below 100\n1229 primes below 10000\n78498 primes below 1000000\n'`, needs: []string{"python3"}, stderr: "given up: 400000000\n"},
	{file: "contents.yaml", script: `sed -n 's/^## //p' ../README.md | while read -r heading; do
			printf -- '- [%s](#%s)\n' "$heading" "$(printf %s "$heading" | tr A-Z a-z | tr -cd 'a-z0-9 _-' | tr ' ' -)"; done`},
	{file: "pools.yaml", script: poolsScript, needs: []string{"python3"}},
	{
		file: "checksums.yaml", args: []string{"files=../**/*.go"}, needs: []string{"sha256sum"},
		script: `find .. -name '*.go' -print0 | xargs -0 sha256sum | sort`,
	},
	{
		file: "compress.yaml", args: []string{"to=DIR/gz"}, after: true, needs: []string{"gzip"},
		script: `for f in links/*; do gzip -dc "$DIR/gz/${f##*/}.gz" | cmp - "$f"; (cd "$DIR/gz"; stat -c '%n %s' "${f##*/}.gz"); done | sort`,
	},
	{file: "mapreduce.yaml", script: mapReduceScript, needs: []string{"grep"}},
	{file: "mapreduce.yaml", args: []string{"files=links/*"}, script: strings.ReplaceAll(mapReduceScript, "*.yaml", "links/*"), needs: []string{"grep"}},
	{file: "broadcast.yaml", script: `printf 'from 16.0 to 33.0\nmean 25.4375\ntoo hot: 30.5\ntoo hot: 31.5\ntoo hot: 33.0\n'`},
	{
		file: "sieve.yaml", args: []string{"n=8", "most=1000"}, needs: []string{"awk", "factor"},
		script: `primes=$(seq 2 999 | factor | awk 'NF == 2 { print $2 }' | head -8)
			seq 2 999 | awk -v primes="$(echo $primes)" 'BEGIN { n = split(primes, p, " ") }
				{ for (i = 1; i <= n; i++) if ($1 % p[i] == 0) next; left++ } END { print left " numbers below 1000 are left" }'
			echo "$primes"`,
	},
	{
		file: "philosophers.yaml", fired: true, args: []string{"n=3", "meals=50"},
		script: `for i in 0 1 2; do echo "philosopher $i ate 50 times"; done`,
	},
	{file: "philosophers.yaml", script: `for i in 0 1 2 3 4; do echo "philosopher $i ate 100 times"; done`},
	{file: "buffer.yaml", fired: true, script: `echo "sum 124750, never more than 4 in the buffer: true"`},
	{file: "slots.yaml", fired: true, script: `echo "300 times, never more than two at a time: true"`},
	{
		file: "crawl.yaml", args: []string{"port=PORT", "rate=200/s"}, needs: []string{"python3", "curl"},
		script: `SITE="http://127.0.0.1:$PORT/"; export SITE; ` + linksScript,
	},
	{file: "links.yaml", script: linksScript, needs: []string{"python3"}},
	{
		file: "logs.yaml", args: []string{"logs=DIR/logs"}, after: true, needs: []string{"gzip", "awk"},
		script: `test "$(gzip -dc "$DIR"/logs/*.gz | wc -l)" = 20000 && gzip -dc "$DIR"/logs/*.gz |
			awk '$5 ~ /^5/ { n[$3]++ } END { for (p in n) print n[p], p }' | sort -k1,1nr -k2,2 | head -3`,
	},
	{file: "convert.yaml", script: convertScript, needs: []string{"python3"}},
	{file: "convert.yaml", args: []string{"out=DIR/people.jsonl"}, file2: "people.jsonl", script: convertScript, needs: []string{"python3"}},
	{file: "join.yaml", script: joinScript, needs: []string{"python3"}},
	{
		file: "quartiles.yaml", args: []string{"files=weather/*.csv"}, needs: []string{"python3", "awk"},
		script: `stat -c %s weather/austin.csv weather/oslo.csv | sort -n |
			awk '{ n[NR] = $1 } END { d = n[2] - n[1]; q[1] = n[1] - d / 4; q[2] = n[1] + d / 2; q[3] = n[2] + d / 4
				for (i = 1; i <= 3; i++) s = s " " (q[i] == int(q[i]) ? q[i] ".0" : q[i]); print "weather" s }'`,
	},
	{
		file: "outline.yaml", needs: []string{"python3", "perl"},
		script: `cd links && perl -ne 'while (/<a href="([^":]+)">([^<]+)</g) { print "$ARGV links $2 to $1\n" }' *.html | sort -k1,1 -k5,5`,
	},
	{
		file: "join.yaml", args: []string{"rejected=DIR/rejected.jsonl"}, after: true, needs: []string{"jq"},
		script: `jq -c '[.order, .why]' "$DIR/rejected.jsonl" > "$DIR/got"
			printf '%s\n' '["1003","\"n/a\" is no number"]' '[1006,"there is no country xx"]' | cmp - "$DIR/got" &&
			printf '%s\n' 'America: 2 orders, 390.0' 'Asia: 1 orders, 42.25' 'Europe: 2 orders, 140.0'`,
	},
	{file: "sweep.yaml", script: sweepScript, needs: []string{"python3"}, stderr: "finally: the sweep succeeded"},
	{file: "sweep.yaml", args: []string{"budget=420.5"}, script: "BUDGET=420.5; export BUDGET; " + sweepScript, needs: []string{"python3"}},
	{
		file: "weather.yaml", needs: []string{"python3"},
		script: `python3 -c '
import csv
for station, unit in ("austin", "F"), ("oslo", "C"):
    kept = []
    for row in csv.DictReader(open("weather/" + station + ".csv")):
        try: kept.append(float(row["degrees"]))
        except ValueError: pass
    celsius = [round(((t - 32) / 1.8 if unit == "F" else t) * 10) / 10 for t in kept]
    print(station, round(sum(celsius) / len(celsius) * 100) / 100, "of", len(celsius), "days")'`,
	},
	{
		file: "stencil.yaml", needs: []string{"python3"},
		script: `python3 -c '
n = 200; h = [0.0] * n
for _ in range(100):
    h = [1.0 if i == 0 else 0.0 if i == n - 1 else (h[i-1] + h[i] + h[i+1]) / 3 for i in range(n)]
for i in range(0, 40, 8): print(h[i])'`,
	},
	{file: "pi.yaml", script: `echo pi is about 3.14`},
	{
		file: "histogram.yaml", needs: []string{"awk", "grep"},
		script: `cat links/* | grep -oE '[A-Za-z]+' | awk '{ n = length($0); if (n > 20) n = 20; c[n]++ } END { for (n in c) print n, c[n] }' | sort -n`,
	},
	{
		file: "picture.yaml", args: []string{"segment=SEGMENT"}, needs: []string{"python3"},
		script: `python3 -c '
disc = [[240 if (y - 7) ** 2 + ((x - 14.5) / 2) ** 2 < 36 else 0 for x in range(30)] for y in range(15)]
for row in disc[2:14:2]:
    print("".join(" .:#"[(row[max(0, x - 1)] + row[x] + row[min(29, x + 1)]) // 3 // 80] for x in range(30)).rstrip())'`,
	},
	{file: "double.yaml", stdin: "1\n-2\n30000000000\n", script: `printf '2\n-4\n60000000000\n'`},
	{
		file: "route.yaml", needs: []string{"awk"},
		script: `awk 'BEGIN { for (i = 1; i < 16; i++) print i % 15 ? (i % 5 ? (i % 3 ? i : "Fizz") : "Buzz") : "FizzBuzz" }'`,
	},
	{file: "tee.yaml", script: `printf '12\n31\n25\n'`},
	{
		file: "tee.yaml", args: []string{"--report", "DIR/report.json"}, after: true, needs: []string{"jq"},
		script: `jq -e '.results == {highest: 31, sum: 84}' "$DIR/report.json" > /dev/null && printf '12\n31\n25\n'`,
	},
	{file: "errors.yaml", script: `echo sum 7`, stderr: "not a number: three ("},
	{file: "errors.yaml", script: `echo sum 7`, stderr: "not a number: null ("},
	{file: "retry.yaml", counts: true, args: []string{"tries=DIR/tries"}, script: `printf 'knock 1\nknock 2\nknock 3\n'`},
	{file: "programs.yaml", script: `seq 1 12 | sort | xargs -n 6`, needs: []string{"seq", "xargs"}},
	{file: "forkserver.yaml", script: `awk 'BEGIN { for (i = 0; i < 1000; i++) s += i * i; print "the squares of 0 to 999 are", s, "in all" }'`, needs: []string{"awk"}},
	{file: "threads.yaml", script: `awk 'BEGIN { for (i = 0; i < 400; i++) s += i * i; print "the squares of 0 to 399 are", s, "in all" }'`, needs: []string{"awk"}},
	{file: "signal.yaml", args: []string{"runners=6"}, script: `printf 'on your marks\nall have run\n6 came in\n'`},
	{
		file: "phases.yaml", needs: []string{"python3"},
		script: `python3 -c '
numbers = list(range(1, 17))
for k in range(4):
    numbers = [sum(numbers[i - j] for j in (0, 2 ** k) if i >= j) for i in range(16)]
    print(numbers)'`,
	},
	{
		file: "ondeath.yaml", counts: true,
		script: `for i in 1 2 3; do echo patient: passed; done; for i in 1 2 3; do echo plain: passed; done
			for i in 1 2; do echo plain: the barrier plain is broken; done; for i in 1 2 3 4 5 6; do echo smaller: passed; done
			for i in 1 2 3; do echo strict: the barrier strict is broken; done`,
	},
	{
		file: "services.yaml", commands: true, args: []string{"dir=DIR"}, needs: []string{"awk", "join"},
		script: `awk 'BEGIN { for (i = 1; i <= 3; i++) print i, i * i, i * i * i }'`,
	},
	{file: "stack.yaml", commands: true, args: []string{"data=DIR/stack"}, script: `echo ada 36`, needs: []string{"mkfifo"}},
	{file: "stack.yaml", commands: true, args: []string{"data=DIR/stack", "seed=false", "name=bob"}, script: `echo there is no bob`, needs: []string{"mkfifo"}},
	{
		file: "stack.yaml", commands: true, args: []string{"data=DIR/stack", "--file", "../examples/stack/debug.yaml"}, needs: []string{"mkfifo"},
		script: `printf 'grace 45\n2 people\n'`, stderr: "api: asked for grace\n",
	},
}

const mapReduceScript = `cat *.yaml | grep -oE '[A-Za-z]+' | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2,2 | head -10 | awk '{ print $1, $2 }'`

// linksScript follows the links of the pages in links/, which are shown with $SITE before their names.
const linksScript = `python3 -c '
import os, re
seen, todo = set(), ["index.html"]
while todo:
    page = todo.pop()
    if page in seen: continue
    seen.add(page)
    if os.path.exists("links/" + page):
        todo += [l for l in re.findall("href=\"([^\"]+)\"", open("links/" + page).read()) if "://" not in l]
site = os.environ.get("SITE", "")
for line in sorted(("ok      " if os.path.exists("links/" + p) else "missing ") + site + p for p in seen): print(line)'`

const convertScript = `python3 -c '
import csv, json
for p in csv.DictReader(open("people.csv", newline="")):
    print(json.dumps({"city": p["city"], "decade": int(p["born"]) // 10 * 10, "name": p["name"]}))'`

// sweepScript works out the loans of sweep.yaml.
const sweepScript = `python3 -c '
import itertools, os
loans = []
for amount, rate, years in itertools.product([50000, 75000, 100000], [0.02, 0.035, 0.05], [10, 15, 20, 25]):
    monthly = amount * rate / 12 / (1 - (1 + rate / 12) ** -(years * 12))
    if monthly <= float(os.environ.get("BUDGET", "700")):
        loans.append((-amount, round(monthly * 12 * years - amount), rate, years, round(monthly * 100) / 100))
for a, cost, rate, years, monthly in sorted(loans): print(f"{-a} at {rate} for {years} years is {monthly} a month, {cost} in all")'`

const joinScript = `python3 -c '
import csv
countries = {c["code"]: c["region"] for c in csv.DictReader(open("countries.csv", newline=""))}
orders, amount = {}, {}
for o in csv.DictReader(open("orders.csv", newline="")):
    region = countries.get(o["country"].strip().lower())
    try: value = float(o["amount"])
    except ValueError: continue
    if region:
        orders[region] = orders.get(region, 0) + 1
        amount[region] = amount.get(region, 0) + value
for r in sorted(orders): print(f"{r}: {orders[r]} orders, {amount[r]}")'`

// TestExamples runs each example as it is.
func TestExamples(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, x example) { x.check(t, x.start(t).inPeace()) })
}

// TestExamplesItemByItem: nobody can tell from results, order and effects how many items go through a chain at a time.
func TestExamplesItemByItem(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, x example) { x.check(t, x.start(t, "--block-items", "1").inPeace()) })
}

// TestExamplesUnderFire: workers that are killed at random moments change nothing. Programs may be called again for an item, so that
// examples which count the calls are left out.
func TestExamplesUnderFire(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, x example) {
		if x.counts || x.commands || x.fired {
			return
		}
		seed := uint64(time.Now().UnixNano())
		random := rand.New(rand.NewPCG(seed, 0))
		start, total, rounds := time.Now(), 0, 0
		for total == 0 || time.Since(start) < *long {
			s := x.start(t, "--file", patience(t, x.file))
			kills, code := s.underFire(random, 10)
			total += kills
			rounds++
			x.check(t, &tried{s, code})
			if t.Failed() {
				t.Fatalf("in round %d after %d kills, seed %d", rounds, kills, seed)
			}
		}
		t.Logf("%d kills in %d rounds", total, rounds)
	})
}

func eachExample(t *testing.T, do func(t *testing.T, x example)) {
	for _, x := range examples {
		t.Run(strings.Join(append([]string{x.file}, x.args...), " "), func(t *testing.T) {
			t.Parallel()
			need(t, x.needs...)
			do(t, x)
		})
	}
}

// patience is a document that lets the queues and pools of an example deliver an item again and again, also those pools that stages have for
// themselves: many random kills make an innocent item, or the start of an interpreter, look like one that kills its workers.
func patience(t *testing.T, example string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../examples", example))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Queues, Pools, Processes map[string]any }
	if err := yaml.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	const much = 1000
	overlay := map[string]any{"x-patience": "much"}
	for key, names := range map[string]map[string]any{"queues": spec.Queues, "pools": spec.Pools} {
		if len(names) == 0 {
			continue
		}
		patient := map[string]any{}
		for name := range names {
			patient[name] = map[string]any{"max_deliveries": much}
		}
		overlay[key] = patient
	}
	processes := map[string]any{}
	for name, process := range spec.Processes {
		p, _ := process.(map[string]any)
		if forgiveInlinePools(p["stages"], much) {
			processes[name] = map[string]any{"stages": p["stages"]}
		}
	}
	if len(processes) > 0 {
		overlay["processes"] = processes
	}
	document, err := yaml.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	return writeSpec(t, string(document))
}

// forgiveInlinePools sets max_deliveries of the pools that are written down where they are used, and says whether there are any.
func forgiveInlinePools(node any, deliveries int) (found bool) {
	switch node := node.(type) {
	case map[string]any:
		if pool, inline := node["pool"].(map[string]any); inline {
			pool["max_deliveries"], found = deliveries, true
		}
		for _, inner := range node {
			found = forgiveInlinePools(inner, deliveries) || found
		}
	case []any:
		for _, inner := range node {
			found = forgiveInlinePools(inner, deliveries) || found
		}
	}
	return found
}

// trial is an example that is being run, in a folder of its own.
type trial struct {
	*session
	dir      string
	port     string
	expected string
}

// start starts the example.
func (x example) start(t *testing.T, more ...string) *trial {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	args := []string{filepath.Join("../examples", x.file)}
	for _, a := range x.args {
		args = append(args, strings.NewReplacer("DIR", dir, "PORT", port, "SEGMENT", newSegment()).Replace(a))
	}
	s := &trial{session: prepare(t, append(args, more...)...), dir: dir, port: port}
	if x.sources != "" {
		s.cmd.Env = append(s.cmd.Env, "GOROOT="+fewSources(t, x.sources))
	}
	if !x.after {
		s.expected = x.expected(t, s.cmd.Env, dir, port)
	}
	// A file can be read again by the replacement of a worker.
	stdin := filepath.Join(dir, "stdin")
	if err := os.WriteFile(stdin, []byte(x.stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(stdin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s.cmd.Stdin = f
	s.session.start()
	return s
}

// tried is an example that was run.
type tried struct {
	*trial
	code int
}

func (s *trial) inPeace() *tried { return &tried{s, s.wait()} }

func (x example) check(t *testing.T, s *tried) {
	t.Helper()
	if x.after {
		s.expected = x.expected(t, s.cmd.Env, s.dir, s.port)
	}
	got := result{s.code, s.stdout.String(), s.stderr.String()}
	if x.file2 != "" {
		written, err := os.ReadFile(filepath.Join(s.dir, x.file2))
		if err != nil {
			t.Error(err)
		}
		if got.stdout != "" {
			t.Errorf("unexpected standard output:\n%s", got.stdout)
		}
		got.stdout = string(written)
	}
	if s.expected == "" {
		t.Fatal("nothing is expected: the script is wrong")
	}
	got.expect(t, 0, s.expected)
	if !strings.Contains(got.stderr, x.stderr) {
		t.Errorf("standard error lacks %q:\n%s", x.stderr, got.stderr)
	}
}

// freePort is a port of the local host that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// fewSources makes a GOROOT that has just one folder of Go's sources.
func fewSources(t *testing.T, folder string) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	few := t.TempDir()
	if err := os.CopyFS(filepath.Join(few, "src"), os.DirFS(filepath.Join(strings.TrimSpace(string(root)), "src", folder))); err != nil {
		t.Fatal(err)
	}
	return few
}

// expected is what the row's script prints.
func (x example) expected(t *testing.T, env []string, dir, port string) string {
	t.Helper()
	cmd := exec.Command("sh", "-ec", x.script)
	cmd.Dir = "../examples"
	cmd.Env = append(slices.Clone(env), "LC_ALL=C", "DIR="+dir, "PORT="+port)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("computing what is expected: %v", err)
	}
	return string(out)
}

// TestExamplesAreAllRun holds the table against the folder, and each file's first line, by which editors find the schema.
func TestExamplesAreAllRun(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		if !slices.ContainsFunc(examples, func(x example) bool { return x.file == filepath.Base(path) }) {
			t.Errorf("%s is run by no test", path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		if first != "# yaml-language-server: $schema=../schemas/mprun.schema.json" {
			t.Errorf("%s does not name the schema in its first line", path)
		}
		if !strings.HasPrefix(rest, "# ") || !strings.Contains(rest, "mprun examples/"+filepath.Base(path)) {
			t.Errorf("%s does not begin by saying what it does and how to run it", path)
		}
	}
}
