package runtime

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// reaper waits for the ends of child processes through their pidfds: the kernel's proof of death, which no process number can be
// taken for. For each it first kills what is left of the child's process group, while the zombie still keeps the number taken, and
// only then reaps it.
type reaper struct {
	epoll int
	wake  int // eventfd that ends the loop
	ends  chan<- exit
	done  chan struct{}

	mu       sync.Mutex
	children map[int32]child // by pidfd
}

type child struct {
	pid int
	tag any
}

// exit is the end of a child.
type exit struct {
	pid  int
	tag  any // as given to watch
	code int // -N after signal N
}

// newReaper starts a reaper, which sends what it reaps to ends until close.
func newReaper(ends chan<- exit) (*reaper, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("creating an eventfd: %w", err)
	}
	r := &reaper{epoll: epoll, wake: wake, ends: ends, done: make(chan struct{}), children: map[int32]child{}}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &event); err != nil {
		unix.Close(epoll)
		unix.Close(wake)
		return nil, fmt.Errorf("watching an eventfd: %w", err)
	}
	go r.loop()
	return r, nil
}

// watch has the reaper send the end of the child pid, whose pidfd it takes over.
func (r *reaper) watch(pidfd, pid int, tag any) error {
	r.mu.Lock()
	r.children[int32(pidfd)] = child{pid: pid, tag: tag}
	r.mu.Unlock()
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(pidfd)}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, pidfd, &event); err != nil {
		return fmt.Errorf("watching process %d: %w", pid, err)
	}
	return nil
}

// close ends the reaper. Children that it still watches are not waited for.
func (r *reaper) close() {
	one := [8]byte{1}
	_, _ = unix.Write(r.wake, one[:])
	<-r.done
	for fd := range r.children {
		unix.Close(int(fd))
	}
	unix.Close(r.epoll)
	unix.Close(r.wake)
}

func (r *reaper) loop() {
	defer close(r.done)
	events := make([]unix.EpollEvent, 64)
	for {
		n, err := unix.EpollWait(r.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		for _, event := range events[:max(n, 0)] {
			if int(event.Fd) == r.wake {
				return
			}
			r.reap(event.Fd)
		}
	}
}

func (r *reaper) reap(pidfd int32) {
	r.mu.Lock()
	c, ok := r.children[pidfd]
	delete(r.children, pidfd)
	r.mu.Unlock()
	if !ok {
		return
	}
	// The zombie is the leader of its group and keeps the number from being given to another.
	_ = unix.Kill(-c.pid, unix.SIGKILL)
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(c.pid, &status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	unix.Close(int(pidfd)) // leaves the epoll with it
	code := status.ExitStatus()
	if status.Signaled() {
		code = -int(status.Signal())
	}
	r.ends <- exit{pid: c.pid, tag: c.tag, code: code}
}
