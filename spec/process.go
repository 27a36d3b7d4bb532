package spec

// Process is a process: `processes.p`. It runs stages in a worker of mprun, a command, or a shell script.
type Process struct {
	Named
	Stages  Chain   `yaml:"stages" example:"stages: [{items: [1, 2]}, {print: '${{ item }}'}]" doc:"The chain that it runs."`
	Command Command `yaml:"command" example:"command: sort -n" doc:"The program that it is, run without a shell."`
	Shell   Script  `yaml:"shell" example:"shell: grep x *.log | wc -l" doc:"The script that it runs by sh -c."`
	ProcessCommon

	_ struct{} `one:"stages|command|shell"`
}

// ProcessCommon is what processes share with `defaults`.
type ProcessCommon struct {
	Replicas    Count       `yaml:"replicas" default:"1" example:"replicas: 4" doc:"How many of it run, as NAME[0], NAME[1], ..."`
	Args        Data        `yaml:"args" example:"args: {part: '${{ self.index }}'}" doc:"Values for its expressions, as args.NAME; self may be used."`
	Description Text        `yaml:"description" example:"description: counts words" doc:"What it is for."`
	When        Expression  `yaml:"when" example:"when: vars.debug" doc:"The process exists only if this is true when the plan is made."`
	Autostart   Flag        `yaml:"autostart" default:"true" example:"autostart: false" doc:"Whether it starts with the run, or by a start stage."`
	Env         MapOf[Text] `yaml:"env" keys:"any" example:"env: {LANG: C}" doc:"Environment, beside what mprun has."`
	EnvFile     []Text      `yaml:"env_file" single:"true" example:"env_file: local.env" doc:"Files of NAME=value lines for its environment."`
	Cwd         Text        `yaml:"cwd" example:"cwd: /tmp" doc:"Its directory."`
	Daemon      Flag        `yaml:"daemon" default:"false" example:"daemon: true" doc:"It is stopped when all others have ended."`
	StartMethod Enum        `yaml:"start_method" words:"spawn|forkserver|thread" default:"spawn" example:"start_method: thread" doc:"How its workers start: each as a process of its own (spawn), as one from a reserve that is started already (forkserver), or all replicas as threads of one process (thread), which a kill ends together and which cannot have env, env_file, cwd, limits or user."`
	DependsOn   MapOf[Enum] `yaml:"depends_on" ref:"processes" words:"started|ready|completed|exited|failed" names:"auto" example:"depends_on: {db: ready}" doc:"Processes that must be so far before it starts; in a list, ready if it has a probe, else started."`
	Ready       *Ready      `yaml:"ready" later:"true" example:"ready: {tcp: 'localhost:5432'}" doc:"How to tell that it is ready."`
	Restart     *Restart    `yaml:"restart" short:"when" example:"restart: on-failure" doc:"What happens when it ends by itself."`
	Timeout     Duration    `yaml:"timeout" example:"timeout: 10m" doc:"How long it may run."`
	Stop        *Stop       `yaml:"stop" example:"stop: {signal: SIGINT, grace: 2s}" doc:"How it is stopped."`
	Success     []Integer   `yaml:"success_codes" single:"true" default:"0" example:"success_codes: [0, 1]" doc:"Exit codes that are no failure."`
	Limits      *Limit      `yaml:"limits" example:"limits: {memory: 1GiB}" doc:"What each of its replicas may use, with the programs that it runs; not with start_method: thread."`
	User        Text        `yaml:"user" later:"true" example:"user: nobody" doc:"User that it runs as."`
	Watch       []Text      `yaml:"watch" single:"true" later:"true" example:"watch: ['src/**']" doc:"Globs; a change restarts it under --watch."`
	Stdin       *Stdin      `yaml:"stdin" short:"word" default:"none" example:"stdin: {get: jobs, format: lines}" doc:"Where a program's standard input comes from."`
	Stdout      *Stdout     `yaml:"stdout" short:"word" default:"log" example:"stdout: {put: results, format: jsonl}" doc:"Where a program's standard output goes."`
	Stderr      *Stdout     `yaml:"stderr" short:"word" default:"log" example:"stderr: none" doc:"Where a program's standard error goes."`
	Creates     Text        `yaml:"creates" example:"creates: out.csv" doc:"File, or folder, that the program creates: it writes to ${{ out }} or $OUT, a temporary that takes its place on success. The program does not run if the file is there and no file named in the command, and nothing that a process creates which it depends on, is newer."`
	Uses        []Use       `yaml:"uses" example:"uses: [jobs, {results: put}]" doc:"What its program may touch by 'mprun queue ...' or a manager's proxies."`
}

// Ready is a readiness probe.
type Ready struct {
	Node *Node `yaml:"-"`

	Log      Text     `yaml:"log" example:"log: 'listening on \\d+'" doc:"Regular expression that a line of its output matches."`
	TCP      Text     `yaml:"tcp" example:"tcp: 'localhost:5432'" doc:"Address that accepts a connection."`
	HTTP     Text     `yaml:"http" example:"http: 'http://localhost:8080/health'" doc:"Address that answers with a status below 400."`
	Command  Command  `yaml:"command" example:"command: pg_isready" doc:"Program that exits with 0."`
	File     Text     `yaml:"file" example:"file: run.pid" doc:"File that exists."`
	Event    Name     `yaml:"event" ref:"events" example:"event: up" doc:"Event that is set."`
	Interval Duration `yaml:"interval" default:"500ms" example:"interval: 1s" doc:"Time between two attempts."`
	Timeout  Duration `yaml:"timeout" default:"60s" example:"timeout: 10s" doc:"How long it may take to be ready."`
	Retries  Count    `yaml:"retries" example:"retries: 5" doc:"Attempts before it counts as failed."`

	_ struct{} `one:"log|tcp|http|command|file|event"`
}

// Restart says when and how often a process is started again.
type Restart struct {
	Node *Node `yaml:"-"`

	When       Enum     `yaml:"when" words:"never|on-failure|always" default:"never; a stage worker that a signal ended is always replaced" example:"when: always" doc:"After which ends."`
	Max        Count    `yaml:"max" default:"5" example:"max: 3" doc:"Restarts in the window before it counts as failed."`
	Backoff    Duration `yaml:"backoff" default:"100ms" example:"backoff: 1s" doc:"Wait before the first restart; it doubles with each."`
	MaxBackoff Duration `yaml:"max_backoff" default:"10s" example:"max_backoff: 1m" doc:"Longest wait."`
	Window     Duration `yaml:"window" default:"60s" example:"window: 10m" doc:"Time over which restarts are counted."`
}

// Stop says how a process is stopped.
type Stop struct {
	Node *Node `yaml:"-"`

	Signal  Text     `yaml:"signal" default:"SIGTERM" example:"signal: SIGINT" doc:"Signal that asks it to end."`
	Grace   Duration `yaml:"grace" default:"10s" example:"grace: 2s" doc:"Time before it is killed."`
	Command Command  `yaml:"command" example:"command: pg_ctl stop" doc:"Program that stops it, in place of the signal."`
}

// Limit bounds what a process may use: each replica of it, or each worker of a pool, with the programs that it runs.
type Limit struct {
	Node *Node `yaml:"-"`

	Memory    Size    `yaml:"memory" example:"memory: 1GiB" doc:"Memory, beside what it shares with the run and files that it has mapped. Who is found to have more is killed, and dealt with as with any death."`
	CPUs      Count   `yaml:"cpus" example:"cpus: 2" doc:"Processors that it runs on, at most; replicas get them in turn. More than there are: all of them."`
	OpenFiles Count   `yaml:"open_files" example:"open_files: 256" doc:"Descriptors that each of its programs, and a worker of stages, may have open; more than mprun itself may have needs privileges."`
	Nice      Integer `yaml:"nice" example:"nice: 10" doc:"Scheduling priority: -20, before all others, to 19, behind them; below mprun's own needs privileges."`
}

// Stdin is where a program's standard input comes from.
type Stdin struct {
	Node *Node `yaml:"-"`

	Word   Enum    `yaml:"word" words:"none|inherit" hidden:"true" doc:"none, or inherit: it is handed the terminal."`
	Get    []Place `yaml:"get" single:"true" ref:"queues" example:"get: jobs" doc:"Queue whose items it reads, or a list of them."`
	Pipe   Place   `yaml:"pipe" ref:"pipes" example:"pipe: p.read" doc:"End of a pipe."`
	File   Text    `yaml:"file" example:"file: in.txt" doc:"File, whose bytes the program gets as they are, whatever its name says. If it is a named pipe, the program starts when somebody writes to it."`
	Format Enum    `yaml:"format" words:"lines|nul|jsonl|csv|bytes|frames" default:"lines" example:"format: jsonl" doc:"How items are written."`

	_ struct{} `one:"get|pipe|file"`
}

// Stdout is where a program's standard output or error goes.
type Stdout struct {
	Node *Node `yaml:"-"`

	Word   Enum    `yaml:"word" words:"log|none|inherit" hidden:"true" doc:"log: prefixed lines on standard error; none; inherit: mprun's own."`
	Put    []Place `yaml:"put" single:"true" ref:"queues" example:"put: results" doc:"Queue that its output goes to as items, or a list of them that get each."`
	Pipe   Place   `yaml:"pipe" ref:"pipes" example:"pipe: p.write" doc:"End of a pipe."`
	File   Text    `yaml:"file" example:"file: out.txt" doc:"File, which gets the bytes that the program writes, whatever its name says. If it is a named pipe, the program starts when somebody reads it."`
	Format Enum    `yaml:"format" words:"lines|nul|jsonl|csv|bytes|frames" default:"lines" example:"format: jsonl" doc:"How items are read."`

	_ struct{} `one:"put|pipe|file"`
}

// Use declares a resource that a process's program may touch.
type Use struct {
	Node   *Node
	Name   Name
	Access Name // what it may do with it; unset: anything
}
