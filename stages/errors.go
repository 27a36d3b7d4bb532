package stages

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ItemError is a failure of one item, which `retry` and `on_error` may deal with. Every other error ends the chain.
type ItemError struct {
	Type    string // "expression", "exec", "timeout", "format", "io", "fail": error.type in expressions
	Message string
	Code    int // exit code wanted by `fail`, or 0

	Traceback string // lines that say where in a function of another language it came from, or ""

	// Partial says that only a piece of the row failed (a line of the file that is being read), which is Piece, and that the node has
	// moved behind it: skipping it means to go on. Without it the whole first row failed.
	Partial bool
	Piece   any

	// Instead, if not nil, is what the item becomes where nobody deals with its failure, in place of an end of the chain.
	Instead any
	forgo   func() // lets go of what Instead refers to, where it is not what the item becomes; nil: nothing

	nested *StageError // the failure of a chain inside of the stage, which says more exactly where
}

// Error is the message.
func (e *ItemError) Error() string { return e.Message }

// forgoInstead lets go of Instead, unless the item has become it.
func (e *ItemError) forgoInstead() {
	if e.forgo != nil {
		e.forgo()
	}
}

// Failf is an ItemError of the given type.
func Failf(typ, format string, args ...any) *ItemError {
	return &ItemError{Type: typ, Message: fmt.Sprintf(format, args...)}
}

// StageError is a failure that ended a chain: which stage, and on which item.
type StageError struct {
	Op   string `json:"op"`
	Pos  Pos    `json:"pos"`
	Item string `json:"item,omitempty"` // the item as JSON, shortened
	Type string `json:"type"`
	Code int    `json:"code,omitempty"`
	Text string `json:"text"`
	// Traceback is lines that say where in a function of another language the failure came from, or "".
	Traceback string `json:"traceback,omitempty"`

	Uses []Pos `json:"uses,omitempty"` // the stages that use the chain which the stage is in, the innermost first
}

// Error is one line: position, operator, what went wrong, and the item.
func (e *StageError) Error() string { return e.Pos.String() + ": " + e.What() }

// What is what Error says but for the position of the stage.
func (e *StageError) What() string {
	s := e.Op + ": " + e.Text
	if e.Item != "" {
		s += " (item " + e.Item + ")"
	}
	for _, pos := range e.Uses {
		s += ", used at " + pos.String()
	}
	return s
}

// shownItem is how many bytes of an item a message shows.
const shownItem = 200

// ShortJSON is an item as JSON, shortened as messages show it.
func ShortJSON(item any) string {
	text := AppendJSON(nil, item)
	if len(text) <= shownItem {
		return string(text)
	}
	cut := shownItem
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return string(text[:cut]) + "..."
}

func exitText(e *ExitError) string {
	s := e.Program
	if e.Code < 0 {
		s += " was ended by signal " + strconv.Itoa(-e.Code)
	} else {
		s += " ended with exit code " + strconv.Itoa(e.Code)
	}
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}
