package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mprun/mprun/planner"
)

// start starts a replica. What keeps it from starting is a failure of the replica.
func (s *supervisor) start(r *replica) {
	start := s.startCommand
	if r.slot >= 0 {
		start = s.startWorker
	}
	ready, err := s.openNamedPipes(r)
	if err == nil && !ready {
		s.startWithPipes(r)
		return
	}
	fresh := false
	if err == nil {
		fresh, err = s.create(r)
	}
	if fresh {
		s.skip(r)
		return
	}
	if r.started.IsZero() {
		r.started = time.Now()
		s.limitTime(r)
	}
	r.asked, r.sent = false, nil
	r.starts++
	r.pid = 0
	s.become(r, replicaRunning) // before it can read it
	if err == nil {
		err = start(r)
	}
	r.died = "" // who takes its place has been told
	if err != nil {
		r.starts--
		s.uncreate(r)
		r.code, r.ended = 127, time.Now()
		s.failReplica(r, r.failure(nil, err.Error()))
		return
	}
	s.become(r, replicaRunning) // with its pid
	s.watchMemory(r)
	s.armFaults(r)
	if r.process.stopping {
		s.stopReplica(r)
	}
}

// limitTime ends a replica whose process may not run any longer.
func (s *supervisor) limitTime(r *replica) {
	d, err := time.ParseDuration(r.process.limit)
	if err != nil {
		return // there is none
	}
	r.limitTimer = s.later(d, func() {
		switch {
		case r.process.stopping:
		case r.state == replicaRunning:
			r.timedOut = true
			s.stopReplica(r)
		case r.state == replicaBackoff:
			s.timeOver(r)
		}
	})
}

// startWorker starts a worker of the replica's chain, by the process's start method.
func (s *supervisor) startWorker(r *replica) error {
	s.prepareTerminal(r)
	switch p := r.process; {
	case p.plan.StartMethod == planner.ThreadMethod && !s.isApart(r):
		return s.startThread(r)
	case p.plan.StartMethod == planner.ForkserverMethod && s.startFromReserve(r):
		return nil
	}
	return s.spawnWorker(r)
}

// spawnWorker starts this binary again as a worker of the replica's chain.
func (s *supervisor) spawnWorker(r *replica) error {
	h := handoff{surroundings: s.surroundings(r.process.plan), post: s.post(r)}
	w, err := s.startBinary(r.process.plan, r.name, r.hasTerminal, h)
	if err != nil {
		return err
	}
	r.output = w.output
	r.control = newControl(w.socket, s.guardian, s.folders, func(m message) { s.later(0, func() { s.said(r, w.pid, m) }) })
	return s.watch(r, w.pid, w.pidfd)
}

// surroundings is what all replicas of a process are told.
func (s *supervisor) surroundings(p *planner.Process) surroundings {
	return surroundings{
		Process: *p, Queues: workerQueues(s.plan.Queues), Primitives: s.plan.Primitives, Cells: withoutInit(s.plan.Cells), Processes: processEntries(s.plan),
		Vars: s.plan.Vars, Files: len(s.arena.Files()), Seed: s.plan.Seed, BlockItems: s.plan.BlockItems, Dir: s.dir(p), RunID: s.id, Spill: s.spill, ParentPID: os.Getpid(),
	}
}

// post is what a replica is told at a start.
func (s *supervisor) post(r *replica) post {
	return post{
		Index: r.index, Slot: r.slot, Start: r.starts - 1, Fresh: r.fresh, Terminal: r.terminal, Moments: s.moments(), Run: s.outcome,
		CPUs: r.cpus, Died: r.died,
	}
}

// startedWorker is this binary as it was started as a worker.
type startedWorker struct {
	pid, pidfd int
	socket     *os.File
	output     *logPipe // of its standard error
}

// startBinary starts this binary again as a worker of a process of the plan, with a name for lists of processes and the log.
func (s *supervisor) startBinary(p *planner.Process, name string, foreground bool, h handoff) (w startedWorker, err error) {
	env, own := tune(s.environment(p), h.Carries == carriesAll)
	h.Tuned = own
	handoff, err := memoryFile(h)
	if err != nil {
		return w, err
	}
	defer handoff.Close()
	ours, theirs, err := socketPair()
	if err != nil {
		return w, err
	}
	defer theirs.Close()
	defer func() {
		if err != nil {
			ours.Close()
		}
	}()
	log := s.log.With("process", name)
	_, programsEnd, err := s.openLogPipe(log, slog.LevelInfo)
	if err != nil {
		return w, err
	}
	defer programsEnd.Close()
	crash, crashEnd, err := s.openLogPipe(log, slog.LevelDebug)
	if err != nil {
		return w, err
	}
	defer crashEnd.Close()
	stdin := s.null
	if p.Stdin.Kind == "inherit" {
		stdin = s.opt.Stdin
	}
	files := append([]*os.File{stdin, programsEnd, crashEnd, handoff, theirs}, s.arena.Files()...)
	w = startedWorker{socket: ours, output: crash}
	w.pid, w.pidfd, err = s.spawner.start(s.exe, []string{"mprun", "worker", name}, env, s.dir(p), files, foreground)
	if err != nil {
		return w, readable(err, p, s.dir(p))
	}
	return w, nil
}

// said deals with what a worker says in the middle of its life.
func (s *supervisor) said(r *replica, pid int, m message) {
	switch {
	case m.Reached != nil:
		s.reached(r, pid, *m.Reached)
	case m.Forsaken:
		s.forsaken(r)
	case m.Warning != "":
		s.log.Warn(m.Warning, "process", r.name)
	default:
		s.signalled(m.Signal)
	}
}

// startCommand starts a program of the plan.
func (s *supervisor) startCommand(r *replica) error {
	p := r.process.plan
	path, err := s.lookPath(p)
	if err != nil {
		return err
	}
	files := make([]*os.File, 3)
	var owned []*os.File
	defer func() { closeAll(owned...) }()
	for i, io := range []planner.Stdio{p.Stdin, p.Stdout, p.Stderr} {
		file, own, err := s.openStdio(r, i, io)
		if err != nil {
			return err
		}
		files[i] = file
		if own {
			owned = append(owned, file)
		}
	}
	s.prepareTerminal(r)
	pid, pidfd, err := s.startProgram(r, path, withOut(p.Command, r.creation), s.commandEnvironment(r), files)
	if err != nil {
		return readable(err, p, s.dir(p))
	}
	return s.watch(r, pid, pidfd)
}

// watch has the reaper tell of the replica's end, and the guardian know its group. A process that cannot be watched is ended.
func (s *supervisor) watch(r *replica, pid, pidfd int) error {
	r.pid = pid
	s.guardian.group(pid)
	err := s.reaper.watch(pidfd, pid, r, r.slot < 0)
	if err == nil {
		return nil
	}
	s.guardian.groupGone(pid)
	if r.slot >= 0 {
		r.control.final()
		err = errors.Join(err, s.arena.Recover(r.slot))
	}
	return err
}

// openStdio is the file for descriptor fd of a command; own says that it must be closed here once the command has it.
func (s *supervisor) openStdio(r *replica, fd int, io planner.Stdio) (file *os.File, own bool, err error) {
	switch io.Kind {
	case "inherit":
		return []*os.File{s.opt.Stdin, s.opt.Stdout, s.opt.Stderr}[fd], false, nil
	case "file":
		if file = r.takePipe(fd); file != nil {
			return file, true, nil
		}
		path := s.stdioPath(r, io)
		if fd == 0 {
			file, err = os.Open(path)
		} else {
			file, err = os.OpenFile(path, s.emptyOnce(path)|os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		}
		return file, true, err
	case "log":
		var pipe *logPipe
		pipe, file, err = s.openLogPipe(s.log.With("process", r.name), slog.LevelInfo)
		if fd == 2 || r.output == nil {
			r.output = pipe
		}
		return file, true, err
	default:
		return s.null, false, nil
	}
}

// emptyOnce is the flag that empties a file when the run opens it for the first time: its other writers, and those who are started
// again, add to it.
func (s *supervisor) emptyOnce(path string) int {
	path = realPath(path)
	if s.emptied[path] {
		return 0
	}
	s.emptied[path] = true
	return os.O_TRUNC
}

// dir is the folder a process runs in.
func (s *supervisor) dir(p *planner.Process) string {
	switch {
	case p.Dir == "":
		return s.plan.Dir
	case filepath.IsAbs(p.Dir):
		return p.Dir
	default:
		return filepath.Join(s.plan.Dir, p.Dir)
	}
}

// environment is mprun's own, that of the process's environment files, the process's, and the run's mark: each name once, since getenv(3) takes the first and others the last.
func (s *supervisor) environment(p *planner.Process) []string {
	values := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	maps.Copy(values, p.FileEnv)
	maps.Copy(values, p.Env)
	values[runMark] = s.id
	env := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env
}

// lookPath finds a command's program as execvp would, by the PATH that the process gets.
func (s *supervisor) lookPath(p *planner.Process) (string, error) {
	name := p.Command[0]
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(s.dir(p), name)
		}
		return name, nil
	}
	path, ok := p.Env["PATH"]
	if !ok {
		path, ok = p.FileEnv["PATH"]
	}
	if ok {
		for _, dir := range filepath.SplitList(path) {
			if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return found, nil
			}
		}
		return "", fmt.Errorf("program %s not found in the PATH of the process", name)
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("program %s not found", name)
	}
	return found, nil
}

// readable says which of the two a start did not find: the program or the folder.
func readable(err error, p *planner.Process, dir string) error {
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(dir); statErr != nil {
			return fmt.Errorf("starting in %s: %w", dir, fs.ErrNotExist)
		}
	}
	return err
}
