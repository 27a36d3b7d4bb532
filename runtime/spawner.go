package runtime

import (
	"fmt"
	"os"
	goruntime "runtime"
	"syscall"
)

// spawner starts processes from one thread that lives as long as it does: PR_SET_PDEATHSIG is delivered when the thread that
// started a child ends, not its process.
type spawner struct {
	reaper   *reaper
	requests chan spawnRequest
	done     chan struct{}
}

type spawnRequest struct {
	program string
	argv    []string
	attr    *syscall.ProcAttr
	reply   chan spawned
}

type spawned struct {
	pid int
	err error
}

// newSpawner starts the thread. What it starts is for the reaper to watch, or to discard.
func newSpawner(reaper *reaper) *spawner {
	s := &spawner{reaper: reaper, requests: make(chan spawnRequest), done: make(chan struct{})}
	go s.loop()
	return s
}

// start starts program as the leader of a process group of its own that dies with this process, with files as its descriptors from
// 0 on. foreground hands it the terminal behind file 0.
func (s *spawner) start(program string, argv, env []string, dir string, files []*os.File, foreground bool) (pid, pidfd int, err error) {
	fds := make([]uintptr, len(files))
	for i, f := range files {
		fds[i] = f.Fd()
	}
	pidfd = -1
	terminal := 0
	if foreground {
		terminal = int(fds[0]) // in this process: the child hands it over before it has its own descriptors
	}
	attr := &syscall.ProcAttr{Dir: dir, Env: env, Files: fds, Sys: &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGKILL, PidFD: &pidfd, Foreground: foreground, Ctty: terminal,
	}}
	reply := make(chan spawned, 1)
	s.requests <- spawnRequest{program: program, argv: argv, attr: attr, reply: reply}
	got := <-reply
	goruntime.KeepAlive(files)
	if got.err != nil {
		return 0, 0, fmt.Errorf("starting %s: %w", program, got.err)
	}
	return got.pid, pidfd, nil
}

// close ends the thread, and with it what it started and still runs.
func (s *spawner) close() {
	close(s.requests)
	<-s.done
}

func (s *spawner) loop() {
	defer close(s.done)
	goruntime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for request := range s.requests {
		var got spawned
		got.pid, got.err = s.reaper.bear(func() (int, error) { return syscall.ForkExec(request.program, request.argv, request.attr) })
		request.reply <- got
	}
}
