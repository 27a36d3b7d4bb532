package stages

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// place is a place in a compressed file at which decompressing can begin.
type place struct {
	packed int64 // offset in the file
	plain  int64 // offset in what it holds
}

// unpacker decompresses a file part by part: a gzip member, a zstd frame, or all that is left of an xz or bzip2 file.
type unpacker interface {
	// begin starts on the part that comes next in the file. io.EOF says that there is none.
	begin() error
	// Read gives what the part holds, up to io.EOF.
	io.Reader
}

// packedInput is a compressed file. Decompressing is done by the goroutine that reads, so that a worker keeps one processor busy.
//
// To go on in the middle, everything before is decompressed again, from the beginning of the part that it lies in. So this costs
// little for gzip files of many members and zstd files of many frames, as `write` makes them, and as much as was read of any other.
type packedInput struct {
	file   *os.File
	source *countingReader
	kind   compression
	from   unpacker
	inside bool  // of a part
	plain  int64 // bytes that have been decompressed
	failed error // it is given with the next call

	// parts are beginnings of parts, some of them, in their order. Those behind what a reader has taken are kept.
	parts []place
}

// partsApart is how many bytes lie between two parts that are remembered, at least, so that many tiny parts need no memory.
const partsApart = 64 << 10

// openPacked decompresses file from the place given, and drops what comes before offset.
func openPacked(file *os.File, kind compression, offset int64, from place) (input, error) {
	p := &packedInput{file: file, kind: kind, plain: from.plain, parts: []place{from}}
	err := p.open(offset, from)
	if err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

func (p *packedInput) open(offset int64, from place) error {
	if _, err := p.file.Seek(from.packed, io.SeekStart); err != nil {
		return shortPathError(err)
	}
	p.source = newCountingReader(p.file, from.packed)
	p.from = newUnpacker(p.kind, p.source)
	for scratch := make([]byte, readChunk); p.plain < offset; {
		_, err := p.Read(scratch[:min(int64(len(scratch)), offset-p.plain)])
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("holds %d bytes, but %d were read of it before: it was changed", p.plain, offset)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenUnpacked opens the file at path; what is read is decompressed if its name says that it is compressed.
func OpenUnpacked(path string) (io.ReadCloser, error) {
	return openInput(path, compressionOf(path), 0, place{})
}

// newUnpacker is the unpacker for a kind of file.
func newUnpacker(kind compression, source *countingReader) unpacker {
	switch kind {
	case gzipped:
		return &gzipMembers{source: source}
	case zstandard:
		return &zstdFrames{source: zstdFrame{source: source}}
	case xzipped:
		return &restUnpacker{source: source, open: openXZ}
	default:
		return &restUnpacker{source: source, open: func(source *countingReader) (io.Reader, error) { return bzip2.NewReader(source), nil }}
	}
}

// Read fills b, as far as the file reaches.
func (p *packedInput) Read(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = p.readPart(b[n:])
		n += k
	}
	if n > 0 {
		return n, nil // an error comes again with the next call
	}
	return 0, err
}

// readPart reads of the part that is being read, or begins the next one.
func (p *packedInput) readPart(b []byte) (int, error) {
	if p.failed != nil {
		return 0, p.failed
	}
	if !p.inside {
		begins := place{packed: p.source.at(), plain: p.plain}
		if err := p.from.begin(); err != nil {
			p.fail(err, err == io.EOF) //nolint:errorlint // begin's own
			return 0, p.failed
		}
		p.inside = true
		if last := p.parts[len(p.parts)-1]; begins.plain-last.plain >= partsApart {
			p.parts = append(p.parts, begins)
		}
	}
	n, err := p.from.Read(b)
	p.plain += int64(n)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		p.inside = false
	default:
		p.fail(err, false)
	}
	return n, nil
}

// fail notes how the file ends: as it should, or what is wrong with it.
func (p *packedInput) fail(err error, well bool) {
	if well {
		p.failed = io.EOF
		return
	}
	p.failed = unpackError(p.kind, err)
}

// origin is where to begin decompressing to get to offset. Offsets that are asked for never go back.
func (p *packedInput) origin(offset int64) place {
	last := 0
	for last+1 < len(p.parts) && p.parts[last+1].plain <= offset {
		last++
	}
	p.parts = append(p.parts[:0], p.parts[last:]...)
	return p.parts[0]
}

// unpackError says what is wrong with a compressed file.
func unpackError(kind compression, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s file is cut off", kind)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return fmt.Errorf("the %s file is damaged: its checksum is wrong", kind)
	case errors.Is(err, errNotPacked), errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		return fmt.Errorf("not in the format of %s, or something else follows its data", kind)
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return errors.New("the zstd file needs a dictionary, which mprun has no way to name")
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, errXZDictionary):
		return fmt.Errorf("the %s file needs more than %d MiB of memory to decompress", kind, maxUnpackMemory>>20)
	}
	return fmt.Errorf("the %s file is damaged: %w", kind, shortPathError(err))
}

func (p *packedInput) Close() error {
	if c, ok := p.from.(*zstdFrames); ok {
		c.close()
	}
	return p.file.Close()
}

func (p *packedInput) waiter() Waiter { return nil }
func (p *packedInput) again() bool    { return true }
func (p *packedInput) size() int64    { return 0 }

// maxUnpackMemory bounds the window of a zstd frame and the dictionary of an xz stream in bytes: what the tools use without being
// told otherwise (`zstd --long=27`, `xz -9`) lies below.
const maxUnpackMemory = 128 << 20

// errNotPacked says that a file does not begin as one of its kind does.
var errNotPacked = errors.New("unknown beginning")

// countingReader knows how far a file has been read. It is an io.ByteReader, so that gzip reads no byte too many.
type countingReader struct {
	*bufio.Reader
	file *countedFile
	tail [2]byte // the last bytes that were read and are not zero: the end of an xz stream, behind which may be padding
}

// countedFile counts what is read of a file.
type countedFile struct {
	io.Reader
	at int64
}

func (c *countedFile) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.at += int64(n)
	return n, err
}

// newCountingReader reads a file that stands at an offset.
func newCountingReader(file io.Reader, at int64) *countingReader {
	counted := &countedFile{Reader: file, at: at}
	return &countingReader{Reader: bufio.NewReaderSize(counted, 64<<10), file: counted}
}

// at is the offset in the file of what is read next.
func (c *countingReader) at() int64 { return c.file.at - int64(c.Buffered()) }

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if last := bytes.TrimRight(p[:n], "\x00"); len(last) == 1 {
		c.tail = [2]byte{c.tail[1], last[0]}
	} else if len(last) > 1 {
		copy(c.tail[:], last[len(last)-2:])
	}
	return n, err
}

// ended says whether nothing is left.
func (c *countingReader) ended() bool {
	_, err := c.Peek(1)
	return errors.Is(err, io.EOF)
}

// gzipMembers are the members of a gzip file.
type gzipMembers struct {
	source *countingReader
	gzip.Reader
}

func (g *gzipMembers) begin() error {
	if g.source.at() > 0 { // zero bytes behind a member are padding, as for gzip(1) and Python
		for next, err := g.source.Peek(1); err == nil && next[0] == 0; next, err = g.source.Peek(1) {
			_, _ = g.source.Discard(1)
		}
	}
	if g.source.ended() {
		return io.EOF
	}
	if magic, err := g.source.Peek(2); err == nil && string(magic) != "\x1f\x8b" {
		return errNotPacked
	}
	err := g.Reset(g.source.Reader) // itself: package flate has a faster way for it than for other readers of bytes
	g.Multistream(false)
	return short(err)
}

// restUnpacker takes all of a file as one part: xz and bzip2 streams do not say where they begin.
type restUnpacker struct {
	source *countingReader
	open   func(source *countingReader) (io.Reader, error)
	io.Reader
}

func (u *restUnpacker) begin() (err error) {
	if u.source.ended() {
		return io.EOF
	}
	u.Reader, err = u.open(u.source)
	return short(err)
}

// openXZ reads the streams of an xz file.
func openXZ(source *countingReader) (io.Reader, error) {
	head, err := source.Peek(xzHeadLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := checkXZ(head); err != nil {
		return nil, err
	}
	streams, err := xz.NewReader(source)
	return &xzStreams{source: source, streams: streams}, err
}
