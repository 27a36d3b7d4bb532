package stages

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// errRate says what a rate looks like.
var errRate = errors.New("a rate such as 100/s, 5/m, 1000/h or 3/250ms is needed")

// ParseRate reads a rate, so many in a time, and gives the time from one to the next: at least 1ns, rounded up so that the rate is never
// exceeded. The time is s, m, h or any duration above 0.
func ParseRate(text string) (time.Duration, error) {
	many, per, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(strings.TrimSpace(many))
	per = strings.TrimSpace(per)
	if !ok || err != nil || n < 1 || per == "" {
		return 0, errRate
	}
	if per[0] < '0' || per[0] > '9' {
		per = "1" + per
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return 0, errRate
	}
	return (d-1)/time.Duration(min(n, math.MaxInt64)) + 1, nil
}

// Rate is the value, which must be a rate: the time from one item to the next.
func (e *RowExpr) Rate(b *Batch, i int) (time.Duration, error) {
	v, err := e.At(b, i)
	if err != nil {
		return 0, err
	}
	text, _ := v.(string)
	d, err := ParseRate(text)
	if err != nil {
		return 0, Failf("expression", "%s, not %s", err, ShortJSON(v))
	}
	return d, nil
}
