package stages

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A frame is the length of what follows and so many bytes, as CPython's multiprocessing.connection sends them over a pipe or socket
// (Connection._send_bytes in Lib/multiprocessing/connection.py), so that such a program can be at the other end:
//
//	length as a signed 32-bit number, big endian | bytes                    up to 2^31-1 bytes
//	-1 as such a number | length as an unsigned 64-bit one, big endian | bytes   more
//
// Frames are read as items of bytes. Bytes and text are written as they are, anything else as its JSON.
const (
	frameHead     = 4
	frameLongHead = frameHead + 8
	frameIsLong   = math.MaxUint32 // -1
)

// appendFrame writes a frame.
func appendFrame(dst []byte, item any) []byte {
	start := len(dst)
	dst = AppendText(append(dst, make([]byte, frameHead)...), item)
	length := len(dst) - start - frameHead
	if length <= math.MaxInt32 {
		binary.BigEndian.PutUint32(dst[start:], uint32(length))
		return dst
	}
	dst = append(dst, make([]byte, frameLongHead-frameHead)...)
	copy(dst[start+frameLongHead:], dst[start+frameHead:])
	binary.BigEndian.PutUint32(dst[start:], frameIsLong)
	binary.BigEndian.PutUint64(dst[start+frameHead:], uint64(length))
	return dst
}

// frameSize reads the head of a frame: how long it is, and the frame behind it. ok is false if the head is not all there. A length
// below 0 other than -1 is no frame: size is negative.
func frameSize(text string) (head int, size int64, ok bool) {
	if len(text) < frameHead {
		return 0, 0, false
	}
	short := bigEndian(text[:frameHead])
	if short != frameIsLong {
		return frameHead, int64(int32(short)), true
	}
	if len(text) < frameLongHead {
		return 0, 0, false
	}
	return frameLongHead, int64(min(bigEndian(text[frameHead:frameLongHead]), math.MaxInt64)), true
}

func bigEndian(text string) (n uint64) {
	for i := range len(text) {
		n = n<<8 | uint64(text[i])
	}
	return n
}

// frameDecoder reads formatFrames. What is no frame, or too long for one, makes all that follows useless, because nobody knows where
// the next one begins.
type frameDecoder struct{}

func (frameDecoder) decode(w *window, limit int, out *Column) error {
	for n := 0; n < limit && w.pos < w.stop; n++ {
		rest := w.text[w.pos:]
		head, size, ok := frameSize(rest)
		switch {
		case ok && size < 0:
			if n > 0 {
				return nil // it comes first the next time
			}
			return fmt.Errorf("frame %d: its length is %d: this is no frame (4 bytes of length, big endian, and so many bytes)", w.line+1, size)
		case ok && size > maxRecord:
			if n > 0 {
				return nil
			}
			return fmt.Errorf("frame %d has %d bytes; the most are %d MiB", w.line+1, size, maxRecord>>20)
		case !ok || size > int64(len(rest)-head):
			if !w.last || n > 0 {
				return nil
			}
			w.pos, w.line = len(w.text), w.line+1
			return &brokenRecord{line: w.line, message: cutFrame(ok, size, len(rest)-head), piece: []byte(rest)}
		}
		end := head + int(size)
		out.Append([]byte(rest[head:end]))
		w.pos += end
		w.line++
	}
	return nil
}

// cutFrame says what is missing of the last frame.
func cutFrame(hasHead bool, size int64, have int) string {
	if !hasHead {
		return "the last frame is cut off within its length"
	}
	return fmt.Sprintf("the last frame is cut off: %d of its %s are there", have, countOf(int(size), "byte"))
}

func (frameDecoder) save(*StateWriter, bool) {}
func (frameDecoder) load(*StateReader, bool) {}
