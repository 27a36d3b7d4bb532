//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mprun/mprun/spec"
)

// jsonFinding is a finding as `validate --format json` writes it. Lines and columns count from 1, columns in runes, offsets from 0 in
// bytes.
type jsonFinding struct {
	Severity string        `json:"severity"`
	Code     string        `json:"code"`
	File     string        `json:"file"`
	Start    *jsonPos      `json:"start,omitempty"`
	End      *jsonPos      `json:"end,omitempty"`
	Path     string        `json:"path,omitempty"`
	Summary  string        `json:"summary"`
	Hint     string        `json:"hint,omitempty"`
	Related  []jsonRelated `json:"related,omitempty"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Col    int `json:"col"`
	Offset int `json:"offset"`
}

type jsonRelated struct {
	File    string   `json:"file"`
	Start   *jsonPos `json:"start"`
	End     *jsonPos `json:"end"`
	Message string   `json:"message"`
}

func newJSONPos(p spec.Pos) *jsonPos {
	if !p.IsValid() {
		return nil
	}
	return &jsonPos{Line: p.Line, Col: p.Col, Offset: p.Offset}
}

// jsonFindings writes findings as a list; an empty one if there are none.
func jsonFindings(found spec.Diagnostics) (string, error) {
	list := make([]jsonFinding, len(found))
	for i, d := range found {
		list[i] = jsonFinding{
			Severity: d.Severity.String(), Code: d.Code, File: d.File, Path: d.Path, Summary: d.Summary, Hint: d.Hint,
			Start: newJSONPos(d.Range.Start), End: newJSONPos(d.Range.End),
		}
		for _, r := range d.Related {
			list[i].Related = append(list[i].Related, jsonRelated{File: r.Range.Start.File, Start: newJSONPos(r.Range.Start), End: newJSONPos(r.Range.End), Message: r.Message})
		}
	}
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(list); err != nil {
		return "", fmt.Errorf("writing findings: %w", err)
	}
	return out.String(), nil
}

// gitHubFindings writes findings as workflow commands, which GitHub Actions shows at their lines:
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func gitHubFindings(found spec.Diagnostics) string {
	var out strings.Builder
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, d := range found {
		fmt.Fprintf(&out, "::%s file=%s", d.Severity, property.Replace(d.File))
		if d.Range.Start.IsValid() {
			fmt.Fprintf(&out, ",line=%d,endLine=%d,col=%d,endColumn=%d", d.Range.Start.Line, d.Range.End.Line, d.Range.Start.Col, d.Range.End.Col)
		}
		message := d.Summary
		if d.Hint != "" {
			message += "; " + d.Hint
		}
		fmt.Fprintf(&out, ",title=%s::%s\n", property.Replace(d.Code), text.Replace(message))
	}
	return out.String()
}
