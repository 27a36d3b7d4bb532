//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/mprun/mprun/runtime/trial"
)

// jsonTest is a test as `test --format json` writes it.
type jsonTest struct {
	Spec    string        `json:"spec"`
	Name    string        `json:"name"`
	At      string        `json:"at"`     // file:line:column
	Status  string        `json:"status"` // passed, failed, interrupted
	Seconds float64       `json:"seconds"`
	Patient bool          `json:"patient,omitempty"` // max_deliveries was raised: it kills at random
	Runs    []jsonTestRun `json:"runs"`
	Missed  []jsonProblem `json:"missed,omitempty"` // faults that happened in no run
}

type jsonTestRun struct {
	Seed     int64           `json:"seed"`
	Seconds  float64         `json:"seconds"`
	ExitCode int             `json:"exit_code"`
	Problems []jsonProblem   `json:"problems,omitempty"`
	Faults   []jsonTestFault `json:"faults,omitempty"`
	Log      string          `json:"log,omitempty"` // the end of it, where there are problems
}

// jsonProblem is a difference. Path, Expected and Got belong to data; Diff has the lines of a text.
type jsonProblem struct {
	At       string          `json:"at"`
	Text     string          `json:"text"`
	Path     string          `json:"path,omitempty"`
	Expected json.RawMessage `json:"expected,omitempty"`
	Got      json.RawMessage `json:"got,omitempty"`
	Diff     []string        `json:"diff,omitempty"`
}

type jsonTestFault struct {
	At       string `json:"at"`
	Text     string `json:"text"`
	Happened int    `json:"happened"`
}

func newJSONProblems(problems []trial.Problem) []jsonProblem {
	var list []jsonProblem
	for i := range problems {
		p := &problems[i]
		list = append(list, jsonProblem{At: p.Pos.String(), Text: p.Text, Path: p.Path, Expected: rawJSON(p.Want), Got: rawJSON(p.Got), Diff: p.Diff})
	}
	return list
}

// rawJSON is a JSON text as part of another. What is none any more, since secrets in it were masked, is a text.
func rawJSON(text string) json.RawMessage {
	if text == "" || json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // never fails for a string
	return quoted
}

// statusOf is the word for what came of a test.
func statusOf(v *trial.Verdict) string {
	switch {
	case v.Failed():
		return "failed"
	case v.Interrupted():
		return "interrupted"
	}
	return "passed"
}

// reportJSON writes the report as a list of tests.
func (t *testRun) reportJSON(tested []*testedSpec) error {
	list := []jsonTest{}
	for _, s := range tested {
		for _, v := range s.verdicts {
			test := jsonTest{
				Spec: s.path, Name: v.Name, At: v.Pos.String(), Status: statusOf(v), Seconds: v.Seconds(), Patient: v.Patient,
				Runs: []jsonTestRun{}, Missed: newJSONProblems(v.Missed),
			}
			for i := range v.Runs {
				test.Runs = append(test.Runs, newJSONTestRun(&v.Runs[i], t.flags.verbose))
			}
			list = append(list, test)
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(list); err != nil {
		return fmt.Errorf("writing the report of the tests: %w", err)
	}
	return t.print(b.String())
}

func newJSONTestRun(o *trial.Outcome, verbose bool) jsonTestRun {
	run := jsonTestRun{Seed: o.Seed, Seconds: o.Seconds, ExitCode: o.ExitCode, Problems: newJSONProblems(o.Problems)}
	for _, f := range o.Faults {
		run.Faults = append(run.Faults, jsonTestFault{At: f.Pos.String(), Text: f.Text, Happened: f.Happened})
	}
	if len(o.Problems) > 0 || verbose {
		run.Log = o.Log
	}
	return run
}

// The report as JUnit's XML, in the form that CI systems read: https://github.com/testmoapp/junitxml
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Log     string        `xml:"system-err,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// reportJUnit writes the report as JUnit's XML: a suite for each spec.
func (t *testRun) reportJUnit(tested []*testedSpec) error {
	all := junitSuites{Suites: []junitSuite{}}
	seconds := 0.0
	for _, s := range tested {
		suite := junitSuite{Name: s.path}
		took := 0.0
		for _, v := range s.verdicts {
			test := newJUnitCase(s.path, t.inv, v)
			suite.Tests++
			took += v.Seconds()
			if test.Failure != nil {
				suite.Failures++
			}
			if test.Skipped != nil {
				suite.Skipped++
			}
			suite.Cases = append(suite.Cases, test)
		}
		suite.Time = secondsText(took)
		seconds += took
		all.Tests, all.Failures = all.Tests+suite.Tests, all.Failures+suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	all.Time = secondsText(seconds)
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the report of the tests: %w", err)
	}
	return t.print(xml.Header + string(text) + "\n")
}

func secondsText(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

func newJUnitCase(path string, inv invocation, v *trial.Verdict) junitCase {
	c := junitCase{Name: v.Name, Class: path, File: v.Pos.File, Line: v.Pos.Line, Time: secondsText(v.Seconds())}
	var text, log strings.Builder
	message := ""
	tell := func(p *trial.Problem) {
		if message == "" {
			message = p.Text
		}
		writeProblem(&text, p)
	}
	for _, runs := range alike(v.Runs) {
		o := runs[0]
		if len(o.Problems) == 0 {
			continue
		}
		fmt.Fprintf(&text, "%s:\n", seedsText(runs))
		for k := range o.Problems {
			tell(&o.Problems[k])
		}
		fmt.Fprintf(&text, "      again: %s\n", again(path, inv, v.Name, o.Seed))
		log.WriteString(o.Log)
	}
	for i := range v.Missed {
		tell(&v.Missed[i])
	}
	switch {
	case v.Failed():
		c.Failure = &junitFailure{Message: message, Text: text.String()}
		c.Log = log.String()
	case v.Interrupted():
		c.Skipped = &junitSkipped{Message: "interrupted"}
	}
	return c
}
