package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// long lengthens the runs under fire.
var long = flag.Duration("long", 0, "go on killing workers for so long, in place of one short round")

// binary is the mprun under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	waitMore()
	os.Exit(testMain(m))
}

// waitMore has more tests run at a time than there are cores, if the command line does not say how many: they wait a good deal, for starts, timers and
// each other's processes.
func waitMore() {
	const name = "test.parallel"
	isSet := false
	flag.Visit(func(f *flag.Flag) { isSet = isSet || f.Name == name })
	if !isSet {
		_ = flag.Set(name, strconv.Itoa(2*goruntime.GOMAXPROCS(0))) // it is a number
	}
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mprun-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "mprun")
	build := exec.Command("go", "build", "-o", binary, "../cmd/mprun")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building mprun: %v\n%s", err, out)
		return 1
	}
	shm, fds := sharedFiles(), len(entries("/proc/self/fd"))
	code := m.Run()
	left := awaitEnds(func() []process { return processesOf(binary) }) // guardians of runs that were killed
	if len(left) > 0 {
		fmt.Fprintf(os.Stderr, "processes of mprun are left: %v\n", left)
		code = 1
	}
	if now := sharedFiles(); !slices.Equal(shm, now) {
		fmt.Fprintf(os.Stderr, "/dev/shm has changed:\n%v\n%v\n", shm, now)
		code = 1
	}
	if now := len(entries("/proc/self/fd")); now > fds+4 { // the runtime's own poller and the test log
		fmt.Fprintf(os.Stderr, "%d open descriptors, %d at the start\n", now, fds)
		code = 1
	}
	return code
}

// sharedFiles is the names in /dev/shm, sorted, but those that another process of these tests has there.
func sharedFiles() []string {
	return slices.DeleteFunc(entries("/dev/shm"), func(name string) bool {
		return strings.HasPrefix(name, segmentPrefix) && !strings.HasPrefix(name, segmentName(""))
	})
}

// segmentName is a name in /dev/shm that no other process of tests has.
func segmentName(what string) string { return fmt.Sprintf("%s%d-%s", segmentPrefix, os.Getpid(), what) }

// newSegment is a name in /dev/shm, or the beginning of several, that no other test has.
func newSegment() string { return segmentName(strconv.FormatInt(segments.Add(1), 10)) }

var segments atomic.Int64

// segmentsOf is the names in /dev/shm that begin so.
func segmentsOf(segment string) []string {
	return slices.DeleteFunc(entries("/dev/shm"), func(name string) bool { return !strings.HasPrefix(name, segment) })
}

const segmentPrefix = "mprun-e2e-"

// entries is the names in a folder, sorted; none if it does not exist.
func entries(dir string) []string {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name()
	}
	return names
}
