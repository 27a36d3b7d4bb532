//go:build linux

package shm

// A spinBudget says how many looks a wait of a slot may take before it sleeps, with a PAUSE (some 40 ns) after each. Nobody knows whether whoever
// would answer has a core, so a slot learns from its waits:
//
//	hopeful --spinPatience waits in a row have spun in vain--> doubtful --a look finds--> halfway back
//	 mostSpin looks                                             leastSpin looks, mostSpin in one wait of spinProbe
//
// mostSpin takes about as long as to go to sleep and be woken (11 to 14 us): who spins so long and then sleeps has paid at most twice. Several
// waits in vain say that the partner has not got a core, and then it runs the sooner the less is spun. It is tried again now and then, for
// two who have come to sleep for each other do not meet in a short spin any more, since waking up takes longer than that. A look that finds at once
// says nothing about spinning.
type spinBudget struct {
	vain int // waits that have spun in vain, less what has been found since
}

const (
	mostSpin     = 300
	leastSpin    = 20 // about one answer of a partner who runs
	spinPatience = 8
	spinProbe    = 32
)

// looks is how many the next wait may take.
func (b *spinBudget) looks() int {
	if b.vain < spinPatience || b.vain%spinProbe == 0 {
		return mostSpin
	}
	return leastSpin
}

// found says that a wait has found what it looked for behind so many looks in vain.
func (b *spinBudget) found(after int) {
	if after > 0 {
		b.vain = max(0, b.vain/2-1)
	}
}

// missed says that a wait has taken all of its looks and found nothing.
func (b *spinBudget) missed() {
	if b.vain++; b.vain > 2*spinProbe {
		b.vain = spinProbe + 1
	}
}
