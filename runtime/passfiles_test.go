package runtime

import (
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFilesArePassedWhoeverIsSlow sends more files than the socket holds before anybody reads: each arrives once.
func TestFilesArePassedWhoeverIsSlow(t *testing.T) {
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	const n = 700
	for i := range n {
		f, err := memoryFile(i)
		if err == nil {
			err = sendFiles(ours, f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	got := map[int]bool{}
	for range n {
		fds, err := receiveFiles(theirs)
		if err != nil || len(fds) != 1 {
			t.Fatal(len(fds), err)
		}
		var i int
		if err := readMemoryFile(os.NewFile(uintptr(fds[0]), "passed"), &i); err != nil {
			t.Fatal(err)
		}
		got[i] = true
	}
	ours.Close()
	if _, err := receiveFiles(theirs); !errors.Is(err, io.EOF) || len(got) != n {
		t.Errorf("%d different files, and then %v", len(got), err)
	}
}

// TestFilesForNobody: who has gone is known at once, and what waits for somebody who goes then is given up. TestMain finds what is left.
func TestFilesForNobody(t *testing.T) {
	for _, early := range []int{0, 700} {
		ours, theirs, err := socketPair()
		if err != nil {
			t.Fatal(err)
		}
		for i := range early {
			f, err := memoryFile(i)
			if err == nil {
				err = sendFiles(ours, f)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		theirs.Close()
		f, err := memoryFile(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := sendFiles(ours, f); !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("sending to nobody behind %d: %v", early, err)
		}
		ours.Close()
	}
}
