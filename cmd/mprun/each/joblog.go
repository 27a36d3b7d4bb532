package each

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Span is numbers of jobs from First to Last.
type Span struct{ First, Last int }

// ReadLog reads a job log, of this program or of GNU parallel, and gives the jobs that need not be run again: those that have ended, or with
// failed those that have succeeded in their last run. Of a line that was cut short by whatever ended the run nothing is taken. In a log of
// nothing there are none.
func ReadLog(from io.Reader, failed bool) ([]Span, error) {
	lines := bufio.NewReader(from)
	done := map[int]bool{}
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if first {
			if !slices.Equal(fields, jobLogColumns) {
				return nil, fmt.Errorf("it is no job log: it does not begin with the line %s", strings.Join(jobLogColumns, " "))
			}
			continue
		}
		if n, err := strconv.Atoi(fields[0]); err == nil && len(fields) >= len(jobLogColumns) {
			done[n] = !failed || fields[columnExit] == "0" && fields[columnSignal] == "0"
		}
	}
	return spans(done), nil
}

// Columns of a job log that say how a job has ended.
const (
	columnExit   = 6
	columnSignal = 7
)

// spans is the numbers that are true.
func spans(numbers map[int]bool) []Span {
	var list []int
	for n, is := range numbers {
		if is {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	var spans []Span
	for _, n := range list {
		if last := len(spans) - 1; last >= 0 && spans[last].Last == n-1 {
			spans[last].Last = n
		} else {
			spans = append(spans, Span{n, n})
		}
	}
	return spans
}
