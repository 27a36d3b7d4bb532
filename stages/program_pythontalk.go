package stages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kinds of what an interpreter says; see bootstrap.py.
const (
	pythonRuns   = 'H'
	pythonReady  = 'R'
	pythonBroken = 'F'
	pythonAnswer = 'A'
	pythonPart   = 'Y'
	pythonLast   = 'M'
	pythonFailed = 'X'
)

const (
	pythonHead = 1 + 4 + 8 + 8 // <cIQQ
	// maxPythonFrame is how many bytes a frame may have: a result, and what is around it.
	maxPythonFrame = maxAnswer + 64<<10
	// maxPythonCount is how many results a frame may have: more than are ever asked for at a time.
	maxPythonCount = 1 << 20
)

// saying is something that an interpreter says.
type saying struct {
	kind  byte
	count int // of results
	nanos int // that they took
	body  []byte
}

// pythonBegin is the word to begin: a question for no items.
var pythonBegin = []byte{0, 0, 0, 0, 4, 0, 0, 0, pickleProto, 4, pickleList, pickleStop}

// appendAsk appends a question: the items from up to, but without, to of c.
func appendAsk(dst []byte, c *Column, from, to int) ([]byte, error) {
	start := len(dst)
	dst = append(dst, make([]byte, 8)...)
	dst, err := appendPickle(dst, c, from, to)
	if err != nil {
		return dst[:start], err
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(to-from))
	binary.LittleEndian.PutUint32(dst[start+4:], uint32(len(dst)-start-8))
	return dst, nil
}

// frames takes what an interpreter says to pieces.
type frames struct {
	talk *talk
	buf  []byte // heard, and not taken from at on
	at   int
}

// next is the next frame, whose body is valid until the next call. errNotYet says that it has not come as a whole, io.EOF that the
// interpreter has ended; other errors that it says what is no frame.
func (f *frames) next() (saying, error) {
	for {
		fr, whole, err := f.cut()
		if err != nil || whole {
			return fr, err
		}
		if err := f.hear(); err != nil {
			return saying{}, err
		}
	}
}

// cut takes a frame of what has been heard.
func (f *frames) cut() (fr saying, whole bool, err error) {
	rest := f.buf[f.at:]
	if len(rest) < pythonHead {
		return saying{}, false, nil
	}
	fr = saying{kind: rest[0], count: int(binary.LittleEndian.Uint32(rest[1:])), nanos: int(binary.LittleEndian.Uint64(rest[5:]))}
	size := binary.LittleEndian.Uint64(rest[13:])
	if size > maxPythonFrame || fr.count > maxPythonCount {
		return saying{}, false, fmt.Errorf("it has written to descriptor %d, which is mprun's", asideOut)
	}
	end := pythonHead + int(size)
	if len(rest) < end {
		return saying{}, false, nil
	}
	fr.body = rest[pythonHead:end]
	f.at += end
	return fr, true, nil
}

// hear takes what the interpreter has said.
func (f *frames) hear() error {
	if f.at > 0 {
		f.buf = append(f.buf[:0], f.buf[f.at:]...)
		f.at = 0
	}
	if cap(f.buf)-len(f.buf) < talkChunk {
		f.buf = append(make([]byte, 0, 2*cap(f.buf)+2*talkChunk), f.buf...)
	}
	n, err := f.talk.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	if errors.Is(err, errNotYet) || errors.Is(err, io.EOF) || err == nil {
		return err
	}
	return fmt.Errorf("hearing of it: %w", err)
}

// failure is the failure that a frame tells of: of the item, or of loading the function.
func (fr *saying) failure() (*ItemError, error) {
	var parts Column
	if odd, err := unpickle(fr.body, &parts); err != nil || odd || parts.Len() != 4 {
		return nil, errPickle
	}
	code, _ := parts.At(3).(int)
	e := &ItemError{Type: TextOf(parts.At(0)), Message: TextOf(parts.At(0)), Traceback: TextOf(parts.At(2)), Code: code}
	if message := TextOf(parts.At(1)); message != "" {
		e.Message += ": " + message
	}
	return e, nil
}
