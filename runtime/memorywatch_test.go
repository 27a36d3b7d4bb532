package runtime

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMemoryFields(t *testing.T) {
	const status = "Name:\tx RssAnon: 7 kB\nVmRSS:\t    1740 kB\nRssAnon:\t     116 kB\nRssShmem:\t       3 kB\nVmSwap:\t       4 kB\n"
	for _, test := range []struct {
		text  string
		names []string
		sum   int
		ok    bool
	}{
		{status, roughFields[:], 120 << 10, true},
		{status, append(slices.Clone(roughFields[:]), roughShared), 123 << 10, true},
		{"Name:\tzombie\nState:\tZ (zombie)\n", roughFields[:], 0, false},
		{"VmSwap:\t4 kB\n", roughFields[:], 4 << 10, false}, // an old kernel
		{"Pss_Anon:  12 kB\nSwapPss:  1 kB\n", exactFields[:], 13 << 10, true},
		{"Pss: 12 kB\nSwapPss:  1 kB\n", exactFields[:], 1 << 10, false},
		{"RssAnon:\t-\nRssAnon:", roughFields[:], 0, false},
		{"", roughFields[:], 0, false},
	} {
		if sum, ok := memoryFields([]byte(test.text), test.names...); sum != test.sum || ok != test.ok {
			t.Errorf("%q: %d and %v, not %d and %v", test.text, sum, ok, test.sum, test.ok)
		}
	}
}

// TestMemoryWatch: who has too much is killed once, and that it was for that is known until it has ended; others are left alone.
func TestMemoryWatch(t *testing.T) {
	killed := make(chan int)
	m := newMemoryWatch(func(pid int, _ []int) { killed <- pid })
	defer m.close()
	self, other := os.Getpid(), os.Getppid()
	m.add(other, &memoryUse{limit: 1 << 50, worker: true})
	m.add(self, &memoryUse{limit: 1, worker: true})
	if pid := <-killed; pid != self {
		t.Fatalf("%d was killed, not %d", pid, self)
	}
	if peak, over := m.end(self); !over || peak < 1<<20 {
		t.Errorf("killed for %d bytes: %v", peak, over)
	}
	if _, over := m.end(self); over {
		t.Error("it is dead still when its number is another's")
	}
	if peak, over := m.end(other); over || peak < 0 {
		t.Errorf("somebody else was killed for %d bytes", peak)
	}
	use := &memoryUse{limit: 1, worker: true}
	if m.note(self, use, []int{self}) {
		t.Error("somebody is killed who has ended meanwhile")
	}
}

// TestMembers: a replica is what it has started, also in a group of its own, and what is left of its group to this process.
func TestMembers(t *testing.T) {
	cmd := exec.Command("sh", "-c", `sleep 100 & setsid sleep 100 & echo; wait`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	members := ownGroups().members(cmd.Process.Pid)
	if len(members) != 3 || members[0] != cmd.Process.Pid {
		t.Errorf("the members of %d are %v", cmd.Process.Pid, members)
	}
	for _, pid := range members[1:] {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if left := ownGroups().members(cmd.Process.Pid); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}
