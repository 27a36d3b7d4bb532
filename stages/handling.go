package stages

import (
	"math"
	"math/rand/v2"
	"time"
)

// handling is an `on_error` or `on_timeout`: a chain that runs with the item that failed, and what becomes of the item then.
type handling struct {
	then    HandlerThen
	chain   *Chain // nil: nothing runs
	failure *ItemError
}

// start puts the item that failed before the handler's chain, with `error` bound.
func (h *handling) start(l *link, item *ItemError) {
	h.failure = item
	value := errorValue(item, l.stage, l.tries+1)
	switch {
	case item.Partial:
		h.chain.first().pushPiece(l.in, item.Piece, value)
	case l.atEnd(item):
		h.chain.first().pushPiece(l.in, nil, value)
	default:
		h.chain.Push(l.in, 0, value)
	}
	h.chain.End()
}

// errorValue is `error` in expressions.
func errorValue(item *ItemError, stage *Stage, attempt int) map[string]any {
	return map[string]any{
		"type": item.Type, "message": item.Message, "traceback": item.Traceback, "stage": stage.Pos.String(), "attempt": attempt,
	}
}

// retrying is a `retry`.
type retrying struct {
	times, backoff, maxBackoff *RowExpr // backoff and maxBackoff may be nil
}

// next says whether to try a row again after so many failed tries, and after what pause: the backoff doubles from try to try, with up to
// a tenth of it at random so that replicas do not all come back at once.
func (t *retrying) next(in *Batch, row, failed int) (time.Duration, bool, error) {
	times, err := t.times.Int(in, row)
	if err != nil || failed >= times {
		return 0, false, err
	}
	pause, err := t.backoff.Duration(in, row)
	if err != nil || pause <= 0 {
		return 0, err == nil, err
	}
	limit, err := t.maxBackoff.Duration(in, row)
	if err != nil {
		return 0, false, err
	}
	pause = doubled(pause, failed)
	if limit > 0 {
		pause = min(pause, limit)
	}
	return pause + rand.N(pause/10+1), true, nil
}

// longestPause bounds a pause between two tries: the double of it, with its random part, is still a Duration.
const longestPause = time.Duration(math.MaxInt64 / 4)

// doubled is d doubled so many times, up to longestPause.
func doubled(d time.Duration, times int) time.Duration {
	for ; times > 0 && d < longestPause; times-- {
		d *= 2
	}
	return min(d, longestPause)
}
