package planner

import (
	"fmt"

	"github.com/mprun/mprun/stages"
)

// Values are items by name. As JSON, unlike a plain map, they keep whole numbers and floats apart: 1 and 1.0.
type Values map[string]any

// MarshalJSON writes the values sorted by name.
func (v Values) MarshalJSON() ([]byte, error) { return stages.AppendJSON(nil, map[string]any(v)), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Values) UnmarshalJSON(data []byte) error {
	item, err := stages.ParseJSON(string(data))
	if err != nil {
		return fmt.Errorf("reading values: %w", err)
	}
	switch m := item.(type) {
	case nil:
		*v = nil
	case map[string]any:
		*v = m
	default:
		return fmt.Errorf("reading values: expected a mapping, found %s", stages.KindOf(item))
	}
	return nil
}
