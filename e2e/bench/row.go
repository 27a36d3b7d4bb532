package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// row is one kind of work. What is measured is the cost of one unit of it: seconds, or MiB for memory.
type row struct {
	name  string
	unit  string  // s or MiB, per ...
	goal  float64 // the first peer's cost divided by mprun's, at least
	most  float64 // mprun's cost, at most; 0: the goal is the ratio
	mprun func(*lab) (float64, error)
	peers []contender // the goal is against the first
	limit limit
}

// contender is another tool that can do the work.
type contender struct {
	name    string
	needs   string // the program; "" for mprun itself
	measure func(*lab) (float64, error)
}

// limit is what the machine cannot do faster, whoever asks, measured in the same rounds.
type limit struct {
	name, how string
	measure   func(*lab) (float64, error)
}

// rows are the table. A whole run of mprun is measured, from its start to its end; of multiprocessing only the work, without the
// start of the interpreter.
func rows() []row {
	return slices.Concat(processRows(), poolRows(), fileRows())
}

// processRows are about queues, workers and programs.
func processRows() []row {
	return []row{
		{
			name: "small ints through a queue, item by item", unit: "s/item", goal: 20,
			mprun: queueOfMprun("ints", 8_000_000, 0),
			peers: []contender{{"multiprocessing.Queue", "python3", queueOfPython(100_000, 0)}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, at the rate of copy() measured over 64 MiB", copying(2 * 8)},
		},
		{
			name: "1 KiB items through a queue", unit: "s/item", goal: 15,
			mprun: queueOfMprun("kibibytes", 2_000_000, 1024),
			peers: []contender{{"multiprocessing.Queue", "python3", queueOfPython(80_000, 1024)}},
			limit: limit{"copying", "1024 bytes into shared memory and out of it, at the rate of copy() measured over 64 MiB", copying(2 * 1024)},
		},
		{
			name: "lines from standard input through `map: int(item) * 2`", unit: "s/line", goal: 1. / 3,
			mprun: doubled(func(l *lab) []string { return l.spec("lines") }),
			peers: []contender{{"awk '{print $1*2}'", "awk", doubled(func(*lab) []string { return []string{"awk", "{print $1*2}"} })}},
			limit: limit{"cat", "the same lines through `cat`, two pipes as for the others", doubled(func(*lab) []string { return []string{"cat"} })},
		},
		{
			name: "whole run of a trivial spec with two processes", unit: "s/run", goal: 1,
			mprun: func(l *lab) (float64, error) {
				return l.each(20, job{words: l.spec("trivial"), expect: "hello\n"})
			},
			peers: []contender{{"python3 -c pass", "python3", func(l *lab) (float64, error) {
				return l.each(20, job{words: []string{l.python, "-c", "pass"}})
			}}},
			limit: limit{"three programs", "three times `true`, started and waited for, one after the other", starting(3)},
		},
		{
			name: "a worker from its start to its end", unit: "s/worker", goal: 1,
			mprun: workersOfMprun,
			peers: []contender{
				{"multiprocessing, fork, one after the other", "python3", workersOfPython("single")},
				{"multiprocessing, fork, all at once", "python3", workersOfPython("together")},
			},
			limit: limit{"a program", "`true`, started and waited for by two threads", programsOfThreads},
		},
		{
			name: "from `kill -9` of a worker to its replacement's first commit", unit: "s/kill", most: 0.005,
			mprun: replaced("replaced", "reserve"),
			peers: []contender{
				{"mprun, `start_method: spawn`", "", replaced("replaced", "")},
				{"multiprocessing.Pool, fork; the task is lost", "python3", replacedInPython("pool")},
				{"concurrent.futures, fork: another executor; the tasks are lost", "python3", replacedInPython("executor")},
			},
			limit: limit{"a program", "`true`, started and waited for", starting(1)},
		},
		{
			name: "the same of a pool's worker that calls a Python function", unit: "s/kill", most: 0.005,
			mprun: replaced("replacedpython", "reservepython"),
			peers: []contender{
				{"mprun, `start_method: spawn`", "", replaced("replacedpython", "")},
				{"multiprocessing.Pool, fork; the task is lost", "python3", replacedInPython("pool")},
			},
			limit: limit{"a program", "`true`, started and waited for", starting(1)},
		},
		{
			name: "a program (`true`) per item, two at a time", unit: "s/program", goal: 1,
			mprun: func(l *lab) (float64, error) {
				n := l.amount(manyPrograms)
				seconds, _, err := l.wall(job{words: l.spec("programs", "n="+strconv.Itoa(n))})
				return seconds / float64(n), err
			},
			peers: programPeers(),
			limit: limit{"a program", "`true`, started and waited for by two threads", programsOfThreads},
		},
		{
			name: "`mprun each` of `true`, two at a time", unit: "s/program", goal: 1,
			mprun: func(l *lab) (float64, error) { return programPerLine(manyPrograms, l.mprun, "each", "-j2", "true")(l) },
			peers: programPeers(),
			limit: limit{"a program", "`true`, started and waited for by two threads", programsOfThreads},
		},
		{
			name: "words of Go's sources (examples/wordcount.yaml)", unit: "s/run", goal: 1,
			mprun: wordsOfMprun,
			peers: []contender{{"xargs cat | awk | sort", "awk", wordsOfAwk}},
			limit: limit{"reading", "the same files through `xargs cat`", readingOfCat},
		},
		{
			name: "resident memory of a worker on an endless stream", unit: "MiB", most: 15,
			mprun: memoryOfMprun,
			peers: []contender{{"multiprocessing, spawn", "python3", memoryOfPython}},
			limit: limit{"a Go program", "a Go program that only waits for its input, built here", memoryOfGo},
		},
	}
}

// each is the mean of n runs of a job.
func (l *lab) each(n int, j job) (float64, error) {
	n, sum := l.amount(n), 0.0
	for range n {
		seconds, _, err := l.wall(j)
		if err != nil {
			return 0, err
		}
		sum += seconds
	}
	return sum / float64(n), nil
}

// queueOfMprun is the cost of an item through a queue; of a text of size bytes, if that is not 0.
func queueOfMprun(spec string, n, size int) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(n)
		words, sum := l.spec(spec, "n="+strconv.Itoa(n)), n*(n-1)/2
		if size > 0 {
			words, sum = append(words, "text="+strings.Repeat("x", size)), n
		}
		seconds, _, err := l.wall(job{words: words, expect: fmt.Sprintln(sum)})
		return seconds / float64(n), err
	}
}

func queueOfPython(n, size int) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(n)
		seconds, err := l.own(l.peer("items", strconv.Itoa(n), strconv.Itoa(size)))
		return seconds / float64(n), err
	}
}

// doubled is the cost of a line through a program, from a pipe into a pipe.
func doubled(words func(*lab) []string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(1_000_000)
		var b strings.Builder
		for i := range n {
			fmt.Fprintln(&b, i)
		}
		seconds, _, err := l.wall(job{words: words(l), stdin: strings.NewReader(b.String()), expect: discard})
		return seconds / float64(n), err
	}
}

// workersOfMprun is what forty more workers cost, each.
func workersOfMprun(l *lab) (float64, error) {
	n := l.amount(40)
	one, _, err := l.wall(job{words: l.spec("workers", "n=1")})
	if err != nil {
		return 0, err
	}
	many, _, err := l.wall(job{words: l.spec("workers", "n="+strconv.Itoa(1+n))})
	return (many - one) / float64(n), err
}

func workersOfPython(how string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(40)
		seconds, err := l.own(l.peer("workers", strconv.Itoa(n), how))
		return seconds / float64(n), err
	}
}

// programPerLine is the cost of a program for each of n lines.
func programPerLine(n int, words ...string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(n)
		var b strings.Builder
		for i := range n {
			fmt.Fprintln(&b, i)
		}
		seconds, _, err := l.wall(job{words: words, stdin: strings.NewReader(b.String())})
		return seconds / float64(n), err
	}
}

// wordcountSpec is where the example is, when bench is run at the top of the repository.
const wordcountSpec = "examples/wordcount.yaml"

const catSources = `find "$(go env GOROOT)/src" -name '*.go' -type f -print0 | xargs -0 cat `

func wordsOfMprun(l *lab) (float64, error) {
	spec, err := repositoryFile(wordcountSpec)
	if err != nil {
		return 0, fmt.Errorf("bench is run at the top of the repository: %w", err)
	}
	seconds, _, err := l.wall(job{words: []string{l.mprun, spec}})
	return seconds, err
}

func wordsOfAwk(l *lab) (float64, error) {
	seconds, _, err := l.wall(job{words: []string{"sh", "-c", "export LC_ALL=C; " + catSources + `|
		awk '{ gsub(/[^A-Za-z]+/, " "); for (i = 1; i <= NF; i++) if (length($i) > 2) n[$i]++ } END { for (w in n) print n[w], w }' |
		sort -k1,1nr -k2,2 | head -20`}})
	return seconds, err
}

func readingOfCat(l *lab) (float64, error) {
	seconds, _, err := l.wall(job{words: []string{"sh", "-c", catSources + "> /dev/null"}})
	return seconds, err
}

// repositoryFile is the absolute path of a file of the repository.
func repositoryFile(name string) (string, error) {
	path, err := filepath.Abs(name)
	if err == nil {
		_, err = os.Stat(path)
	}
	return path, err
}
