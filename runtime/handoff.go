package runtime

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// handoff is what the supervisor gives a worker to know: its process, and the run around it. It travels as JSON in a memory file,
// never in arguments or environment, so that no process list shows it.
type handoff struct {
	Process    planner.Process     `json:"process"`
	Index      int                 `json:"index"` // of the replica
	Slot       int                 `json:"slot"`
	Start      int                 `json:"start"`              // 0 for the first start of this replica
	Fresh      bool                `json:"fresh,omitempty"`    // what the slot's last owner left is of no use: it came to its end
	Terminal   bool                `json:"terminal,omitempty"` // its group has the terminal, and so its signals
	Queues     []planner.Queue     `json:"queues"`
	Primitives []planner.Primitive `json:"primitives,omitempty"`
	Cells      []planner.Cell      `json:"cells,omitempty"` // without what they start with
	Processes  []processEntry      `json:"processes"`       // the board's
	Moments    []moment            `json:"moments,omitempty"`
	Vars       planner.Values      `json:"vars,omitempty"`
	Run        planner.Values      `json:"run,omitempty"`
	Files      int                 `json:"files"` // descriptors of the arena
	Seed       int64               `json:"seed"`
	BlockItems int                 `json:"block_items,omitempty"`
	Dir        string              `json:"dir"`
	RunID      string              `json:"run_id"`
	ParentPID  int                 `json:"parent_pid"`
}

// The descriptors a worker inherits, after its standard streams.
const (
	fdHandoff = 3 + iota
	fdControl
	fdArena // and those after it
)

// file is the handoff in a memory file, to be inherited.
func (h *handoff) file() (*os.File, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encoding the handoff of %s: %w", h.Process.Name, err)
	}
	fd, err := unix.MemfdCreate("mprun-handoff", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating a memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "handoff")
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing the handoff of %s: %w", h.Process.Name, err)
	}
	return f, nil
}

// receiveHandoff reads the handoff that this worker inherited.
func receiveHandoff() (*handoff, error) {
	f := os.NewFile(fdHandoff, "handoff")
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
	if err != nil {
		return nil, fmt.Errorf("reading the handoff: %w", err)
	}
	h := new(handoff)
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("decoding the handoff: %w", err)
	}
	return h, nil
}
