package stages

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// splitPiece is how many bytes of a large file a replica takes at a time.
const splitPiece = 4 << 20

// splitting is how the replicas of a process share files, without a word between them: piece number p of file number f belongs to
// replica (f+p) modulo their number. So they must come to the same files in the same order, and the files must stay as they are but
// for what is appended (in CSV without quotes).
//
// A file that consists of lines is cut every splitPiece bytes, even if there are not as many when it is looked at: it may grow before
// another replica looks. A record belongs to the piece that it begins in. Compressed files, frames, bytes, what is no regular file, and
// CSV files with a quote in them (behind which a line's end may be no record's) are one piece.
type splitting struct {
	replica, replicas int
	piece             int64 // splitPiece, but in tests
}

// newSplitting is how the replica that `self` tells of shares; nil if it has nobody to share with.
func newSplitting(self map[string]any) *splitting {
	replica, _ := self["index"].(int)
	replicas, _ := self["replicas"].(int)
	if replicas < 2 {
		return nil
	}
	return &splitting{replica: replica, replicas: replicas, piece: splitPiece}
}

// next is the first piece of a file from number piece on that is this replica's.
func (s *splitting) next(file, piece int) int {
	ahead := (s.replica - file - piece) % s.replicas
	if ahead < 0 {
		ahead += s.replicas
	}
	return piece + ahead
}

// size is how many bytes of the file at path are to be cut; 0 says that it is one piece, or empty. What cannot be looked at is one,
// too: it is the first replica's to say so.
func (s *splitting) size(path string, f format) int64 {
	if _, separated := f.separator(); !separated || path == "-" || compressionOf(path) != notCompressed {
		return 0
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	if f == formatCSV && hasQuote(path) {
		return 0
	}
	return info.Size()
}

// hasQuote says whether there is a quote in a file, or it cannot be read.
func hasQuote(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return true
	}
	defer file.Close()
	for buf := make([]byte, 1<<20); ; {
		n, err := file.Read(buf)
		if bytes.IndexByte(buf[:n], '"') >= 0 {
			return true
		}
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
	}
}

// countRecords is how many separators stand in a file before offset.
func countRecords(path string, sep byte, offset int64) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	in, buf, count := io.LimitReader(file, offset), make([]byte, 1<<20), 0
	for {
		n, err := in.Read(buf)
		count += bytes.Count(buf[:n], []byte{sep})
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// stretch is the part of an input whose records a reader takes: those that begin in it.
type stretch struct {
	from    int64
	to      int64 // 0: to the end of the input
	partial bool  // the reader has not come to the first record: it stands in one that began before
	first   int64 // where the first record begins, unless partial
}

// piece is the stretch of a piece. The byte before it is looked at, too: if it ends a record, the piece begins with one.
func (s *splitting) stretch(piece int) stretch {
	from := int64(piece) * s.piece
	if piece == 0 {
		return stretch{to: s.piece}
	}
	return stretch{from: from - 1, to: from + s.piece, partial: true}
}
