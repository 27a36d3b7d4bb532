package stages

import "time"

// sleeping is `sleep`: each item goes on after a pause, which goes on over the death of its worker.
type sleeping struct {
	pause *RowExpr
	until time.Duration // when the first row goes on; 0: its pause has not begun
}

func buildSleep(b *Builder, stage *Stage) (Node, error) {
	pause, err := b.Expr(stage.Operand.Source)
	return &sleeping{pause: pause}, err
}

func (s *sleeping) Step(r *Run, in, out *Batch) error {
	if s.until == 0 {
		d, err := s.pause.Duration(in, 0)
		if err != nil {
			return err
		}
		s.until = later(r.Now(), d)
	}
	if r.Now() < s.until {
		return r.AwaitTime(s.until)
	}
	s.until = 0
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// Skip forgets the pause of the first row.
func (s *sleeping) Skip() { s.until = 0 }

// Reset implements Stateful.
func (s *sleeping) Reset() { s.until = 0 }

// Save implements Stateful.
func (s *sleeping) Save(w *StateWriter, _ bool) { w.Int(int(s.until)) }

// Load implements Stateful.
func (s *sleeping) Load(r *StateReader, _ bool) error {
	s.until = time.Duration(r.Int())
	return r.Err()
}
