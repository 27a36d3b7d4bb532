package each

import (
	"fmt"
	"strconv"
	"strings"
)

// Halt is when to begin no more jobs. The zero value: never.
type Halt struct {
	Now    bool   // the jobs that are running are ended, too
	Of     string // which jobs count: fail, success or done
	Number int    // after so many
}

// ParseHalt reads never, or now|soon,fail|success|done=N.
func ParseHalt(text string) (Halt, error) {
	wrong := fmt.Errorf("--halt takes never, or now or soon, a comma, and fail=N, success=N or done=N, as in soon,fail=1, not %q", text)
	if text == "never" || text == "" || text == "0" {
		return Halt{}, nil
	}
	switch text { // as GNU parallel had it once
	case "1":
		text = "soon,fail=1"
	case "2":
		text = "now,fail=1"
	}
	when, what, _ := strings.Cut(text, ",")
	of, number, _ := strings.Cut(what, "=")
	if strings.HasSuffix(number, "%") {
		return Halt{}, fmt.Errorf("--halt takes a number of jobs, not a share of them: %s,%s=1 for example", when, of)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || when != "now" && when != "soon" || of != "fail" && of != "success" && of != "done" {
		return Halt{}, wrong
	}
	return Halt{Now: when == "now", Of: of, Number: n}, nil
}
