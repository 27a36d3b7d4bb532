//go:build linux

package shm

import (
	"fmt"
	"os"
)

// payloadFile is the file behind the queue's payloads.
func (q *Queue) payloadFile() *os.File {
	if q.l.kind == payloadSpill {
		return q.arena.files[2+q.l.spill]
	}
	return q.arena.files[0]
}

// payloadAt is a block's payload in the queue's file.
func (q *Queue) payloadAt(index uint32) int64 { return q.l.payload + int64(index)*q.l.stride }

func (q *Queue) readPayload(index uint32, p []byte) error {
	if _, err := q.payloadFile().ReadAt(p, q.payloadAt(index)); err != nil {
		return fmt.Errorf("read a block of queue %s: %w", q.Name(), err)
	}
	return nil
}

// storePayload writes a filled block to the queue's file, where it has one.
func (b *Block) storePayload(n int64) error {
	q := b.queue
	if q.l.kind == payloadMapped {
		return nil
	}
	if _, err := q.payloadFile().WriteAt(b.buf[:n], q.payloadAt(b.index)); err != nil {
		return fmt.Errorf("write a block of queue %s: %w", q.Name(), err)
	}
	return nil
}

// trimPayload gives a block's memory above trimBytes back to the kernel; touched is how many bytes may be in use. The block is the caller's.
func (q *Queue) trimPayload(index uint32, touched int64) {
	if touched > trimBytes {
		punch(q.payloadFile(), q.payloadAt(index)+trimBytes, min(touched, q.l.stride)-trimBytes)
	}
}

// trimTail gives back what a filled block touched behind the n bytes that it publishes.
func (b *Block) trimTail(n int64) {
	from := max(roundUp(n, pageBytes), trimBytes)
	if b.queue.l.kind == payloadMapped && int64(b.high) > from {
		punch(b.queue.payloadFile(), b.queue.payloadAt(b.index)+from, int64(b.high)-from)
	}
}
