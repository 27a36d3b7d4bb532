package main

import (
	"fmt"
	"strconv"
)

// poolRows are about pools of workers.
func poolRows() []row {
	return []row{
		{
			name: "x*x of ints in a pool of two", unit: "s/item", goal: 4,
			mprun: squaresOfMprun("pool"),
			peers: []contender{{"multiprocessing.Pool.map", "python3", squaresOfPython(2_000_000, "map")}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, there and back, at the rate of copy() measured over 64 MiB", copying(4 * 8)},
		},
		{
			name: "the same with chunk size 1", unit: "s/item", goal: 50,
			mprun: squaresOfMprun("poolsingle"),
			peers: []contender{{"multiprocessing.Pool.imap", "python3", squaresOfPython(40_000, "imap")}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, there and back, at the rate of copy() measured over 64 MiB", copying(4 * 8)},
		},
		{
			name: "a Python function of ints in a pool of two", unit: "s/item", goal: 5,
			mprun: squaresOfMprun("poolpython"),
			peers: []contender{{"multiprocessing.Pool.imap, chunk size 1", "python3", squaresOfPython(40_000, "imap")}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, there and back, at the rate of copy() measured over 64 MiB", copying(4 * 8)},
		},
		{
			name: "the same without the start of the run and of its interpreters", unit: "s/item", goal: 1,
			mprun: warmSquaresOfMprun("poolpython"),
			peers: []contender{{"multiprocessing.Pool.map, its default chunks", "python3", squaresOfPython(2_000_000, "map")}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, there and back, at the rate of copy() measured over 64 MiB", copying(4 * 8)},
		},
		{
			name: "a Python function of ints with chunk size 1", unit: "s/item", goal: 5,
			mprun: squaresOfMprun("poolpythonsingle"),
			peers: []contender{{"multiprocessing.Pool.imap, chunk size 1", "python3", squaresOfPython(40_000, "imap")}},
			limit: limit{"copying", "8 bytes into shared memory and out of it, there and back, at the rate of copy() measured over 64 MiB", copying(4 * 8)},
		},
		{
			name: "a program (`true`) per item in a pool of two", unit: "s/program", goal: 1,
			mprun: func(l *lab) (float64, error) {
				n := l.amount(manyPrograms)
				seconds, _, err := l.wall(job{words: l.spec("poolprograms", "n="+strconv.Itoa(n))})
				return seconds / float64(n), err
			},
			peers: programPeers(),
			limit: limit{"a program", "`true`, started and waited for by two threads", programsOfThreads},
		},
	}
}

// manyPrograms is how many programs a run starts: the start of the run is a small part of it.
const manyPrograms = 2500

// programPeers run `true` for each line, two at a time.
func programPeers() []contender {
	return []contender{
		{"xargs -P2 -n1", "xargs", programPerLine(manyPrograms, "xargs", "-P2", "-n1", "true")},
		{"parallel -j2", "parallel", programPerLine(manyPrograms/10, "parallel", "-j2", "true")},
	}
}

// squaresOfMprun is the cost of an item of a spec that sums the squares of n numbers.
func squaresOfMprun(spec string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(2_000_000)
		seconds, err := l.squares(spec, n)
		return seconds / float64(n), err
	}
}

// warmSquaresOfMprun is what an item more costs: the time of a run, less that of one with so few numbers that it is all start and end.
func warmSquaresOfMprun(spec string) func(*lab) (float64, error) {
	const few = 1000 // a task for each of the workers
	return func(l *lab) (float64, error) {
		n := l.amount(2_000_000)
		start, err := l.squares(spec, few)
		if err != nil {
			return 0, err
		}
		seconds, err := l.squares(spec, n+few)
		return (seconds - start) / float64(n), err
	}
}

// squares is the seconds of a run that sums the squares of n numbers.
func (l *lab) squares(spec string, n int) (float64, error) {
	seconds, _, err := l.wall(job{words: l.spec(spec, "n="+strconv.Itoa(n)), expect: fmt.Sprintln((n - 1) * n / 2 * (2*n - 1) / 3)})
	return seconds, err
}

func squaresOfPython(n int, how string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		n := l.amount(n)
		seconds, err := l.own(l.peer("pool", strconv.Itoa(n), how))
		return seconds / float64(n), err
	}
}
