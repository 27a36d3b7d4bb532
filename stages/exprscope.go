package stages

// Scope says which names an expression may read, and of what type they are. It is the same for all items of a stage.
type Scope struct {
	// Vars are the variables that are there, of those that Variables lists.
	Vars map[string]Type `json:"vars,omitempty"`
	// Bound are the names that `as` has bound, in the order of Env.Bound.
	Bound []Binding `json:"bound,omitempty"`
	// Resources are the resources that can be read, by their names in the spec; their values come from Env.Resources.
	Resources map[string]Type `json:"resources,omitempty"`
}

// Binding is a name bound by `as`.
type Binding struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Env is what the names of an expression stand for, for one item. It also holds the memory that running expressions needs, so
// it is reused from item to item and belongs to one goroutine. Values are items (see Kinds); expressions never change them.
type Env struct {
	Item      any
	Index     int
	Acc       any
	At        any // the element's index, in `apply`
	Self      map[string]any
	Delivery  map[string]any
	Args      map[string]any
	Vars      map[string]any
	Env       map[string]any // the environment; a name that is not there reads as null
	Error     any
	Spec      map[string]any
	Run       map[string]any
	CPUs      int
	Out       any // the path that a program with `creates` writes to
	From      any // which end `recv` received from
	Bound     []any
	Resources Resources

	// Seed makes random() repeatable: it comes from the run's seed, the stage and the item.
	Seed uint64

	// Budget bounds the steps that one Run may take, about: elements that closures run for and that functions make. 0: no bound.
	Budget int

	spent   int    // of the budget
	draws   uint64 // of random() in this run of an expression
	slots   []any  // arguments, elements of closures, `let`
	indexes []int  // positions of closures
	regexps map[string]*cachedRegexp
}

// Resources gives access to the resources that expressions read. It is used by one goroutine.
type Resources interface {
	// Lookup is the resource of that name: an item, or an Object. Reading never blocks.
	Lookup(name string) (any, bool)
}

// Object is a resource that is more than one value. It may be Fielded or Indexed as well.
type Object interface {
	// Value is the whole of it, as an item.
	Value() (any, error)
}

// Fielded is an Object with fields that are read one by one, such as the size of a queue.
type Fielded interface {
	Object
	// Field is an item or another Object. The error says what is wrong with the name, if it is unknown.
	Field(name string) (any, error)
}

// Indexed is an Object with elements, such as an array or a family of locks.
type Indexed interface {
	Object
	Len() int
	// At is element i, 0 <= i < Len(): an item or another Object.
	At(i int) (any, error)
}

// Variables are the names of the variables that a Scope may have, sorted.
func Variables() []string {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.name
	}
	return names
}

// variables is sorted by name.
var variables = [...]struct {
	name string
	read func(*Env) any
}{
	{"acc", func(e *Env) any { return e.Acc }},
	{"args", func(e *Env) any { return mapOrNull(e.Args) }},
	{"at", func(e *Env) any { return e.At }},
	{"cpus", func(e *Env) any { return e.CPUs }},
	{"delivery", func(e *Env) any { return mapOrNull(e.Delivery) }},
	{"env", func(e *Env) any { return mapOrNull(e.Env) }},
	{"error", func(e *Env) any { return e.Error }},
	{"from", func(e *Env) any { return e.From }},
	{"index", func(e *Env) any { return e.Index }},
	{"item", func(e *Env) any { return e.Item }},
	{"out", func(e *Env) any { return e.Out }},
	{"run", func(e *Env) any { return mapOrNull(e.Run) }},
	{"self", func(e *Env) any { return mapOrNull(e.Self) }},
	{"spec", func(e *Env) any { return mapOrNull(e.Spec) }},
	{"vars", func(e *Env) any { return mapOrNull(e.Vars) }},
}

// mapOrNull keeps a nil map from looking like an empty one.
func mapOrNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// names lists everything the scope has.
func (s *Scope) names() []string {
	var names []string
	for name := range s.Vars {
		names = append(names, name)
	}
	for _, b := range s.Bound {
		names = append(names, b.Name)
	}
	for name := range s.Resources {
		names = append(names, name)
	}
	return names
}
