package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is everything that was measured.
type report struct {
	Date    string    `json:"date"`
	Machine string    `json:"machine"`
	Rounds  int       `json:"rounds"`
	Scale   float64   `json:"scale"`
	Rows    []outcome `json:"rows"`
}

// outcome is the figures of a row.
type outcome struct {
	Name  string    `json:"name"`
	Unit  string    `json:"unit"`
	Goal  float64   `json:"goal,omitempty"` // ratio to the first peer, at least
	Most  float64   `json:"most,omitempty"` // mprun's cost
	Mprun figures   `json:"mprun"`
	Peers []figures `json:"peers"`
	Limit figures   `json:"limit"`
}

// figures are what one contender needed in each round.
type figures struct {
	Name   string    `json:"name"`
	How    string    `json:"how,omitempty"`
	Rounds []float64 `json:"rounds"`
}

func (f *figures) add(cost float64, err error) error {
	f.Rounds = append(f.Rounds, cost)
	return err
}

// spread is a median with the smallest and largest value.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// ratios are, round by round, how many times as much other needed.
func (f figures) ratios(other figures) []float64 {
	r := make([]float64, len(f.Rounds))
	for i := range r {
		r[i] = other.Rounds[i] / f.Rounds[i]
	}
	return r
}

func newReport(rounds int, scale float64) *report {
	return &report{Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Rounds: rounds, Scale: scale}
}

// machine says what the figures were measured on.
func machine() string {
	memory := "?"
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprint((kib+(1<<19))>>20, " GiB")
		}
	}
	versions := []string{runtime.Version()}
	for _, words := range [][]string{{"python3", "--version"}, {"uname", "-sr"}} {
		if out, err := exec.Command(words[0], words[1:]...).Output(); err == nil {
			versions = append(versions, strings.TrimSpace(string(out)))
		}
	}
	return fmt.Sprintf("%d cores, %s, %s/%s, %s", runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH, strings.Join(versions, ", "))
}

// markdown is the table, with its notes.
func (r *report) markdown() string {
	var b, notes strings.Builder
	fmt.Fprintf(&b, "Measured on %s (%s), %d rounds; medians, in brackets the smallest and the largest ratio.\n\n", r.Date, r.Machine, r.Rounds)
	b.WriteString("| work | mprun | peer | times faster | goal | limit | distance |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, o := range r.Rows {
		own, limit := spreadOf(o.Mprun.Rounds), spreadOf(o.Limit.Rounds)
		for i, p := range o.Peers {
			goal, edge, distance := "", "", ""
			name, mine := o.Name, cost(own.median, o.Unit)
			if i == 0 {
				goal = o.target()
				edge, distance = cost(limit.median, o.Unit), ratio(own.median/limit.median)
			} else {
				name, mine = "", ""
			}
			s := spreadOf(o.Mprun.ratios(p))
			fmt.Fprintf(&b, "| %s | %s | %s: %s | %s (%s to %s) | %s | %s | %s |\n", name, mine,
				strings.ReplaceAll(p.Name, "|", `\|`), cost(spreadOf(p.Rounds).median, o.Unit),
				ratio(s.median), ratio(s.low), ratio(s.high), goal, edge, distance)
		}
		fmt.Fprintf(&notes, "- %s: %s, %s.\n", o.Name, o.Limit.Name, o.Limit.How)
	}
	fmt.Fprintf(&b, "\n`times faster` is the peer's cost divided by mprun's; `limit` is what the machine allows, and `distance` mprun's cost divided by it:\n%s", notes.String())
	return b.String()
}

// target is the goal in words.
func (o outcome) target() string {
	if o.Most > 0 {
		return "at most " + cost(o.Most, o.Unit)
	}
	return ratio(o.Goal)
}

// cost is a figure with a unit that suits its size.
func cost(value float64, unit string) string {
	per := ""
	if base, what, ok := strings.Cut(unit, "/"); ok {
		unit, per = base, " a "+what
		if strings.ContainsRune("aeiou", rune(what[0])) {
			per = " an " + what
		}
	}
	if unit == "s" {
		for _, u := range []struct {
			name string
			size float64
		}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}, {"ns", 1e-9}} {
			if value >= u.size || u.size == 1e-9 {
				value, unit = value/u.size, u.name
				break
			}
		}
	}
	return number(value) + " " + unit + per
}

func ratio(value float64) string { return number(value) + "×" }

// number has three digits that mean something.
func number(value float64) string {
	switch {
	case value >= 99.95:
		return fmt.Sprintf("%.0f", value)
	case value >= 9.995:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}

// The section of a file that pasteTo renews.
const (
	sectionBegin = "<!-- bench:begin -->\n"
	sectionEnd   = "<!-- bench:end -->\n"
)

// pasteTo puts the table between the marks of a file.
func (r *report) pasteTo(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(text), sectionBegin)
	_, after, ended := strings.Cut(rest, sectionEnd)
	if !begun || !ended {
		return fmt.Errorf("%s has no section between %q and %q", path, strings.TrimSpace(sectionBegin), strings.TrimSpace(sectionEnd))
	}
	return os.WriteFile(path, []byte(before+sectionBegin+r.markdown()+sectionEnd+after), 0o644)
}
