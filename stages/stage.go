package stages

// Stage is one stage of a chain, decoded against the operator table and resolved: what the plan holds, what is shipped to a
// worker as JSON, and what Build makes a Node from.
type Stage struct {
	Op      string           `json:"op"`
	Pos     Pos              `json:"pos"`
	Operand Field            `json:"operand,omitzero"`
	Options map[string]Field `json:"options,omitempty"`

	When      *Source  `json:"when,omitempty"` // false: the item passes unchanged
	As        string   `json:"as,omitempty"`   // the result is bound to this name, the item stays
	Retry     *Retry   `json:"retry,omitempty"`
	OnError   *Handler `json:"on_error,omitempty"`
	Timeout   *Source  `json:"timeout,omitempty"`
	OnTimeout *Handler `json:"on_timeout,omitempty"`

	Call  *PoolCall  `json:"call,omitempty"`  // of `pool`
	Sites []PoolSite `json:"sites,omitempty"` // of a pool's workers

	// Limit is the number, from 1, of the limit that a `throttle` goes by, in the plan's list of them.
	Limit int `json:"limit,omitempty"`

	In  string `json:"in,omitempty"`  // type of the items that come in, as text
	Out string `json:"out,omitempty"` // type of the items that go out
}

// Field is the decoded value of an operand or option. Which members are set is said by the FieldKind in the operator table.
type Field struct {
	Source   *Source  `json:"source,omitempty"`   // Expression, Text, Data, Count, Duration, Size, Bool, Enum, Name, Regexp, Script
	Sources  []Source `json:"sources,omitempty"`  // TextList; Command: its words
	Places   []Place  `json:"places,omitempty"`   // Places
	Stages   []Stage  `json:"stages,omitempty"`   // Chain
	Branches []Branch `json:"branches,omitempty"` // Branches, Chains
}

// IsZero says that the field was not given.
func (f Field) IsZero() bool {
	return f.Source == nil && f.Sources == nil && f.Places == nil && f.Stages == nil && f.Branches == nil
}

// Place names something that can be changed or waited at: a resource, with index or field.
type Place struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"` // "queue", "lock", ...: the resource's key in the spec, without its plural s
	Index []Source `json:"index,omitempty"`
	Count int      `json:"count,omitempty"` // members of the family that Index chooses from; 0: it is none
	Field string   `json:"field,omitempty"`
	Pos   Pos      `json:"pos"`
}

// Branch is one way through `route` or `tee`. A nil When takes every item.
type Branch struct {
	When   *Source `json:"when,omitempty"`
	Stages []Stage `json:"stages"`
	Pos    Pos     `json:"pos"`
}

// Retry says how often and after what pause a failed stage is tried again. Backoff doubles from try to try up to MaxBackoff.
type Retry struct {
	Times      *Source `json:"times"`
	Backoff    *Source `json:"backoff,omitempty"`     // a duration
	MaxBackoff *Source `json:"max_backoff,omitempty"` // a duration
}

// HandlerThen says what becomes of an item once its failure has been handled.
type HandlerThen string

const (
	// ThenFail fails the process. It is what happens without a handler.
	ThenFail HandlerThen = "fail"
	// ThenSkip drops the item.
	ThenSkip HandlerThen = "skip"
	// ThenEnd ends the stream here: stages before it stop, stages after it see the end of the stream.
	ThenEnd HandlerThen = "end"
	// ThenPass lets the item go on as it came in.
	ThenPass HandlerThen = "pass"
)

// Handler is the value of `on_error` and `on_timeout`. Do runs with the item and `error` in scope; `{put: q}` is decoded as
// Do with one `put` stage whose value is {item, error}, then skip.
type Handler struct {
	Then HandlerThen `json:"then"`
	Do   []Stage     `json:"do,omitempty"`
	Pos  Pos         `json:"pos"`
}
