package stages

import "time"

// pace is how many rows a chunk has: so many as take workers about chunkWork, by what they took before.
type pace struct {
	fixed int     // chunk_size; 0: none
	alone bool    // it is as it is given, or one row
	work  float64 // nanoseconds of a row, about; 0: not known
	bytes float64 // of a row's results, about
	last  int     // rows of the last chunk
}

const (
	chunkWork  = 2 * time.Millisecond
	mostRows   = 8 << 10 // more are no faster: their columns fall out of the processor's cache
	mostGrowth = 8       // of a chunk over the one before: the first rows may not be like the others
)

// size is how many rows the next chunk has.
func (p *pace) size() int {
	if p.work == 0 || p.alone {
		return max(1, p.fixed)
	}
	n := int(min(float64(chunkWork)/p.work, mostRows))
	if p.bytes > 0 {
		n = min(n, int(mostChunk/p.bytes))
	}
	n = min(n, max(1, p.last)*mostGrowth)
	if p.fixed > 0 {
		n = max(1, n/p.fixed) * p.fixed
	}
	return max(1, n)
}

// isWorth says whether so many rows are enough work for a chunk of their own, as far as is known.
func (p *pace) isWorth(rows int) bool {
	return p.work == 0 || p.work*float64(rows) > float64(gatherAtLeast)
}

// learn is told of rows that are done.
func (p *pace) learn(o *outcome) {
	n := float64(o.n)
	work := max(1, float64(o.work)/n)
	bytes := float64(EncodedSize(&o.results, 0, o.results.Len())) / n
	if p.work == 0 || work > p.work { // what has become slow is not to be kept waiting
		p.work = work
	} else {
		p.work += (work - p.work) / 4
	}
	p.bytes = bytes
	p.last = max(p.last, o.n)
}
