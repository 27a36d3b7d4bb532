package runtime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/mprun/mprun/stages"
)

// hasHeader says whether a file that is appended to begins with the header that its new records have; false says that there is
// nothing in it. An error says that it begins with something else.
func (f *outFile) hasHeader() (bool, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	from, err := unpacked(file, f.packing)
	if err != nil {
		return false, fmt.Errorf("reading the CSV header that is there: %w", err)
	}
	defer from.Close()
	text := bufio.NewReader(from)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	line, err := text.ReadString('\n')
	switch {
	case errors.Is(err, io.EOF) && line == "":
		return false, nil
	case err != nil && !errors.Is(err, io.EOF):
		return false, fmt.Errorf("reading the CSV header that is there: %w", err)
	}
	// Names with line breaks in them take more lines than one; the first tells enough.
	ours, _, _ := strings.Cut(f.header, "\n")
	if theirs := strings.TrimRight(line, "\r\n"); theirs != ours {
		return false, fmt.Errorf("it begins with %.200q, the CSV header would be %.200q; `header: false` adds records without one", theirs, ours)
	}
	return true, nil
}

// unpacked decompresses a file.
func unpacked(file *os.File, packing stages.Packing) (io.ReadCloser, error) {
	switch packing {
	case stages.Gzip:
		return gzip.NewReader(file)
	case stages.Zstd:
		from, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return from.IOReadCloser(), nil
	case stages.XZ:
		from, err := xz.NewReader(file)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(from), nil
	}
	return io.NopCloser(file), nil
}
