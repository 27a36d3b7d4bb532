package planner

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSON is the plan as indented JSON with a line break at its end. Maps are sorted: the same plan gives the same bytes. Secrets are
// masked.
func (p *Plan) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("writing the plan as JSON: %w", err)
	}
	return p.Secrets.MaskJSON(b.Bytes()), nil
}
