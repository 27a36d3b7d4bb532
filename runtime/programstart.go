package runtime

import (
	"fmt"
	"io"
	"os"

	"github.com/mprun/mprun/stages"
)

// running is a program that lives beside the chain. It implements stages.Running.
type running struct {
	programs *programs
	name     string
	process  *os.Process
	dialogue dialogue
	stderr   *output
	tail     *tailWriter
}

// Start implements stages.Programs.
func (p *programs) Start(program stages.Program) (stages.Running, error) {
	if program.Aside {
		return p.startAside(program)
	}
	r := &running{programs: p, name: program.Words[0], tail: &tailWriter{next: &p.log}}
	err := r.dialogue.open()
	if err == nil {
		r.stderr, err = newOutput(r.tail)
	}
	if err != nil {
		r.dialogue.close()
		return nil, fmt.Errorf("making a pipe to %s: %w", r.name, err)
	}
	r.process, err = p.spawnBeside(program, r.dialogue.theirIn, r.dialogue.theirOut, r.stderr.end)
	r.dialogue.closeTheirs()
	if err != nil {
		r.dialogue.close()
		r.stderr.abandon()
		return nil, err
	}
	r.stderr.copy()
	return r, nil
}

// spawnBeside starts a program that is to live beside the chain.
func (p *programs) spawnBeside(program stages.Program, files ...*os.File) (process *os.Process, err error) {
	p.beside.Store(true)
	if !p.onThread(func() { process, err = p.spawn(program, files...) }) {
		return nil, stages.ErrInterrupted
	}
	return process, err
}

func (r *running) Stdin() io.WriteCloser { return r.dialogue.in }
func (r *running) Stdout() io.Reader     { return r.dialogue.out }

// Wait implements stages.Running.
func (r *running) Wait() error {
	state, err := r.programs.reap(r.process)
	r.dialogue.close()
	<-r.stderr.done
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", r.name, err)
	}
	return exitError(r.name, state, r.tail)
}

// Kill implements stages.Running; all that the program started is killed with it.
func (r *running) Kill() {
	killTree(r.process)
	r.stderr.abandon()
}

// dialogue is two pipes: what a program is told, and what it says.
type dialogue struct {
	theirIn, in   *os.File
	out, theirOut *os.File
}

// open makes the pipes. It is to be closed also if that fails.
func (d *dialogue) open() (err error) {
	if d.theirIn, d.in, err = os.Pipe(); err == nil {
		d.out, d.theirOut, err = os.Pipe()
	}
	return err
}

func (d *dialogue) closeTheirs() { closeAll(d.theirIn, d.theirOut) }

func (d *dialogue) close() { closeAll(d.theirIn, d.in, d.out, d.theirOut) }
