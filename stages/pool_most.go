package stages

// MaxTaskResults is how many bytes the results of one task of a pool may have, encoded. They stay in the worker's memory until the task is
// done: one that has more, and may have no end, has failed.
const MaxTaskResults = 64 << 20

// typeMaxItem is the type of an error that something is too large to be handed over.
const typeMaxItem = "max-item"

// tooMuch is the failure of such a task; what says what is too much of it.
func tooMuch(what string) *ItemError {
	return Failf(typeMaxItem, "%s have more than %d MiB, the most that a task may hand on: put them to a queue in do, or write them to a file", what, MaxTaskResults>>20)
}

// resultsSize is what the results of a task come to, which are weighed as they come.
type resultsSize struct {
	items int // that have been weighed
	bytes int // of those, or more: that several pieces take more than the whole is found out when it matters
}

// over says whether results are more than a task may have. They are those that were weighed, and what has come since.
func (w *resultsSize) over(results *Column) bool {
	n := results.Len()
	if n > w.items {
		w.bytes += EncodedSize(results, w.items, n)
		w.items = n
	}
	if w.bytes > MaxTaskResults {
		w.bytes = EncodedSize(results, 0, n)
	}
	return w.bytes > MaxTaskResults
}
