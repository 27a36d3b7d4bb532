package planner

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// planVersion is Plan.Version of the plans that this package makes.
const planVersion = 1

// Compile makes the plan of a spec. The findings are sorted, and those that the spec allows by x-mprun-allow are left out. The plan
// is nil if one of them is an error.
//
// doc may be a document in which spec.Load found errors: what it could not read causes no further findings, and there is no plan.
func Compile(doc *spec.Pipeline, host Host, opts Options) (*Plan, spec.Diagnostics) {
	c := newCompiler(doc, host, opts)
	order, found := c.compile()
	if found.HasErrors() {
		return nil, found
	}
	return c.plan(order), found
}

// compile runs the passes, and gives the processes in the order of their start.
func (c *compiler) compile() ([]*process, spec.Diagnostics) {
	c.checkAvailable()
	c.checkAllowed()
	c.readVars()
	c.readNames()
	c.readTypes()
	c.readQueues()
	c.readPrimitives()
	c.readCells()
	c.readChains()
	c.readPools()
	c.readProcesses()
	c.addStandIns()
	c.makePools()
	c.readUnusedChains()
	c.readUnusedActions()
	c.numberThrottles()
	c.wire()
	c.wireControl()
	c.meet()
	c.inferTypes()
	c.checkDeadLetters()
	c.checkAcks()
	c.checkWiring()
	c.checkHolding()
	c.checkChains()
	c.checkSplits()
	c.checkStdin()
	c.checkLog()
	c.checkPrograms()
	c.checkPools()
	order := c.startOrder()
	c.dependOnCreated()
	c.checkTests()
	return order, c.result()
}

// result is what has been found.
func (c *compiler) result() spec.Diagnostics { return c.doc.Silence(c.doc.Original(c.found).Sorted()) }

// SpecOptions are the options that a spec must be loaded with to be compiled: the expression language's own lexer and functions.
func SpecOptions(file string) spec.Options {
	return spec.Options{File: file, FindClose: stages.FindClose, IsFunction: stages.IsFunction}
}

// compiler is what the passes share.
type compiler struct {
	findings
	doc  *spec.Pipeline
	host Host
	opts Options
	read spec.Options // for spec's Read functions
	name string

	environ   map[string]any    // as expressions see it
	topEnv    map[string]string // of the spec's env_file; nil before it is read
	envFiles  []string          // the paths of these
	vars      map[string]any
	planScope stages.Scope
	planEnv   stages.Env
	badVars   []string // that have no value, as was reported

	symbols    map[string]symbol
	records    []*recordType
	queues     []*queue
	primitives []*primitive
	cells      []*cell
	processes  []*process
	pools      []*pool // that some process uses
	named      map[string]*pool
	inline     map[*stages.Source]*spec.Pool
	absent     []*process // those whose `when` is false: they are checked, and take no part

	chains      map[string]*chain
	loose       []*process // chains that nobody uses, as what would run them
	using       []*chain   // those around the stage that is being decoded, the outermost first
	usedStages  int
	usedTooMany bool
	acting      string          // the barrier whose action is being decoded
	circles     map[string]bool // of chains that use each other: reported

	origins  map[*stages.Source]origin    // where expressions and texts were written
	notes    map[*stages.Stage]*stageNote // what is known of a stage beside what the plan holds
	places   map[string][]*spec.Node      // where resources are used in some way
	programs map[string][]string          // by PATH: see programNames
	limits   int                          // rates that throttles go by
	trial    *trial                       // the test that is compiled; nil: none
	partial  bool                         // something could not be read: what seems to be missing may be there
}

// symbol is what a name of the spec stands for.
type symbol struct {
	kind      string // "queue": the section, in the singular
	key       *spec.Node
	queue     *queue
	primitive *primitive
	cell      *cell
	process   *process
}

func newCompiler(doc *spec.Pipeline, host Host, opts Options) *compiler {
	c := &compiler{
		doc: doc, host: host, opts: opts,
		read:    SpecOptions(doc.Source.Name),
		environ: map[string]any{},
		symbols: map[string]symbol{},
		origins: map[*stages.Source]origin{},
		notes:   map[*stages.Stage]*stageNote{},
		places:  map[string][]*spec.Node{},

		programs: map[string][]string{},
		named:    map[string]*pool{},
		inline:   map[*stages.Source]*spec.Pool{},
		chains:   map[string]*chain{},
		circles:  map[string]bool{},

		partial: opts.Partial,
	}
	for name, value := range host.Environ() {
		c.environ[name] = value
	}
	about := map[string]any{
		"name":    specName(doc),
		"dir":     opts.Dir,
		"started": host.Started().UTC().Format(time.RFC3339),
	}
	c.planScope = stages.Scope{Vars: map[string]stages.Type{
		"vars": stages.RecordOf(),
		"env":  stages.MapOf(stages.StringType),
		"cpus": stages.IntType,
		"spec": stages.TypeOf(about),
	}}
	c.planEnv = stages.Env{Vars: map[string]any{}, Env: c.environ, CPUs: host.CPUs(), Spec: about, Seed: uint64(opts.Seed), Budget: planBudget}
	c.name = c.text(doc.Name, specName(doc))
	return c
}

// specName is the spec's name where it does not say one: that of its file.
func specName(doc *spec.Pipeline) string {
	if doc.Name.IsSet() && doc.Name.Template.IsLiteral() {
		return doc.Name.Node.Text
	}
	base := filepath.Base(doc.Source.Name)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if name == "" || name == "." || name == "-" || name == string(filepath.Separator) {
		return "mprun"
	}
	return name
}

// plan puts together what the passes found out.
func (c *compiler) plan(order []*process) *Plan {
	p := &Plan{
		Version: planVersion, Name: c.name, File: c.doc.Source.Name, Dir: c.opts.Dir,
		Vars: c.vars, Seed: c.opts.Seed, BlockItems: c.opts.BlockItems, Log: c.log(), Secrets: c.secrets,
		Limits: c.limits,
		Queues: make([]Queue, 0, len(c.queues)), Processes: make([]Process, 0, len(order)),
	}
	for _, q := range c.queues {
		p.Queues = append(p.Queues, q.plan)
	}
	for _, pool := range c.pools {
		p.Queues = append(p.Queues, pool.results...)
	}
	for _, prim := range c.primitives {
		p.Primitives = append(p.Primitives, prim.plan)
	}
	for _, v := range c.cells {
		p.Cells = append(p.Cells, v.plan)
	}
	for _, proc := range order {
		p.Processes = append(p.Processes, proc.plan)
	}
	for _, proc := range c.absent {
		p.Absent = append(p.Absent, proc.plan.Name)
	}
	return p
}

// checkLog finds levels of processes that the spec does not have.
func (c *compiler) checkLog() {
	if c.doc.Log == nil {
		return
	}
	for _, e := range c.doc.Log.Processes {
		c.lookup(e.Name, e.Key.At(), e.Key, "process")
	}
}

func (c *compiler) log() Log {
	l := c.doc.Log
	if l == nil {
		return Log{}
	}
	plan := Log{Level: l.Level.Word, Format: l.Format.Word}
	for _, e := range l.Processes {
		if plan.Processes == nil {
			plan.Processes = map[string]string{}
		}
		plan.Processes[e.Name] = e.Value.Word
	}
	return plan
}
