package stages

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdFrames are the frames of a zstd file (RFC 8878), skippable ones included.
type zstdFrames struct {
	source  zstdFrame
	decoder *zstd.Decoder // made when it is needed: its tables take a while
}

func (z *zstdFrames) begin() error {
	if z.source.source.ended() {
		return io.EOF
	}
	z.source.start()
	if z.decoder != nil {
		return z.decoder.Reset(&z.source)
	}
	var err error
	z.decoder, err = zstd.NewReader(&z.source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxUnpackMemory))
	return err
}

func (z *zstdFrames) Read(b []byte) (int, error) {
	n, err := z.decoder.Read(b)
	if n == 0 && errors.Is(err, io.EOF) && z.source.stage != zstdEnd {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (z *zstdFrames) close() {
	if z.decoder != nil {
		z.decoder.Close()
	}
}

// zstdFrame hands the bytes of one frame to the decoder, and no byte of what follows: it looks at the heads of the frame and of its
// blocks as they pass.
type zstdFrame struct {
	source *countingReader
	stage  zstdStage
	head   [4 + 14]byte // the bytes of the head that is being looked at
	have   int          // how many of them there are
	passed int          // how many of them have been handed on
	body   int64        // bytes behind the head to be handed on
	sum    bool         // a checksum follows the last block
}

// zstdStage is the part of a frame that comes next.
type zstdStage uint8

const (
	zstdMagic zstdStage = iota + 1
	zstdBlock
	zstdChecksum
	zstdEnd
)

func (z *zstdFrame) start() {
	*z = zstdFrame{source: z.source, stage: zstdMagic}
}

func (z *zstdFrame) Read(b []byte) (int, error) {
	for z.passed == z.have && z.body == 0 {
		if z.stage == zstdEnd {
			return 0, io.EOF
		}
		if err := z.next(); err != nil {
			return 0, err
		}
	}
	if z.passed < z.have {
		n := copy(b, z.head[z.passed:z.have])
		z.passed += n
		return n, nil
	}
	n, err := z.source.Read(b[:min(int64(len(b)), z.body)])
	z.body -= int64(n)
	return n, short(err)
}

// next reads the next head.
func (z *zstdFrame) next() error {
	z.have, z.passed = 0, 0
	switch z.stage {
	case zstdMagic:
		return z.frame()
	case zstdBlock:
		return z.block()
	default:
		z.body, z.stage = 4, zstdEnd
		return nil
	}
}

const (
	zstdMagicNumber   = 0xFD2FB528
	zstdSkippable     = 0x184D2A50 // and the 15 numbers behind it
	zstdSkippableMask = 0xFFFFFFF0
)

// frame reads the head of the frame: section 3.1.1.1 of the RFC.
func (z *zstdFrame) frame() error {
	if err := z.want(4); err != nil {
		return err
	}
	magic := binary.LittleEndian.Uint32(z.head[:])
	if magic&zstdSkippableMask == zstdSkippable {
		if err := z.want(4); err != nil {
			return err
		}
		z.body, z.stage = int64(binary.LittleEndian.Uint32(z.head[4:])), zstdEnd
		return nil
	}
	if magic != zstdMagicNumber {
		return errNotPacked
	}
	if err := z.want(1); err != nil {
		return err
	}
	flags := z.head[4]
	single := flags>>5&1 == 1
	size := [...]int{0, 1, 2, 4}[flags&3] + [...]int{0, 2, 4, 8}[flags>>6]
	switch {
	case !single:
		size++ // the window
	case flags>>6 == 0:
		size++ // the size of what it holds
	}
	z.sum, z.stage = flags>>2&1 == 1, zstdBlock
	return z.want(size)
}

// block reads the head of a block: section 3.1.1.2.
func (z *zstdFrame) block() error {
	if err := z.want(3); err != nil {
		return err
	}
	head := uint32(z.head[0]) | uint32(z.head[1])<<8 | uint32(z.head[2])<<16
	z.body = int64(head >> 3)
	if head>>1&3 == 1 { // one byte, that often
		z.body = 1
	}
	if head&1 == 1 {
		z.stage = zstdEnd
		if z.sum {
			z.stage = zstdChecksum
		}
	}
	return nil
}

// want reads n more bytes of a head.
func (z *zstdFrame) want(n int) error {
	k, err := io.ReadFull(z.source, z.head[z.have:z.have+n])
	z.have += k
	return short(err)
}

// short makes the end of a file in the middle of a frame an error.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
