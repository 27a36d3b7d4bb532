package planner

import "github.com/mprun/mprun/stages"

// Plan is what a run does: everything resolved, nothing left to look up in the spec. It is a value without behaviour, made by
// Compile and carried out by runtime; the same spec and Host give the same Plan, and the same JSON to the byte.
type Plan struct {
	Version int    `json:"version"` // of this structure
	Name    string `json:"name"`
	File    string `json:"file"` // as given on the command line
	Dir     string `json:"dir"`  // paths in the spec are relative to it

	Vars       Values `json:"vars,omitempty"`
	Seed       int64  `json:"seed,omitempty"`
	BlockItems int    `json:"block_items,omitempty"` // most items of a batch; 0: mprun's choice
	Log        Log    `json:"log,omitzero"`

	Secrets Secrets `json:"-"` // what is not to be shown

	Limits     int         `json:"limits,omitempty"`     // rates that throttles go by: Stage.Limit is from 1 to this
	Queues     []Queue     `json:"queues"`               // in the order of the spec
	Primitives []Primitive `json:"primitives,omitempty"` // kind by kind, in the order of the spec: that in which several locks are taken
	Cells      []Cell      `json:"cells,omitempty"`      // values, then arrays, in the order of the spec
	Processes  []Process   `json:"processes"`            // in the order of start: after what they depend on
	Absent     []string    `json:"absent,omitempty"`     // processes of the spec that are not part of this run: their `when` is false, or a test stands in for them
	Faults     []Fault     `json:"faults,omitempty"`     // of a Test
	Scratch    string      `json:"scratch,omitempty"`    // of a Test: the folder that the run makes, and removes with all that is in it; "": none
}

// Log is the spec's `log`.
type Log struct {
	Level     string            `json:"level,omitempty"`
	Format    string            `json:"format,omitempty"` // text, json
	Processes map[string]string `json:"processes,omitempty"`
}

// Queue is a queue with everything that can be known of it before the run.
type Queue struct {
	Name          string            `json:"name"`
	Pos           stages.Pos        `json:"pos"`
	Capacity      int               `json:"capacity"`  // items; 0: unbounded
	MaxItem       int               `json:"max_item"`  // bytes
	MaxBytes      int               `json:"max_bytes"` // bytes
	MaxDeliveries int               `json:"max_deliveries"`
	DeadLetter    string            `json:"dead_letter,omitempty"`
	Type          string            `json:"type,omitempty"`    // of its items, as text
	Store         *stages.StoreType `json:"store,omitempty"`   // the type that it declares, to which items are held when they are put
	Readers       []string          `json:"readers,omitempty"` // names of processes
	Writers       []string          `json:"writers,omitempty"`
	Cycle         []string          `json:"cycle,omitempty"` // the queues of the cycle that it is on, itself included

	Count     int            `json:"count,omitempty"`     // members of a family; 0: it is none
	Key       *stages.Source `json:"key,omitempty"`       // items of the same key go to the same replica
	Pool      string         `json:"pool,omitempty"`      // the pool that it leads to, or comes from: it is none of the spec's
	Broadcast bool           `json:"broadcast,omitempty"` // each process that reads it gets each item
	Parts     []Part         `json:"parts,omitempty"`     // what it is made of, if it is more than one queue; see Part
}

// Process is a process: a chain of stages run by mprun workers, or a command.
type Process struct {
	Name     string     `json:"name"`
	Pos      stages.Pos `json:"pos"`
	Replicas int        `json:"replicas"`

	Stages  []stages.Stage `json:"stages,omitempty"`
	Command []string       `json:"command,omitempty"` // executed directly; a `shell` is /bin/sh -c
	Creates *Creates       `json:"creates,omitempty"` // of a Command
	Args    *stages.Source `json:"args,omitempty"`    // data; what reads `self` is left to be computed in each replica

	EnvFiles []string          `json:"env_files,omitempty"` // where FileEnv comes from
	FileEnv  map[string]string `json:"-"`                   // added to mprun's own; for the environment of the process only, never shown

	Env    map[string]string `json:"env,omitempty"` // added to these
	Dir    string            `json:"dir,omitempty"`
	Stdin  Stdio             `json:"stdin,omitzero"` // of a Command
	Stdout Stdio             `json:"stdout,omitzero"`
	Stderr Stdio             `json:"stderr,omitzero"`

	Limits       ProcessLimits `json:"limits,omitzero"`        // of each replica
	StartMethod  StartMethod   `json:"start_method,omitempty"` // of Stages
	DependsOn    []Dependency  `json:"depends_on,omitempty"`
	Restart      Restart       `json:"restart"`
	Stop         Stop          `json:"stop"`
	Timeout      string        `json:"timeout,omitempty"` // a duration as Go writes it
	SuccessCodes []int         `json:"success_codes,omitempty"`
	Daemon       bool          `json:"daemon,omitempty"`
	Manual       bool          `json:"manual,omitempty"`   // autostart: false
	StandIn      bool          `json:"stand_in,omitempty"` // it is no process of the spec, but gives or takes items in place of some, for a Test
	Pool         bool          `json:"pool,omitempty"`     // it is the workers of a pool, and no process of the spec
	Finally      bool          `json:"finally,omitempty"`  // the spec's `finally`: it runs when all others have ended, whatever became of them

	Gets     []string `json:"gets,omitempty"` // queues that it reads, by `get`, `uses` or its standard input
	Puts     []string `json:"puts,omitempty"`
	Starts   []string `json:"starts,omitempty"`   // processes that its stages may start
	Programs bool     `json:"programs,omitempty"` // it starts programs
	Files    bool     `json:"files,omitempty"`    // it writes files
}

// Creates is what a command creates as a whole or not at all, unless it is up to date. In its words OutPlaceholder stands for the path that
// it writes to, which is in $OUT as well. Paths count from the process's folder.
type Creates struct {
	Path   string   `json:"path"`
	Inputs []string `json:"inputs,omitempty"` // those that are files and newer than what is there make it out of date
}

// OutPlaceholder stands in a command for the path that it writes to, which is known in the run only.
const OutPlaceholder = "${{ out }}"

// Stdio says where a command's standard input, output or error comes from or goes to.
type Stdio struct {
	Kind string `json:"kind,omitempty"` // none, inherit, log, file, pipe
	Path string `json:"path,omitempty"` // file
	Pipe string `json:"pipe,omitempty"`
}

// Dependency is a process that must have come to a Condition before this one starts.
type Dependency struct {
	Process   string     `json:"process"`
	Condition string     `json:"condition"` // started, ready, completed, exited, failed
	Pos       stages.Pos `json:"pos"`
}

// Restart says when a process that has ended is started again. Durations are as Go writes them.
type Restart struct {
	When       string `json:"when"` // never, on-failure, always, or death: a worker ended by a signal that nobody asked for
	Max        int    `json:"max,omitempty"`
	Window     string `json:"window,omitempty"`
	Backoff    string `json:"backoff,omitempty"`
	MaxBackoff string `json:"max_backoff,omitempty"`
}

// Stop says how a process is asked to end.
type Stop struct {
	Signal  string   `json:"signal"` // SIGTERM
	Grace   string   `json:"grace"`  // then SIGKILL
	Command []string `json:"command,omitempty"`
}
