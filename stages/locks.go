package stages

// Lock is a lock or a semaphore as one chain takes it. What the chain holds when its worker dies stays with it, as of the last commit; what
// it took after that is free again.
type Lock interface {
	// Wait waits for the lock, and may take it: a Try follows at once, and tells.
	Waiter
	// Try takes it if it can be had now. It may commit, if the chain gives it back with the next commit. An ItemError says why it is not
	// to be had: its last owner has died (owner-died), or the chain holds too many.
	Try() (bool, error)
	// Release gives it back with the next commit. An ItemError says that it cannot be: released-too-often, not-owner.
	Release() error
	// Own says that the chain holds it already, and that it cannot be taken twice.
	Own() bool
	// Number is its place in the order in which several are taken.
	Number() int
	// Name is as the spec has it: fork[2].
	Name() string
}

// Condition is a condition as one chain waits for it.
type Condition interface {
	// Lock is the lock that goes with it, and Held how often the chain holds that, less what it gives back with the next commit.
	Lock() Lock
	Held() int
	// Enter begins a wait, whose number it gives, with the next commit: until then nobody can notify it. The chain holds the lock, and
	// gives it back with the same commit.
	Enter() (number uint64, err error)
	// Until waits until the wait of that number is over.
	Until(number uint64) Waiter
	// Over says whether the wait was notified.
	Over(number uint64) bool
	// Leave ends the wait, with the lock held, and says whether it was notified.
	Leave(number uint64) (notified bool)
	// Forget ends a wait that nothing will come of: a notification goes to the others.
	Forget(number uint64)
	// Notify has the n that have waited longest go on with the next commit, all with n < 0. The chain holds the lock.
	Notify(n int)
	// Name is as the spec has it.
	Name() string
}

// lockPlace is a place that names something to be held, or one out of a family by an index.
type lockPlace struct {
	*member
	host  Host
	locks map[int]Lock // by member
}

func (b *Builder) lockPlace(place *Place) (*lockPlace, error) {
	m, err := b.member(place)
	return &lockPlace{member: m, host: b.Host(), locks: map[int]Lock{}}, err
}

// which is the member that row i means.
func (p *lockPlace) which(in *Batch, i int) (int, error) {
	if p.index == nil {
		return 0, nil
	}
	v, err := p.index.At(in, i)
	if err != nil {
		return 0, err
	}
	return p.number(v)
}

// lock is a member's.
func (p *lockPlace) lock(member int) (Lock, error) {
	if l, ok := p.locks[member]; ok {
		return l, nil
	}
	l, err := p.host.Lock(Ref{Name: p.place.Name, Member: member})
	if err == nil {
		p.locks[member] = l
	}
	return l, err
}

// take takes a lock, or waits for it: false says that Step must return. A lock that the chain itself holds would be waited for in vain.
func take(r *Run, l Lock) (bool, error) {
	ok, err := l.Try()
	if ok || err != nil {
		return ok, err
	}
	if r.timeout == 0 && l.Own() {
		return false, Failf("deadlock", "%s is held already by this worker, which would wait for itself: a lock that is taken twice must be recursive", l.Name())
	}
	return await(l, r.Await)
}

// await waits for a lock and tries to take it, before anything is committed: false says that Step must return, as after every wait.
func await(l Lock, wait func(Waiter) error) (bool, error) {
	if err := wait(l); err != nil {
		return false, err
	}
	return l.Try()
}
