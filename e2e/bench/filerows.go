package main

import (
	"io"
)

// fileRows are about files of a gigabyte. The cost is that of a gigabyte of plain text.
func fileRows() []row {
	var rows []row
	for _, w := range fileWorks() {
		rows = append(rows, row{
			name: w.name, unit: "s/GB", goal: w.goal,
			mprun: w.seconds(filePeer{words: w.mprun}),
			peers: w.contenders(w.seconds),
			limit: limit{w.limit.name, w.limit.how, w.seconds(w.limit)},
		})
	}
	for _, w := range fileWorks() {
		whole, tenth := w.peak(filePeer{words: w.mprun}), w.peak(filePeer{words: w.mprun, part: 10})
		rows = append(rows, row{
			name: "memory: " + w.name, unit: "MiB", most: 64,
			mprun: whole,
			peers: append([]contender{{name: "mprun, a tenth of the input", measure: tenth}}, w.contenders(w.peak)...),
			limit: limit{"a Go program", "a Go program that only waits for its input, built here", memoryOfGo},
		})
	}
	return rows
}

// fileWork is something to be done with an input.
type fileWork struct {
	name  string
	goal  float64
	input func(l *lab, bytes int) (*input, error)
	holds func(in *input) func(io.Reader) error // whether an output is right
	mprun func(l *lab, in *input) []string
	peers []filePeer
	limit filePeer
}

// filePeer is another program for it.
type filePeer struct {
	name, needs string
	how         string // of a limit
	part        int    // it is given one part of so many of the input; 0: all of it
	less        bool   // what it prints is not the result
	words       func(l *lab, in *input) []string
}

// shell is a peer's script, with the input's path as $1.
func shell(script string) func(*lab, *input) []string {
	return func(_ *lab, in *input) []string {
		return []string{"sh", "-c", "export LC_ALL=C; " + script, "sh", in.path}
	}
}

func fileWorks() []fileWork {
	return []fileWork{
		{
			name: "count of words", goal: 1,
			input: (*lab).words,
			holds: func(in *input) func(io.Reader) error { return in.counted },
			mprun: func(l *lab, in *input) []string { return l.spec("words", "file="+in.path) },
			peers: []filePeer{
				{name: "awk", needs: "awk", words: shell(`awk '{for (i = 1; i <= NF; i++) n[$i]++} END {for (w in n) print n[w], w}' "$1"`)},
				{name: "tr | sort | uniq -c, a tenth of the text", needs: "sort", part: 10, words: shell(`tr ' ' '\n' < "$1" | sort | uniq -c`)},
			},
			limit: filePeer{less: true, name: "wc -w", how: "`wc -w`, which finds the words and forgets them", words: shell(`wc -w < "$1"`)},
		},
		{
			name: "a field of the JSON lines that a filter leaves", goal: 20,
			input: (*lab).requests,
			holds: func(in *input) func(io.Reader) error { return in.listed },
			mprun: func(l *lab, in *input) []string { return l.spec("requests", "file="+in.path) },
			peers: []filePeer{{name: "jq", needs: "jq", words: shell(`jq -r 'select(.status >= 500) | .path' "$1"`)}},
			limit: filePeer{less: true, name: "grep", how: "`grep -c` for the status, which parses nothing", words: shell(`grep -c '"status": 5' "$1"`)},
		},
		{
			name: "sum of a CSV's column", goal: 1,
			input: (*lab).sales,
			holds: func(in *input) func(io.Reader) error { return is(in.total) },
			mprun: func(l *lab, in *input) []string { return l.spec("sales", "file="+in.path) },
			peers: []filePeer{{name: "awk -F,", needs: "awk", words: shell(`awk -F, 'NR > 1 {s += $4} END {printf "%.0f\n", s}' "$1"`)}},
			limit: filePeer{less: true, name: "wc -l", how: "`wc -l`, which finds the records' ends and nothing else", words: shell(`wc -l < "$1"`)},
		},
		{
			name: "lines that match in 200 gzip files, two at a time", goal: 1,
			input: (*lab).logs,
			holds: func(in *input) func(io.Reader) error { return is(in.lines) },
			mprun: func(l *lab, in *input) []string { return l.spec("logs", "folder="+in.path) },
			peers: []filePeer{{name: "parallel 'zcat | grep -c'", needs: "parallel", words: shell(`parallel -j2 'zcat {} | grep -c ERROR' ::: "$1"/*.gz | awk '{s += $1} END {print s}'`)}},
			limit: filePeer{less: true, name: "zcat", how: "`xargs -P2 zcat` into nothing", words: shell(`printf '%s\0' "$1"/*.gz | xargs -0 -P2 -n20 zcat > /dev/null`)},
		},
	}
}

// contenders are the peers.
func (w fileWork) contenders(measure func(filePeer) func(*lab) (float64, error)) []contender {
	var all []contender
	for _, p := range w.peers {
		all = append(all, contender{name: p.name, needs: p.needs, measure: measure(p)})
	}
	return all
}

// seconds is the time that a program takes, as for a gigabyte of plain text.
func (w fileWork) seconds(p filePeer) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		j, size, err := w.job(l, p)
		if err != nil {
			return 0, err
		}
		seconds, _, err := l.wall(j)
		return seconds / float64(size) * gigabyte, err
	}
}

// peak is the memory that a program takes, in MiB.
func (w fileWork) peak(p filePeer) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		j, _, err := w.job(l, p)
		if err != nil {
			return 0, err
		}
		return l.peak(j)
	}
}

// job is a program on its part of the input, whose size in bytes of plain text it gives.
func (w fileWork) job(l *lab, p filePeer) (j job, size int, err error) {
	size = max(1, l.amount(gigabyte)/max(1, p.part))
	in, err := w.input(l, size)
	if err != nil {
		return job{}, 0, err
	}
	j = job{words: p.words(l, in)}
	if !p.less {
		j.check = w.holds(in)
	}
	return j, size, nil
}
