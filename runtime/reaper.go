package runtime

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// reaper waits for the ends of child processes through their pidfds: the kernel's proof of death, which no process number can be
// taken for.
//
// A worker's end is its process group's: what is left of the group is killed while the zombie still keeps the number taken, then the
// worker is reaped. A program's end is when its group is empty: what it left running in the background is waited for. This process
// must be the subreaper of its children (becomeSubreaper), so that it can reap those, too.
type reaper struct {
	epoll int
	wake  int // eventfd that ends the loop
	ends  chan<- exit
	quit  chan struct{} // closed when nobody takes from ends any more
	done  chan struct{}

	mu       sync.Mutex
	children map[int32]child // by pidfd

	lingering []exit // programs whose group is not empty yet; owned by loop
}

type child struct {
	pid   int
	tag   any
	group bool // it ends with its group
}

// exit is the end of a child.
type exit struct {
	pid  int
	tag  any // as given to watch
	code int // -N after signal N
}

// lingerEvery is how often the reaper looks whether a group is empty: there is no event for it.
const lingerEvery = 20 * time.Millisecond

// becomeSubreaper has orphans among the descendants of this process become its children. See PR_SET_CHILD_SUBREAPER in prctl(2).
func becomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the subreaper of the run: %w", err)
	}
	return nil
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
	r := &reaper{epoll: epoll, wake: wake, ends: ends, quit: make(chan struct{}), done: make(chan struct{}), children: map[int32]child{}}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &event); err != nil {
		unix.Close(epoll)
		unix.Close(wake)
		return nil, fmt.Errorf("watching an eventfd: %w", err)
	}
	go r.loop()
	return r, nil
}

// watch has the reaper send the end of the child pid, whose pidfd it takes over; with group, the end of its group.
func (r *reaper) watch(pidfd, pid int, tag any, group bool) error {
	r.mu.Lock()
	r.children[int32(pidfd)] = child{pid: pid, tag: tag, group: group}
	r.mu.Unlock()
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(pidfd)}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, pidfd, &event); err != nil {
		return fmt.Errorf("watching process %d: %w", pid, err)
	}
	return nil
}

// close ends the reaper. Children that it still watches are not waited for.
func (r *reaper) close() {
	close(r.quit)
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
		timeout := -1
		if len(r.lingering) > 0 {
			timeout = int(lingerEvery.Milliseconds())
		}
		n, err := unix.EpollWait(r.epoll, events, timeout)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		for _, event := range events[:max(n, 0)] {
			if int(event.Fd) == r.wake {
				return
			}
			r.reap(event.Fd)
		}
		r.lingering = slices.DeleteFunc(r.lingering, func(e exit) bool {
			empty := groupEmpty(e.pid)
			if empty {
				r.send(e)
			}
			return empty
		})
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
	if !c.group {
		// The zombie is the leader of its group and keeps the number from being given to another.
		_ = unix.Kill(-c.pid, unix.SIGKILL)
	}
	status := wait4(c.pid)
	unix.Close(int(pidfd)) // leaves the epoll with it
	code := status.ExitStatus()
	if status.Signaled() {
		code = -int(status.Signal())
	}
	end := exit{pid: c.pid, tag: c.tag, code: code}
	if c.group && !groupEmpty(c.pid) {
		r.lingering = append(r.lingering, end)
		return
	}
	r.send(end)
}

func (r *reaper) send(e exit) {
	select {
	case r.ends <- e:
	case <-r.quit:
	}
}

// wait4 reaps the child pid, which has ended.
func wait4(pid int) unix.WaitStatus {
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &status, 0, nil); !errors.Is(err, unix.EINTR) {
			return status
		}
	}
}

// groupEmpty reaps what has ended of a process group whose leader is gone, and says whether nothing is left. As long as something is,
// its number is not given to another.
func groupEmpty(pgid int) bool {
	for {
		pid, err := unix.Wait4(-pgid, nil, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) || (err == nil && pid > 0) {
			continue
		}
		return errors.Is(unix.Kill(-pgid, 0), unix.ESRCH)
	}
}
