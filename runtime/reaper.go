package runtime

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reaper waits for the ends of child processes through their pidfds: the kernel's proof of death, which no process number can be
// taken for.
//
// The end of a child is when its process group is empty. What a worker leaves of its group is killed while the zombie still keeps the
// number taken; what a program left running in the background is waited for. This process must be the subreaper of its children
// (becomeSubreaper), so that it can reap those, too.
type reaper struct {
	epoll   int
	wake    int // eventfd that ends the loop
	ends    chan<- exit
	orphans bool          // reap what is not watched as well
	quit    chan struct{} // closed when nobody takes from ends any more
	done    chan struct{}

	mu        sync.Mutex      // guards what follows; held while a child is started or reaped
	born      map[int]bool    // started, and not watched yet
	children  map[int32]child // by pidfd
	lingering []exit          // of children whose group is not empty yet
	pause     time.Duration   // before their groups are looked at next
}

type child struct {
	pid   int
	tag   any
	group bool // its group is waited for, not killed
}

// exit is the end of a child.
type exit struct {
	pid  int
	tag  any // as given to watch
	code int // -N after signal N
}

// lingerEvery is how often the reaper looks whether a group is empty, for which there is no event; at first it looks after lingerFirst, and then each
// time a quarter later: what was killed takes a millisecond or two to end, and a replacement waits for it. orphansEvery is how often it reaps what
// the programs of a run have left behind.
const (
	lingerFirst  = 100 * time.Microsecond
	lingerEvery  = 20 * time.Millisecond
	orphansEvery = time.Second
)

// becomeSubreaper has orphans among the descendants of this process become its children. See PR_SET_CHILD_SUBREAPER in prctl(2).
func becomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the subreaper of the run: %w", err)
	}
	return nil
}

// newReaper starts a reaper, which sends what it reaps to ends until close. With orphans it reaps whatever child of this process ends,
// so that the zombies of a long run's background programs do not pile up.
func newReaper(ends chan<- exit, orphans bool) (*reaper, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("creating an eventfd: %w", err)
	}
	r := &reaper{epoll: epoll, wake: wake, ends: ends, orphans: orphans, quit: make(chan struct{}), done: make(chan struct{}), born: map[int]bool{}, children: map[int32]child{}}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &event); err != nil {
		unix.Close(epoll)
		unix.Close(wake)
		return nil, fmt.Errorf("watching an eventfd: %w", err)
	}
	go r.loop()
	return r, nil
}

// bear starts a child that is to be watched, or discarded. Until then orphans are let be: a child that ends at once would be taken for one of them,
// and nobody would know how it ended.
func (r *reaper) bear(start func() (pid int, err error)) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := start()
	if err == nil {
		r.born[pid] = true
	}
	return pid, err
}

// discard kills and reaps a child that was born, and closes its pidfd.
func (r *reaper) discard(pidfd, pid int) {
	_ = unix.Kill(-pid, unix.SIGKILL)
	wait4(pid)
	unix.Close(pidfd)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.born, pid)
}

// watch has the reaper send the end of the born child pid, the leader of a process group, whose pidfd it takes over; with group, what is left
// of the group is waited for, else killed. After an error the child has been killed and reaped.
func (r *reaper) watch(pidfd, pid int, tag any, group bool) error {
	r.mu.Lock()
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(pidfd)}
	err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, pidfd, &event)
	if err == nil {
		r.children[int32(pidfd)] = child{pid: pid, tag: tag, group: group}
		delete(r.born, pid)
	}
	r.mu.Unlock()
	if err != nil {
		r.discard(pidfd, pid)
		return fmt.Errorf("watching process %d: %w", pid, err)
	}
	return nil
}

// signal sends a signal to the group of a child, unless it has ended: then the number may be another's.
func (r *reaper) signal(pid int, sig syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.children {
		if c.pid == pid {
			_ = unix.Kill(-pid, sig)
			return
		}
	}
	for _, e := range r.lingering {
		if e.pid == pid {
			_ = unix.Kill(-pid, sig)
			return
		}
	}
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
		n, err := r.wait(events)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		var ends []exit
		for _, event := range events[:max(n, 0)] {
			if int(event.Fd) == r.wake {
				return
			}
			ends = append(ends, r.reap(event.Fd)...)
		}
		if n == 0 && r.orphans {
			ends = append(ends, r.reapOrphans()...)
		}
		ends = append(ends, r.poll()...)
		for _, e := range ends {
			r.send(e)
		}
	}
}

// wait waits for ends, for as long as it may.
func (r *reaper) wait(events []unix.EpollEvent) (int, error) {
	switch {
	case len(r.lingering) > 0:
		pause := unix.NsecToTimespec(r.pause.Nanoseconds())
		_, _ = unix.Ppoll([]unix.PollFd{{Fd: int32(r.epoll), Events: unix.POLLIN}}, &pause, nil) // epoll_wait knows only milliseconds
		return unix.EpollWait(r.epoll, events, 0)
	case r.orphans:
		return unix.EpollWait(r.epoll, events, int(orphansEvery.Milliseconds()))
	default:
		return unix.EpollWait(r.epoll, events, -1)
	}
}

// poll gives the children that have ended with their groups since.
func (r *reaper) poll() []exit {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pause = min(r.pause*5/4, lingerEvery)
	var ends []exit
	r.lingering = slices.DeleteFunc(r.lingering, func(e exit) bool {
		empty := groupEmpty(e.pid)
		if empty {
			ends = append(ends, e)
		}
		return empty
	})
	return ends
}

// reap reaps the child behind a pidfd, and gives its end, unless its group lingers.
func (r *reaper) reap(pidfd int32) []exit {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.children[pidfd]
	if !ok {
		return nil
	}
	if !c.group {
		// The zombie is the leader of its group and keeps the number from being given to another.
		_ = unix.Kill(-c.pid, unix.SIGKILL)
	}
	return r.reaped(pidfd, c, wait4(c.pid))
}

// reaped gives the end of a child that has been reaped, unless its group lingers.
func (r *reaper) reaped(pidfd int32, c child, status unix.WaitStatus) []exit {
	delete(r.children, pidfd)
	unix.Close(int(pidfd)) // leaves the epoll with it
	code := status.ExitStatus()
	if status.Signaled() {
		code = -int(status.Signal())
	}
	end := exit{pid: c.pid, tag: c.tag, code: code}
	if groupEmpty(c.pid) {
		return []exit{end}
	}
	r.lingering, r.pause = append(r.lingering, end), lingerFirst
	return nil
}

// reapOrphans reaps what has ended, watched or not; nothing while somebody was born and is not watched yet.
func (r *reaper) reapOrphans() (ends []exit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.born) > 0 {
		return nil
	}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return ends
		}
		for pidfd, c := range r.children {
			if c.pid == pid {
				if !c.group {
					_ = unix.Kill(-pid, unix.SIGKILL)
				}
				ends = append(ends, r.reaped(pidfd, c, status)...)
				break
			}
		}
	}
}

func (r *reaper) send(e exit) {
	select {
	case r.ends <- e:
	case <-r.quit:
	}
}

// wait4 reaps the child pid, which has ended. If somebody else has reaped it, nobody knows how it ended: it is not said to have succeeded.
func wait4(pid int) unix.WaitStatus {
	var status unix.WaitStatus
	for {
		switch _, err := unix.Wait4(pid, &status, 0, nil); {
		case err == nil:
			return status
		case !errors.Is(err, unix.EINTR):
			return unix.WaitStatus(unix.SIGKILL)
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
