package stages

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// maxAnswer bounds what a program may write for one item, in bytes.
const maxAnswer = 256 << 20

// answer collects what a program writes, up to a limit.
type answer struct {
	bytes []byte
	most  int
	over  bool
}

var errTooMuch = errors.New("too much output")

// Write fails behind the limit, which ends the program.
func (a *answer) Write(p []byte) (int, error) {
	if len(a.bytes)+len(p) > a.most {
		a.over = true
		return 0, errTooMuch
	}
	a.bytes = append(a.bytes, p...)
	return len(p), nil
}

// decodeAnswer reads all that a program wrote.
func decodeAnswer(f format, header csvHeader, output []byte, items *Column) error {
	switch f {
	case formatBytes:
		items.Append(output)
		return nil
	case formatText:
		if !utf8.Valid(output) {
			return Failf("format", "the output is not UTF-8 (`format: bytes` reads any bytes)")
		}
		text := strings.TrimSuffix(string(output), "\n")
		items.Append(text)
		return nil
	}
	dec := newDecoder(f, header)
	w := window{text: string(output), valid: utf8.Valid(output), last: true, first: true, stop: len(output)}
	var some Column
	for {
		some.Reset()
		if err := dec.decode(&w, len(output)+1, &some); err != nil {
			var broken *brokenRecord
			if errors.As(err, &broken) {
				return &ItemError{Type: "format", Message: broken.at("output") + ": " + broken.message}
			}
			return Failf("format", "the output: %s", err)
		}
		if some.Len() == 0 {
			return nil
		}
		items.AppendRange(&some, 0, some.Len())
	}
}
