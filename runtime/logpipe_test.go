package runtime

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// lineLog is a log that takes lines one by one, and with bulk many at a time.
type lineLog struct {
	slog.Handler
	lines *[]string
}

func (l lineLog) Enabled(context.Context, slog.Level) bool { return true }

func (l lineLog) Handle(_ context.Context, r slog.Record) error {
	*l.lines = append(*l.lines, r.Message)
	return nil
}

// bulkLog is a LineLogger.
type bulkLog struct{ lineLog }

func (l bulkLog) LogLines(_ slog.Level, text string) error {
	*l.lines = append(*l.lines, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	return nil
}

// TestLogPipe: what a program writes is logged line by line, in whatever pieces it comes, and the latest lines are kept.
func TestLogPipe(t *testing.T) {
	long := strings.Repeat("x", maxLogLine)
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"lines", "a\nb\n", []string{"a", "b"}},
		{"no end", "a\nb", []string{"a", "b"}},
		{"empty lines", "\n\na\n\n", []string{"", "", "a", ""}},
		{"nothing", "", nil},
		{"returns", "a\r\nb\r\r\nc\rd\r", []string{"a", "b", "c\rd"}},
		{"not UTF-8", "a\xffb\n\xc3\xb6\n", []string{"a\uFFFDb", "\u00f6"}},
		{"as long as may be", long[1:] + "\nb\n", []string{long[1:], "b"}},
		{"too long", long + long + "a\nb\n", []string{long, long, "a", "b"}},
		{"many", strings.Repeat("a\n", 100) + "b\nc\nd\ne\nf\n", append(slices.Repeat([]string{"a"}, 100), "b", "c", "d", "e", "f")},
	} {
		for name, in := range map[string]io.Reader{
			"at once": strings.NewReader(row.text), "by bytes": iotest.OneByteReader(strings.NewReader(row.text)), "with its end": iotest.DataErrReader(strings.NewReader(row.text)),
		} {
			for _, bulk := range []bool{false, true} {
				if bulk {
					in = strings.NewReader(row.text)
				}
				var lines []string
				var h slog.Handler = lineLog{lines: &lines}
				if bulk {
					h = bulkLog{lineLog{lines: &lines}}
				}
				p := &logPipe{}
				p.copy(in, slog.New(h), slog.LevelInfo)
				if !slices.Equal(lines, row.want) {
					t.Errorf("%s, %s: %d lines: %.200q", row.name, name, len(lines), lines)
				}
				if last := row.want[max(0, len(row.want)-keptLines):]; !slices.Equal(p.last, last) {
					t.Errorf("%s, %s: the last are %.200q", row.name, name, p.last)
				}
			}
		}
	}
}

// TestManyReturnsAreTakenAtOnce: a line that ends with tens of thousands of carriage returns, as a faulty program writes them, takes one pass. It took
// two seconds, which the program waited, as each return took one.
func TestManyReturnsAreTakenAtOnce(t *testing.T) {
	p, log := &logPipe{}, slog.New(slog.DiscardHandler)
	work := func(returns int) float64 {
		text := "a" + strings.Repeat("\r", returns) + "\n"
		return testing.AllocsPerRun(10, func() { p.log(text, log, slog.LevelInfo) })
	}
	if few, many := work(1), work(1000); many > few {
		t.Errorf("with one return at its end a line takes %v allocations, with a thousand %v", few, many)
	}
}
