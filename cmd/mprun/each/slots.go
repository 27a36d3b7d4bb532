package each

// MostSlots is how many jobs run at a time where as many as possible are asked for (-j0). Each has a worker of its own, which costs a few
// megabytes and milliseconds.
const MostSlots = 200

// AtOnce is the Slots for as many jobs at a time as possible: no more than most, or than there are jobs where that is known.
func (j *Job) AtOnce(most int) int {
	n := min(most, MostSlots)
	if jobs, known := j.jobs(); known {
		n = min(n, jobs)
	}
	return max(1, n)
}

// jobs is how many jobs there are, if that is known before the run; beyond MostSlots it may be less than there are.
func (j *Job) jobs() (n int, known bool) {
	if len(j.Sources) == 0 {
		return 0, false
	}
	n = 1
	for _, s := range j.Sources {
		switch {
		case s.File != "":
			return 0, false
		case !s.Linked:
			n = min(MostSlots*max(1, j.Arguments), n*len(s.Items))
		}
	}
	return (n + max(1, j.Arguments) - 1) / max(1, j.Arguments), true
}
