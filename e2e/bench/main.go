// Command bench runs mprun and the tools that it can replace on the same work, in turn and in one run, several rounds, and prints the
// ratios of their times: medians, with the smallest and the largest. Absolute times drift from day to day; the ratio is the figure.
//
//	go run ./e2e/bench                       every row, five rounds
//	go run ./e2e/bench -only ints -rounds 9  some rows
//	go run ./e2e/bench -write README.md      renews the marked section of a file
//
// A peer that is not installed is an error that names its package. Inputs of a gigabyte (-scale 1) are made in the temporary folder, which
// needs 5 GB for them. Run it on a machine that does nothing else.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// options are the flags.
type options struct {
	rounds int
	scale  float64
	only   *regexp.Regexp
	mprun  string
	json   string
	write  string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == peakFlag {
		os.Exit(peakOf(os.Args[2:]))
	}
	if err := bench(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	lab, err := openLab(o)
	if err != nil {
		return err
	}
	defer lab.close()
	report := newReport(o.rounds, o.scale)
	for _, r := range rows() {
		if !o.only.MatchString(r.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s\n", r.name)
		outcome, err := lab.run(r, o.rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		report.Rows = append(report.Rows, outcome)
	}
	fmt.Print(report.markdown())
	if o.json != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.write != "" {
		return report.pasteTo(o.write)
	}
	return nil
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each row is measured")
	flags.Float64Var(&o.scale, "scale", 1, "amount of work; less is quicker and less exact")
	only := flags.String("only", "", "rows whose name matches this regular expression")
	flags.StringVar(&o.mprun, "mprun", "", "the binary to measure; it is built if this is not given")
	flags.StringVar(&o.json, "json", "", "file to write all figures to, as JSON")
	flags.StringVar(&o.write, "write", "", "file whose section between the marks of bench is renewed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.scale <= 0 || flags.NArg() > 0 {
		return o, fmt.Errorf("rounds from 1, a scale above 0 and no other words are understood")
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	return o, nil
}

// buildMprun builds the binary of this repository into a folder.
func buildMprun(dir string) (string, error) {
	path := filepath.Join(dir, "mprun")
	build := exec.Command("go", "build", "-o", path, "github.com/mprun/mprun/cmd/mprun")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building mprun: %w\n%s", err, out)
	}
	return path, nil
}
