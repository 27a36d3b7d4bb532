package runtime

import (
	"bytes"
	"fmt"
	goruntime "runtime"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/mprun/mprun/stages"
)

// packer compresses what is written to files whose names ask for it. It cuts each file's bytes into pieces that can be read on their
// own (gzip members, zstd frames, xz streams), compresses several at a time, and writes them in the order of the bytes.
//
// This is done here and not in the workers, so that the pieces have a size that pays, however small the commits are: with a member
// for each commit, a slow chain would make a compressed file larger than a plain one. Where a commit falls cannot be seen in the file.
// The data path is a copy all the same: compressing has goroutines of its own.
//
// It is used by one goroutine.
type packer struct {
	write func(f *outFile, packed []byte) error

	queue []*packPiece // being compressed, in order
	most  int          // of them
	raw   int          // bytes in files, not yet cut
	files map[*outFile]bool

	free []*encoders
}

// packPiece is a piece that is being compressed.
type packPiece struct {
	file *outFile
	raw  []byte
	out  bytes.Buffer
	err  error
	done chan struct{}
	with *encoders
}

// encoders are what compresses pieces; they are made when they are needed and used again, as they need megabytes.
type encoders struct {
	gzip *gzip.Writer
	zstd *zstd.Encoder
}

// The sizes of pieces in bytes before compression. A smaller piece costs ratio: what is before it is not known to it.
const (
	gzipPiece = 1 << 20 // its window is 32 KiB
	bigPiece  = 4 << 20 // zstd and xz look further back
	mostRaw   = 64 << 20
)

// newPacker makes a packer that hands compressed pieces to write.
func newPacker(write func(f *outFile, packed []byte) error) *packer {
	return &packer{write: write, most: max(2, goruntime.GOMAXPROCS(0)), files: map[*outFile]bool{}}
}

// pieceSize is the size at which a piece is cut.
func pieceSize(p stages.Packing) int {
	if p == stages.Gzip {
		return gzipPiece
	}
	return bigPiece
}

// add appends data, whole records, to a file. Pieces of a file that is appended to are cut between records, so that what is in it at any
// moment is whole; those of others at fixed sizes, so that the file does not depend on how the records came.
func (p *packer) add(f *outFile, data []byte) error {
	if f.packFailed != nil {
		return f.packError()
	}
	size := pieceSize(f.packing)
	for more := true; more; {
		n := len(data)
		if f.temp != "" {
			n = min(n, size-len(f.raw))
		}
		f.raw = append(f.raw, data[:n]...)
		p.raw += n
		p.files[f] = true
		data = data[n:]
		if len(f.raw) >= size {
			p.cut(f)
		}
		more = len(data) > 0
	}
	if p.raw >= mostRaw {
		for f := range p.files { // very many files: smaller pieces
			p.cut(f)
		}
	}
	return f.packError()
}

// cut has what there is of a file compressed.
func (p *packer) cut(f *outFile) {
	for len(p.queue) >= p.most {
		p.next()
	}
	piece := &packPiece{file: f, raw: f.raw, done: make(chan struct{}), with: p.encoders()}
	p.raw -= len(f.raw)
	f.raw = nil
	delete(p.files, f)
	p.queue = append(p.queue, piece)
	f.pieces++
	go piece.pack()
}

// next waits for the oldest piece and writes it. Where that fails, nothing more is written to its file, whoever has asked for it: what
// is in one that is appended to stays a beginning, without a hole, and any other one is not put in place.
func (p *packer) next() {
	piece := p.queue[0]
	p.queue = p.queue[1:]
	<-piece.done
	p.free = append(p.free, piece.with)
	f := piece.file
	f.pieces--
	if f.dropped {
		return
	}
	err := piece.err
	if err == nil {
		err = p.write(f, piece.out.Bytes())
	}
	if err != nil {
		f.packFailed = err
		p.forget(f)
	}
}

// finish compresses and writes all that was added to a file.
func (p *packer) finish(f *outFile) error {
	if len(f.raw) > 0 || !f.begun && f.pieces == 0 { // an empty one, too, is a compressed file
		p.cut(f)
	}
	for f.pieces > 0 {
		p.next()
	}
	return f.packError()
}

// forget drops what was added to a file and was not written yet.
func (p *packer) forget(f *outFile) {
	f.dropped = true
	p.raw -= len(f.raw)
	f.raw = nil
	delete(p.files, f)
}

// close waits for the pieces that are being compressed, which nobody wants.
func (p *packer) close() {
	for _, piece := range p.queue {
		<-piece.done
	}
	p.queue = nil
	for _, e := range p.free {
		if e.zstd != nil {
			e.zstd.Close()
		}
	}
}

func (p *packer) encoders() *encoders {
	if n := len(p.free); n > 0 {
		e := p.free[n-1]
		p.free = p.free[:n-1]
		return e
	}
	return &encoders{}
}

// pack compresses the piece.
func (piece *packPiece) pack() {
	defer close(piece.done)
	if piece.err = piece.with.pack(&piece.out, piece.file.packing, piece.raw); piece.err != nil {
		piece.err = fmt.Errorf("compressing: %w", piece.err)
	}
}

func (e *encoders) pack(out *bytes.Buffer, packing stages.Packing, raw []byte) (err error) {
	switch packing {
	case stages.Gzip:
		if e.gzip == nil {
			e.gzip = gzip.NewWriter(out)
		}
		e.gzip.Reset(out)
		if _, err = e.gzip.Write(raw); err == nil {
			err = e.gzip.Close()
		}
	case stages.Zstd:
		if e.zstd == nil {
			e.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true))
		}
		if err == nil {
			out.Write(e.zstd.EncodeAll(raw, out.AvailableBuffer()))
		}
	case stages.XZ:
		var w *xz.Writer
		if w, err = (xz.WriterConfig{DictCap: bigPiece, CheckSum: xz.CRC64}).NewWriter(out); err != nil {
			return err
		}
		if _, err = w.Write(raw); err == nil {
			err = w.Close()
		}
	}
	return err
}
