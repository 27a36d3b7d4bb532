package planner

import (
	"fmt"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// maxSegmentName is NAME_MAX of Linux: the bytes of a file's name.
const maxSegmentName = 255

// readSegment reads the name that other programs open a value or an array by.
func (c *compiler) readSegment(v *cell) {
	if !v.def.Segment.IsSet() {
		return
	}
	t := v.def.Segment.Template
	value, ok := c.template(t)
	if !ok {
		return
	}
	name := strings.TrimPrefix(stages.TextOf(value), "/") // shm_open(3) wants it, multiprocessing.shared_memory writes none
	if why := wrongSegmentName(name); why != "" {
		c.errorAt(v.def.Segment.Node, spec.CodeBadValue, "as in: name: "+v.plan.Name, "/dev/shm/%.60s cannot be a segment: %s", name, why)
		return
	}
	for _, other := range c.cells {
		if other.plan.Segment == name {
			c.at(spec.Error, v.def.Segment.Node.At(), v.def.Segment.Node.Path(), spec.CodeBadValue, "", fmt.Sprintf("%s is the segment of %s already", name, other.plan.Name),
				spec.Related{Range: other.def.Segment.Node.At(), Message: "that is here"})
			return
		}
	}
	v.plan.Segment = name
}

// wrongSegmentName says why a name cannot be that of a segment; "": it can. See shm_open(3).
func wrongSegmentName(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case name == "." || name == "..":
		return "that is a folder"
	case strings.Contains(name, "/"):
		return "a name has no slash but for one at its begin"
	case strings.ContainsRune(name, 0):
		return "a name has no NUL"
	case len(name) > maxSegmentName:
		return fmt.Sprintf("a name has at most %d bytes, this one has %d", maxSegmentName, len(name))
	}
	return ""
}

// checkSegments finds more segments than one run can hold.
func (c *compiler) checkSegments() {
	segments := 0
	for _, v := range c.cells {
		if v.plan.Segment == "" {
			continue
		}
		if segments++; segments > maxSegments {
			c.errorAt(v.def.Segment.Node, spec.CodeBadValue, "a family, by count, has one for all of its members", "a run has at most %d values and arrays with a name", maxSegments)
			return
		}
	}
}
