package runtime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mprun/mprun/stages"
)

// headerShown is how many characters of a header messages have.
const headerShown = 200

// hasHeader says whether a file that is appended to begins with the header that its new records have; false says that there is
// nothing in it. An error says that it begins with something else.
func (f *outFile) hasHeader() (bool, error) {
	from, err := stages.OpenUnpacked(f.path)
	if err != nil {
		return false, fmt.Errorf("reading the CSV header that is there: %w", err)
	}
	defer from.Close()
	// Of a line that is longer than ours, so much is enough to tell; 3 is for a mark and 2 for its end.
	text := bufio.NewReader(io.LimitReader(from, int64(len(f.header))+3+2+headerShown))
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
		return false, fmt.Errorf("it begins with %.*q, the CSV header would be %.*q; `header: false` adds records without one", headerShown, theirs, headerShown, ours)
	}
	return true, nil
}
