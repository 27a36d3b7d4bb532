package planner

import (
	"strconv"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// ProcessLimits is what each replica of a process may use, with the programs that it runs. A field of 0, or nil, is no limit.
type ProcessLimits struct {
	Pos       stages.Pos `json:"pos"`
	Memory    int        `json:"memory,omitempty"`     // bytes, beside what it shares with the run
	CPUs      int        `json:"cpus,omitempty"`       // processors
	OpenFiles int        `json:"open_files,omitempty"` // descriptors of each of its OS processes
	Nice      *int       `json:"nice,omitempty"`       // -20 to 19, see setpriority(2)
}

// What a limit leaves at least. A worker has its arena, its sockets, Go's poller, and for each program that it runs at a time three pipes and a pidfd; a
// program its three streams, and one more with which it is loaded. A worker that does nothing has some 5 MiB.
const (
	fewestFilesOfWorker  = 32
	fewestFilesOfProgram = 4
	leastMemoryOfWorker  = 16 << 20
	highestNice          = 19
	lowestNice           = -20
)

// readLimits reads what the replicas of a process may use. What the machine does not let mprun enforce is found when the run starts.
func (c *compiler) readLimits(p *process) {
	def := p.def.Limits
	if def == nil {
		return
	}
	limits := ProcessLimits{
		Memory:    c.size(def.Memory, 0),
		CPUs:      c.count(def.CPUs, 1, 0),
		OpenFiles: c.count(def.OpenFiles, 1, 0),
	}
	if len(p.plan.Command) > 0 {
		c.needs(def.OpenFiles.Node, limits.OpenFiles, fewestFilesOfProgram, "descriptors: a program needs them to be loaded")
	} else {
		c.needs(def.OpenFiles.Node, limits.OpenFiles, fewestFilesOfWorker+c.segments(), "descriptors: a worker needs them for itself")
		if limits.Memory > 0 && limits.Memory < leastMemoryOfWorker {
			c.errorAt(def.Memory.Node, spec.CodeBadValue, "", "expected at least %s: a worker needs some for itself, found %s", SizeText(leastMemoryOfWorker), SizeText(int64(limits.Memory)))
		}
	}
	if def.Nice.IsSet() {
		nice := c.integer(def.Nice, 0)
		if nice < lowestNice || nice > highestNice {
			c.errorAt(def.Nice.Node, spec.CodeBadValue, "", "expected a priority from %d to %d, found %d", lowestNice, highestNice, nice)
			nice = 0
		}
		limits.Nice = &nice
	}
	if limits != (ProcessLimits{}) {
		limits.Pos = posOf(def.Node)
		p.plan.Limits = limits
	}
}

// needs finds a limit that leaves less than least.
func (c *compiler) needs(n *spec.Node, limit, least int, of string) {
	if limit > 0 && limit < least {
		c.errorAt(n, spec.CodeBadValue, "", "expected at least %d %s, found %d", least, of, limit)
	}
}

// segments counts the values and arrays with a name: files that each worker has open beside the arena's.
func (c *compiler) segments() int {
	n := 0
	for _, v := range c.cells {
		if v.plan.Segment != "" {
			n++
		}
	}
	return n
}

// String is the limits in words; "" if there are none.
func (l ProcessLimits) String() string {
	var parts []string
	if l.Memory > 0 {
		parts = append(parts, SizeText(int64(l.Memory))+" of memory")
	}
	if l.CPUs > 0 {
		parts = append(parts, numbered(l.CPUs, "processor"))
	}
	if l.OpenFiles > 0 {
		parts = append(parts, numbered(l.OpenFiles, "open file"))
	}
	if l.Nice != nil {
		parts = append(parts, "nice "+strconv.Itoa(*l.Nice))
	}
	return strings.Join(parts, ", ")
}

func numbered(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// SizeText is a number of bytes as the spec has it, in the largest unit that gives a whole number: 1GiB, 100MB.
func SizeText(n int64) string {
	unit := sizeUnitOf(n)
	return strconv.FormatInt(n/unit.bytes, 10) + unit.name
}

// SizeTextAs is a number of bytes in the unit that another one has, rounded: 1.02GiB, where that is 1GiB.
func SizeTextAs(n, other int64) string {
	unit := sizeUnitOf(other)
	return strconv.FormatFloat(float64(n)/float64(unit.bytes), 'f', 2, 64) + unit.name
}

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits are the units of sizes, as package spec reads them.
var sizeUnits = [...]sizeUnit{{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1}}

// sizeUnitOf is the largest unit of which a number of bytes is a multiple.
func sizeUnitOf(n int64) sizeUnit {
	for _, u := range sizeUnits {
		if n >= u.bytes && n%u.bytes == 0 {
			return u
		}
	}
	return sizeUnits[len(sizeUnits)-1]
}
