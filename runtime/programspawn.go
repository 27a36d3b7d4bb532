package runtime

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/mprun/mprun/stages"
)

// spawn starts a program with files as its descriptors from 0 on; nil is a stream without anything. It dies with the thread that calls. The caller
// closes the files. Whoever gets the process waits for it by reap.
func (p *programs) spawn(program stages.Program, files ...*os.File) (*os.Process, error) {
	name := program.Words[0]
	attr := &os.ProcAttr{Dir: program.Dir, Env: environ(program.Env), Files: files, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.cut.Load() {
		return nil, stages.ErrInterrupted
	}
	process, err := p.start(name, program.Words, attr)
	if err != nil {
		return nil, startError(name, err)
	}
	p.running[process] = true
	return process, nil
}

// start starts a program. Where it is found is kept for those after it: like shells, a worker does not go through PATH for each.
func (p *programs) start(name string, words []string, attr *os.ProcAttr) (process *os.Process, err error) {
	if err := p.fill(attr.Files); err != nil {
		return nil, err
	}
	if strings.Contains(name, "/") {
		return os.StartProcess(name, words, attr)
	}
	if path, known := p.paths[name]; known {
		if process, err = os.StartProcess(path, words, attr); !errors.Is(err, syscall.ENOENT) {
			return process, err
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	p.paths[name] = path
	return os.StartProcess(path, words, attr)
}

// fill puts the null device where there is no file.
func (p *programs) fill(files []*os.File) (err error) {
	for i, file := range files {
		if file != nil {
			continue
		}
		if p.null == nil {
			if p.null, err = os.Open(os.DevNull); err != nil {
				return err
			}
		}
		files[i] = p.null
	}
	return nil
}

// reap waits for a program's exit.
func (p *programs) reap(process *os.Process) (*os.ProcessState, error) {
	state, err := process.Wait()
	p.mu.Lock()
	delete(p.running, process)
	p.mu.Unlock()
	return state, err
}

func startError(name string, err error) error {
	reason := err
	var path *os.PathError
	var look *exec.Error
	switch {
	case errors.As(err, &look):
		reason = look.Err
	case errors.As(err, &path):
		reason = path.Err
	}
	if errors.Is(reason, syscall.E2BIG) {
		return stages.Failf("exec", "starting %s: its words and its environment are together longer than they can be: hand data over by `input`", name)
	}
	return stages.Failf("exec", "starting %s: %v", name, reason)
}

// environ is the environment of a program: the worker's, but for names that are among its own. Of a name that is there twice, the last counts.
func environ(own []string) []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool { return names(own, variable) })
	for i, variable := range own {
		if !names(own[i+1:], variable) {
			env = append(env, variable)
		}
	}
	return env
}

// names says whether one of the variables has the name of another.
func names(variables []string, other string) bool {
	i := strings.IndexByte(other, '=')
	return i >= 0 && slices.ContainsFunc(variables, func(v string) bool { return strings.HasPrefix(v, other[:i+1]) })
}
