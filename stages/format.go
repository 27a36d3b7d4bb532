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
)

// formatNames are in the order of the constants.
var formatNames = [...]string{"text", "lines", "nul", "jsonl", "csv", "bytes"}

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
	return 0, fmt.Errorf("unknown format %q; there are %s", name, strings.Join(formatNames[1:], ", "))
}

// separator is the byte that ends a record; ok is false where the whole input is one item.
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
	gzipped
)

// compressionOf is the compression of the file at path. An error says that it is one that cannot be read or written.
func compressionOf(path string) (compression, error) {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return gzipped, nil
	case strings.HasSuffix(path, ".zst"), strings.HasSuffix(path, ".xz"), strings.HasSuffix(path, ".bz2"):
		return 0, fmt.Errorf("%s: of the compressed formats only .gz is supported; put the program that (de)compresses it in front, or set `format: bytes`", path)
	}
	return notCompressed, nil
}

// compressionFor is the compression of the file at path, read or written in a format. As bytes, what is not known stays as it is.
func compressionFor(f format, path string) (compression, error) {
	squeezed, err := compressionOf(path)
	if f == formatBytes {
		err = nil
	}
	return squeezed, err
}
