package stages

// A pool is a process of its own, which the planner makes, and two kinds of queue between it and each `pool` stage that hands it tasks (a
// site). Exactly-once, redelivery, recovery and dead letters are those of processes and queues:
//
//	caller: pooling --chunk--> [tasks] --> get, tasking --outcome--> [results, one queue for each replica of the caller] --> pooling
//
// A chunk is a few rows, numbered by the caller; an outcome is what became of them. A row lives in exactly one place, whoever dies: in the
// batch before the caller's stage, gathered in its state, in a chunk, or in an outcome. The caller's state is the numbers of the chunks
// that are out and the outcomes that came before their turn; what of a row is needed later (bound values, identity, the item itself if it
// failed) goes with the chunk and comes back.
//
//	the caller dies     its replacement finds the same chunks out, and their outcomes in its queue
//	a worker dies       its chunk is delivered again, with the tasks of it that were committed as done; from then on it goes task by task,
//	                    with a commit before each, so that the one that kills its workers is found (InHand, GiveUp)
//	an interpreter dies what it was asked is asked of another, one by one; the task that ends it fails, after three kills if it was killed
//	the caller ends     for good: tasks at work are ended in their middle (Run.AtTask), others are not begun; outcomes that nobody wants are
//	                    dropped; so are those of a stream that was ended or begun anew, whose numbers are not used again
//
// A worker takes the tasks of a chunk in one of two ways. Where no stage could tell one task from the next (`map`, `filter`, `flat_map`,
// `extract`, `python`, `through` with `per: item`, without keys that need a task alone) they go together, as one column (crowd): so a
// function in Python is handed hundreds at a time, and a program several lines ahead. Else, and after a death, each is a stream of its own,
// one after the other.
//
//	                      together (pool_crowd.go)                       one by one (pool_single.go)
//	a commit on the way   keeps what is done: the tasks in front         that, and how far the task at work is
//	a task fails          its rows are left out, the others go on        it is noted, or tried again
//	it is to be retried   it and the rest of the chunk go one by one     again, from its beginning
//	a program of through  lives as long as the worker                    lives as long as the task
//
// A function in Python, and a program, is never called twice for a task because another has failed: with `retry` such tasks go one by one.

// PoolCall is what a `pool` stage knows of its pool.
type PoolCall struct {
	Tasks   string `json:"tasks"`   // the queue of the pool's chunks
	Results string `json:"results"` // the family of queues in which the outcomes come back, one for each replica
	Site    int    `json:"site"`    // which of the pool's Sites the stage is
	Workers int    `json:"workers"`
	Args    bool   `json:"args,omitempty"`  // the task reads `args`
	Alone   bool   `json:"alone,omitempty"` // chunks have as many rows as chunk_size says, one without it: its tasks start programs

	Do []Stage `json:"-"` // the task, while the plan is made
}

// PoolSite is a `pool` stage as the workers of the pool know it.
type PoolSite struct {
	Pos      Pos      `json:"pos"`
	Results  string   `json:"results"` // see PoolCall
	Do       []Stage  `json:"do,omitempty"`
	Names    []string `json:"names,omitempty"` // those bound before the stage that the task reads
	Args     bool     `json:"args,omitempty"`
	When     *Source  `json:"when,omitempty"`
	Retry    *Retry   `json:"retry,omitempty"`
	Timeout  *Source  `json:"timeout,omitempty"`
	Replicas int      `json:"replicas"` // of the caller
}

// taskOperatorName is the operator of the stage that pool workers run behind their `get`. No spec has it.
const taskOperatorName = "task"

// TaskStage is the stage of a pool's workers: it runs the tasks of sites, after init, which each worker runs once. maxTasks is how many
// tasks a worker does before it is replaced; 0: any number.
func TaskStage(pos Pos, sites []PoolSite, init []Stage, maxTasks int) Stage {
	st := Stage{Op: taskOperatorName, Pos: pos, Sites: sites}
	st.Operand.Stages = init
	if maxTasks > 0 {
		st.Options = map[string]Field{"max_tasks": {Source: &Source{Kind: SourceLiteral, Value: maxTasks, Pos: pos}}}
	}
	return st
}

// taskOperator is the row of the operator table for that stage.
func taskOperator() *Operator {
	return &Operator{
		Name: taskOperatorName, Group: Transforms, Effect: true, Single: true, Waits: true,
		Options: []FieldDef{{Name: "max_tasks", Kind: CountField}},
		Build:   buildTasking,
	}
}
