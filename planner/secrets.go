package planner

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mprun/mprun/stages"
)

// Secrets are values that are not to be shown: those from environment files that expressions of the spec read. The zero Secrets are
// none. They are immutable.
type Secrets struct{ values []string }

// mask stands for a secret where a text is shown.
const mask = "***"

// shortestSecret is the shortest value, in bytes, that is also found inside of a longer text: the digit 1 is everywhere.
const shortestSecret = 4

// with adds a value, and what it is in JSON.
func (s Secrets) with(value string) Secrets {
	value = strings.TrimSpace(value)
	asJSON := string(stages.AppendJSON(nil, value))
	return s.add(value).add(asJSON[1 : len(asJSON)-1])
}

func (s Secrets) add(value string) Secrets {
	if value == "" || slices.Contains(s.values, value) {
		return s
	}
	values := append(slices.Clone(s.values), value)
	slices.SortFunc(values, func(a, b string) int { // one may contain another
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return Secrets{values}
}

// Mask is a text with *** in place of the secrets in it.
func (s Secrets) Mask(text string) string {
	for _, value := range s.values {
		switch {
		case text == value:
			return mask
		case len(value) >= shortestSecret:
			text = strings.ReplaceAll(text, value, mask)
		}
	}
	return text
}

// MaskJSON masks the texts in a JSON document, but not the keys.
func (s Secrets) MaskJSON(document []byte) []byte {
	if len(s.values) == 0 {
		return document
	}
	var out bytes.Buffer
	for at := 0; at < len(document); {
		if document[at] != '"' {
			out.WriteByte(document[at])
			at++
			continue
		}
		end := at + 1
		for end < len(document) && document[end] != '"' {
			if document[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(document))
		out.Write(s.maskLiteral(document[at:end], end < len(document) && document[end] == ':'))
		at = end
	}
	return out.Bytes()
}

func (s Secrets) maskLiteral(literal []byte, isKey bool) []byte {
	var text string
	if isKey || json.Unmarshal(literal, &text) != nil {
		return literal
	}
	masked := s.Mask(text)
	if masked == text {
		return literal
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(masked) != nil {
		return []byte(`"` + mask + `"`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
