package stages

import "errors"

// Packing is how a file that is written is compressed: the extension of its name tells.
type Packing uint8

const (
	// NotPacked is a file as it is.
	NotPacked Packing = iota
	// Gzip is .gz, RFC 1952: members one behind the other.
	Gzip
	// Zstd is .zst, RFC 8878: frames one behind the other.
	Zstd
	// XZ is .xz, the .xz file format 1.2: streams one behind the other.
	XZ
)

// PackingOf is the packing of the file that is written at path. Its error says that mprun does not write what the name says, and
// what it does write.
func PackingOf(path string) (Packing, error) {
	switch compressionOf(path) {
	case gzipped:
		return Gzip, nil
	case zstandard:
		return Zstd, nil
	case xzipped:
		return XZ, nil
	case bzipped:
		return NotPacked, errors.New("bzip2 is read, not written: name it .zst, .gz or .xz")
	}
	return NotPacked, nil
}
