package stages

import (
	"errors"
	"path/filepath"
	"strings"
)

// create has a program create the file of the first row of in, unless that is up to date, and gives its path as the spec has it. done is
// false if it had to wait for something.
//
// What a dead worker's program had put in place before the commit is found up to date by the replacement; it counts as created then, not as
// skipped.
func (n *execNode) create(r *Run, in *Batch) (path string, done bool, err error) {
	path, err = n.target(in)
	if err != nil {
		return "", false, err
	}
	c, program, err := n.creation(in, path)
	if err != nil {
		return path, false, err
	}
	fresh, err := c.UpToDate()
	if err != nil {
		return path, false, creatingError(err)
	}
	if fresh {
		if n.deaths > 0 {
			return path, true, nil
		}
		n.outcome.skip()
		taken, err := r.Outlet().Skipped()
		if err == nil && !taken {
			err = r.Await(r.Outlet())
		}
		return path, taken, err
	}
	if err := n.start(r); err != nil {
		return path, false, err
	}
	return path, true, n.createNow(r, in, c, program)
}

// createNow runs the program and puts what it has created in place.
func (n *execNode) createNow(r *Run, in *Batch, c *Creation, program Program) error {
	if err := r.Programs().Guard(c.Temp); err != nil {
		return err
	}
	defer r.Programs().Unguard(c.Temp)
	if err := c.Prepare(); err != nil {
		n.running = false
		return creatingError(err)
	}
	err := n.run(r, in, program)
	if err != nil {
		c.Discard()
		return err
	}
	if err := c.Complete(); err != nil {
		if errors.Is(err, errNotCreated) {
			return Failf("exec", "%s: %s", n.called(program), err)
		}
		return creatingError(err)
	}
	return nil
}

func creatingError(err error) error { return Failf("io", "creates: %s", err) }

// target is the path that the spec names for the first row of in.
func (n *execNode) target(in *Batch) (string, error) {
	v, err := n.creates.At(in, 0)
	if err != nil {
		return "", err
	}
	path := TextOf(v)
	if v == nil || path == "" || strings.IndexByte(path, 0) >= 0 {
		return "", Failf("io", "creates needs a path, not %s", ShortJSON(v))
	}
	return path, nil
}

// creation is what is to be created at path, and by which program.
func (n *execNode) creation(in *Batch, path string) (*Creation, Program, error) {
	c, err := NewCreation(n.dir, path)
	if err != nil {
		return nil, Program{}, creatingError(err)
	}
	n.globals.Out = c.Temp
	program, err := n.program(in)
	n.globals.Out = nil
	if err != nil {
		return nil, program, err
	}
	if item, ok := in.Item(0).(string); ok && item != "" {
		if filepath.Clean(resolve(n.dir, item)) == c.Target {
			return nil, program, Failf("io", "creates: %s is the item itself, which a program cannot read and create", path)
		}
		c.DependOn(n.dir, item)
	}
	if n.script == nil {
		c.DependOnWords(program.Dir, program.Words)
	}
	program.Env = append(program.Env, "OUT="+c.Temp)
	program.LogsOutput = n.outcome == nil
	return c, program, nil
}
