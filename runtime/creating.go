package runtime

import (
	"fmt"
	"strings"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// create prepares what a replica's program is to create, and says whether it is up to date, so that the program need not run. What is
// started again has been found out of date before.
func (s *supervisor) create(r *replica) (fresh bool, err error) {
	def := r.process.plan.Creates
	if def == nil {
		return false, nil
	}
	dir := s.dir(r.process.plan)
	c, err := stages.NewCreation(dir, def.Path)
	if err != nil {
		return false, fmt.Errorf("creates: %w", err)
	}
	c.DependOn(dir, def.Inputs...)
	fresh, err = c.UpToDate()
	if err == nil && fresh && r.starts == 0 {
		return true, nil
	}
	if err == nil {
		s.folders.expect(c.Temp)
		err = c.Prepare()
	}
	if err != nil {
		return false, fmt.Errorf("creates: %w", err)
	}
	s.guardian.tree(c.Temp)
	r.creation = c
	return false, nil
}

// skip ends a replica without having started it: what it would create is up to date.
func (s *supervisor) skip(r *replica) {
	r.skipped = true
	s.log.Info(r.name + " need not run: " + r.process.plan.Creates.Path + " is up to date") // it has not spoken itself
	s.conclude(r)
}

// uncreate forgets what a program that was not started was to create.
func (s *supervisor) uncreate(r *replica) {
	if r.creation != nil {
		s.guardian.treeGone(r.creation.Temp)
		r.creation = nil
	}
}

// created puts in place what a program that has ended has created, or removes it, and has loop call then with the error. Writing a large
// file to the disk takes its time, in which the loop goes on.
func (s *supervisor) created(r *replica, e exit, then func(error)) {
	c := r.creation
	r.creation = nil
	well := r.process.succeeded(e.code) && !r.timedOut
	go func() {
		var err error
		if well {
			err = c.Complete()
		} else {
			c.Discard()
		}
		s.guardian.treeGone(c.Temp)
		s.call(func() { then(err) })
	}()
}

// withOut is the words of a command, with the path that it writes to in them.
func withOut(words []string, c *stages.Creation) []string {
	if c == nil {
		return words
	}
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = strings.ReplaceAll(word, planner.OutPlaceholder, c.Temp)
	}
	return out
}

// commandEnvironment is the environment of a replica's program.
func (s *supervisor) commandEnvironment(r *replica) []string {
	env := s.environment(r.process.plan)
	if r.creation != nil {
		env = append(withoutVariable(env, "OUT"), "OUT="+r.creation.Temp)
	}
	return env
}

// withoutVariable is an environment without a variable: each name must be there once.
func withoutVariable(env []string, name string) []string {
	kept := env[:0]
	for _, entry := range env {
		if !strings.HasPrefix(entry, name+"=") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// logSkipped tells of items whose programs did not run.
func (s *supervisor) logSkipped() {
	for _, p := range s.processes {
		skipped := 0
		for _, r := range p.replicas {
			skipped += s.outlet.skipped[r.name]
		}
		if skipped > 0 {
			s.log.Info(skippedText(skipped), "process", p.plan.Name)
		}
	}
}

func skippedText(items int) string {
	if items == 1 {
		return "skipped 1 item: what its program creates is up to date"
	}
	return fmt.Sprintf("skipped %d items: what their programs create is up to date", items)
}
