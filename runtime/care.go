package runtime

// care has a chain take rows one by one, with a commit behind each, so that a death tells at which row it was.
//
// After a death it lasts until the rows that were in flight are through, or for carefulSteps: an item can become a million rows (a file its
// lines), and its worker would go through all of them so, which is a hundred times slower. A row that kills and stands further behind costs
// a death more for each carefulSteps before it. None of these counts against it: the chain got on in between.
type care struct {
	on    bool
	steps int // commits since it began
}

// carefulSteps is about a fiftieth of a second's work.
const carefulSteps = 256

func (c *care) begin() { *c = care{on: true} }

// committed says that a commit has been made; standing, whether rows are in flight behind it; always, whether no death may go unexplained.
func (c *care) committed(standing, always bool) {
	c.steps++
	c.on = always || c.on && standing && c.steps < carefulSteps
}
