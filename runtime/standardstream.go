package runtime

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
)

// errStdoutClosed says that who read the run's standard output has gone away.
var errStdoutClosed = errors.New("standard output is closed")

// standardStream is a standard stream of the run, as the drain writes it.
type standardStream struct {
	name   string
	around func(to *os.File, text []byte, write func() error) error // Options.Around
	moved  atomic.Uint64                                            // how often something has been passed on
	header string                                                   // what all texts that are to have a header begin with; "": none has come yet
}

// write passes a record on, with its header if that is the first.
func (s *standardStream) write(to *os.File, r record) error {
	if len(r.name) > 0 && s.header != string(r.name) {
		if s.header != "" {
			return fmt.Errorf("writing to %s: %w", s.name, otherHeader(s.header, string(r.name)))
		}
		s.header = string(r.name)
		if err := s.pass(to, r.name); err != nil {
			return err
		}
	}
	return s.pass(to, r.data)
}

func (s *standardStream) pass(to *os.File, p []byte) error {
	write := func() error {
		_, err := to.Write(p)
		return err
	}
	var err error
	if s.around == nil {
		err = write()
	} else {
		err = s.around(to, p, write)
	}
	switch {
	case err == nil:
		s.moved.Add(1)
		return nil
	case errors.Is(err, syscall.EPIPE) && s.name == "standard output":
		return errStdoutClosed
	default:
		return fmt.Errorf("writing to %s: %w", s.name, reason(err))
	}
}
