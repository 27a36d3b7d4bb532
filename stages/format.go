package stages

import (
	"fmt"
	"strings"
)

// format is how items stand in files, on standard input and output, and between programs.
type format uint8

const (
	// formatText is one text: all there is, without a last newline. Only what a program answers is read so.
	formatText format = iota + 1
	// formatLines has an item a line. Lines lose their "\n", and only that; the last one may lack it.
	formatLines
	// formatNul has texts that each end with a zero byte, as `find -print0` writes them.
	formatNul
	// formatJSONL has a JSON text a line. Blank lines are passed over.
	formatJSONL
	// formatCSV is RFC 4180: a record is a map from the header's names, or a list where there is no header; fields stay text.
	formatCSV
	// formatBytes is all there is as one item of bytes.
	formatBytes
	// formatFrames is bytes that each come behind their length.
	formatFrames
	// formatOutcome is what became of a program, as one map, whether it failed or not. Only what a program answers is read so.
	formatOutcome
	// formatPieces is any bytes, as lines with their ends: text where it is UTF-8, else bytes. No spec has it.
	formatPieces
	// formatLog is the same as lines of a log: without their ends, always text. No spec has it.
	formatLog
)

// formatNames are in the order of the constants; the last formatsInside of them no file has.
const formatsInside = 3

var formatNames = [...]string{"text", "lines", "nul", "jsonl", "csv", "bytes", "frames", "outcome", "pieces", "log"}

// String is the name as specs have it.
func (f format) String() string {
	if f < 1 || int(f) > len(formatNames) {
		return "unknown"
	}
	return formatNames[f-1]
}

// parseFormat is the format called name.
func parseFormat(name string) (format, error) {
	for i, known := range formatNames {
		if known == name {
			return format(i + 1), nil
		}
	}
	return 0, fmt.Errorf("unknown format %q; there are %s", name, strings.Join(formatNames[1:len(formatNames)-formatsInside], ", "))
}

// unit is what a reader counts of it.
func (f format) unit() string {
	switch f {
	case formatNul:
		return "text"
	case formatFrames:
		return "frame"
	}
	return "line"
}

// isWhole says whether the whole input is one item.
func (f format) isWhole() bool { return f == formatBytes || f == formatText }

// separator is the byte that ends a record; ok is false where none does.
func (f format) separator() (sep byte, ok bool) {
	switch f {
	case formatLines, formatJSONL, formatCSV:
		return '\n', true
	case formatNul:
		return 0, true
	}
	return 0, false
}

// compression is told by the extension of a path.
type compression uint8

const (
	notCompressed compression = iota
	// gzipped is RFC 1952: any number of members, one behind the other.
	gzipped
	// zstandard is RFC 8878: any number of frames.
	zstandard
	// xzipped is the .xz file format: any number of streams.
	xzipped
	// bzipped is bzip2: any number of streams. It is only read.
	bzipped
)

// extensions of compressed files, and what their formats are called.
var extensions = [...]struct{ extension, name string }{
	gzipped: {".gz", "gzip"}, zstandard: {".zst", "zstd"}, xzipped: {".xz", "xz"}, bzipped: {".bz2", "bzip2"},
}

// String is the name of the format.
func (c compression) String() string { return extensions[c].name }

// compressionOf is the compression of the file at path.
func compressionOf(path string) compression {
	for c := gzipped; int(c) < len(extensions); c++ {
		if strings.HasSuffix(path, extensions[c].extension) {
			return c
		}
	}
	return notCompressed
}
