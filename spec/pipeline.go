package spec

// Pipeline is a spec as it was written. A key that is not there leaves its field unset; defaults of the language are not filled in
// (the tag `default` tells of them), those of the spec's own `defaults` are.
//
// The tags of the fields define the keys: `yaml` the name, `doc` the description, `kind` where the Go type leaves it open, `words`
// the words, `ref` the sections whose names fit, `default` and `example` for people, `required`, `single`, `names`, `short` and
// `keys` as in Type, `later` for what this version reads but does not run.
type Pipeline struct {
	Source *Source `yaml:"-"`
	// Sources are all files that the spec was read from: Source, then those that it includes, then those laid over it with theirs.
	Sources []*Source `yaml:"-"`
	// Root is the tree of all of them, merged.
	Root *Node `yaml:"-"`
	// Allow are the `x-mprun-allow` of the files.
	Allow []Allowance `yaml:"-"`
	// Names are all that is defined in the one namespace, in the document's order.
	Names []*Named `yaml:"-"`
	// unmend has a function for each file that could only be read with lines mended: the nodes are those of the mended one.
	unmend []func(Diagnostics) Diagnostics

	Version     Enum          `yaml:"version" words:"1" default:"1" example:"version: 1" doc:"Version of the spec language."`
	Name        Text          `yaml:"name" example:"name: nightly" doc:"Name of the spec, in reports and lists of runs."`
	Description Text          `yaml:"description" example:"description: counts the words of the manual" doc:"What the spec is for."`
	Include     []Text        `yaml:"include" single:"true" example:"include: [common.yaml]" doc:"Spec files that this one is laid over, relative to this one."`
	Vars        MapOf[Data]   `yaml:"vars" example:"vars: {n: 10}" doc:"Values for expressions, as vars.NAME; 'mprun spec.yaml n=5' sets one."`
	EnvFile     []Text        `yaml:"env_file" single:"true" example:"env_file: local.env" doc:"Files of NAME=value lines for the environment of all processes; never read unless named."`
	Defaults    ProcessCommon `yaml:"defaults" example:"defaults: {stop: {grace: 2s}}" doc:"Keys for every process that does not have them itself."`
	Types       []*TypeDef    `yaml:"types" example:"types: {Point: {x: float64, y: float64}}" doc:"Records for values, arrays and typed queues."`
	Chains      []*ChainDef   `yaml:"chains" example:"chains: {clean: {stages: [{map: trim(item)}]}}" doc:"Chains of stages, or functions, for use: NAME."`
	Queues      []*Queue      `yaml:"queues" example:"queues: {jobs: {capacity: 100}}" doc:"Queues: items go from process to process, each to one reader."`
	Pipes       []*Pipe       `yaml:"pipes" example:"pipes: {p: {duplex: false}}" doc:"Pipes: two ends, bytes or items in order."`
	Locks       []*Lock       `yaml:"locks" example:"locks: {l: {}}" doc:"Locks, held by one process at a time."`
	Semaphores  []*Semaphore  `yaml:"semaphores" example:"semaphores: {s: {value: 3}}" doc:"Semaphores, held by so many at a time."`
	Conditions  []*Condition  `yaml:"conditions" example:"conditions: {c: {lock: l}}" doc:"Conditions: wait under a lock until notified."`
	Events      []*Event      `yaml:"events" example:"events: {ready: {}}" doc:"Events: set once, all who wait go on."`
	Barriers    []*Barrier    `yaml:"barriers" example:"barriers: {b: {parties: 3}}" doc:"Barriers: all arrive before any goes on."`
	Values      []*Value      `yaml:"values" example:"values: {total: {type: int64}}" doc:"Shared values."`
	Arrays      []*Array      `yaml:"arrays" example:"arrays: {hist: {type: int64, length: 10}}" doc:"Shared arrays."`
	Managers    []*Manager    `yaml:"managers" later:"true" example:"managers: {m: {objects: {d: {type: dict}}}}" doc:"Servers of shared objects, for this run and others."`
	Listeners   []*Listener   `yaml:"listeners" later:"true" example:"listeners: {l: {address: 'localhost:9000'}}" doc:"Addresses where connections are accepted."`
	Pools       []*Pool       `yaml:"pools" example:"pools: {p: {workers: 4}}" doc:"Pools of workers, for pool: NAME."`
	Processes   []*Process    `yaml:"processes" example:"processes: {hello: {stages: [{items: [1, 2]}, {print: '${{ item }}'}]}}" doc:"The processes of the run."`
	Finally     Chain         `yaml:"finally" example:"finally: [{print: '${{ run.status }}'}]" doc:"A chain that runs once when all processes have ended, also after a failure and after the first interrupt. run.status, run.failed and run.duration tell of the run."`
	Tests       []*Test       `yaml:"tests" example:"tests: [{name: small, vars: {n: 3}, expect: {exit_code: 0}}]" doc:"Runs with expected results, for 'mprun test'."`
	Log         *Log          `yaml:"log" example:"log: {level: debug}" doc:"What goes to the log on standard error."`
}

// Named is what everything that is defined under a name has.
type Named struct {
	Name    string
	Section string // the key of the top level it stands under: queues
	Key     *Node  // its name in the document
	Node    *Node  // its definition
}

// Original gives findings about the nodes of the Pipeline at their places in the files. Where a file is not YAML, the nodes are
// those of a mended document; findings on mended lines are left out then, as they may come of the mend.
func (p *Pipeline) Original(found Diagnostics) Diagnostics {
	for _, unmend := range p.unmend {
		found = unmend(found)
	}
	return found
}

// Lookup is what is defined under a name, nil without.
func (p *Pipeline) Lookup(name string) *Named {
	for _, n := range p.Names {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Silence drops the warnings that the spec allows by `x-mprun-allow`.
func (p *Pipeline) Silence(found Diagnostics) Diagnostics {
	var kept Diagnostics
	for _, d := range found {
		if d.Severity != Warning || !p.allows(d) {
			kept = append(kept, d)
		}
	}
	return kept
}

func (p *Pipeline) allows(d Diagnostic) bool {
	for _, a := range p.Allow {
		if a.Scope.Contains(d.Range.Start) && a.Has(d.Code) {
			return true
		}
	}
	return false
}
