package runtime

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime/wire"
)

// handoff is what the supervisor gives a worker to know: its process with the run around it, and its post. It travels in a memory file
// (package wire), never in arguments or environment, so that no process list shows it.
type handoff struct {
	surroundings
	post
	Tuned []string `json:"tuned,omitempty"` // what the variables that tune sets are to be
}

// surroundings is what all replicas of a process are told, at whatever start.
type surroundings struct {
	Process    planner.Process     `json:"process"`
	Queues     []planner.Queue     `json:"queues"` // see workerQueues
	Primitives []planner.Primitive `json:"primitives,omitempty"`
	Cells      []planner.Cell      `json:"cells,omitempty"` // without what they start with
	Processes  []processEntry      `json:"processes"`       // the board's
	Vars       planner.Values      `json:"vars,omitempty"`
	Files      int                 `json:"files"` // descriptors of the arena
	Seed       int64               `json:"seed"`
	BlockItems int                 `json:"block_items,omitempty"`
	Dir        string              `json:"dir"`
	RunID      string              `json:"run_id"`
	Spill      string              `json:"spill"` // see nameSpill
	ParentPID  int                 `json:"parent_pid"`
	Carries    carries             `json:"carries,omitempty"` // no post comes with it, but over the socket
}

// post is the place of one replica at one start.
type post struct {
	Index    int            `json:"index"` // of the replica
	Slot     int            `json:"slot"`
	Start    int            `json:"start"`              // 0 for the first start of this replica
	Fresh    bool           `json:"fresh,omitempty"`    // what the slot's last owner left is of no use: it came to its end
	Terminal bool           `json:"terminal,omitempty"` // its group has the terminal, and so its signals
	Moments  []moment       `json:"moments,omitempty"`
	CPUs     []int          `json:"cpus,omitempty"` // that it is to run on; nil: any
	Died     string         `json:"died,omitempty"` // what the last one died of, if that is known
	Run      planner.Values `json:"run,omitempty"`
}

// workerQueues is the queues as workers need them: without who else writes and reads them, and the cycles they are on. Each worker gets all queues, and
// with that, n workers would be told n times what grows with n.
func workerQueues(queues []planner.Queue) []planner.Queue {
	queues = slices.Clone(queues)
	for i := range queues {
		q := &queues[i]
		q.Readers, q.Writers, q.Cycle, q.Parts = nil, nil, nil, slices.Clone(q.Parts)
		for j := range q.Parts {
			q.Parts[j].Writers, q.Parts[j].Cycle = nil, ""
		}
	}
	return queues
}

// The descriptors a worker inherits, after its standard streams.
const (
	fdHandoff = 3 + iota
	fdControl
	fdArena // and those after it
)

// memoryFile is what a worker is to know in a memory file.
func memoryFile(what any) (*os.File, error) {
	data, err := wire.Append(nil, what)
	if err != nil {
		return nil, fmt.Errorf("encoding a handoff: %w", err)
	}
	fd, err := unix.MemfdCreate("mprun-handoff", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating a memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "handoff")
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing a handoff: %w", err)
	}
	return f, nil
}

// readMemoryFile reads what the supervisor has put into a memory file, which it closes.
func readMemoryFile(f *os.File, what any) error {
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
	if err != nil {
		return fmt.Errorf("reading the handoff: %w", err)
	}
	if err := wire.Read(data, what); err != nil {
		return fmt.Errorf("decoding the handoff: %w", err)
	}
	return nil
}
