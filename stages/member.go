package stages

import (
	"fmt"
	"slices"
)

// member is a place that names a queue, or one out of a family of them by an index.
type member struct {
	place *Place
	index *RowExpr // nil: it is no family
	once  bool     // the index is the same for all items
}

// member compiles a place.
func (b *Builder) member(place *Place) (*member, error) {
	m := &member{place: place, once: true}
	if len(place.Index) == 0 {
		return m, nil
	}
	var err error
	if m.index, err = b.Expr(&place.Index[0]); err != nil {
		return nil, err
	}
	m.once = !m.index.draws && m.index.argsRow < 0 && !slices.ContainsFunc(m.index.shape.Names(), func(name string) bool {
		return !slices.Contains([]string{"self", "args", "vars"}, name)
	})
	return m, nil
}

// fixed is the queue where the index is the same for all items.
func (m *member) fixed() (Ref, error) {
	ref := Ref{Name: m.place.Name}
	v, err := m.index.Alone()
	if err == nil && m.index != nil {
		ref.Member, err = m.number(v)
	}
	if err != nil {
		return ref, &StageError{Op: "get", Pos: m.place.Pos, Type: "index", Text: err.Error()}
	}
	return ref, nil
}

// number is the member that a value of the index means.
func (m *member) number(v any) (int, error) { return MemberIndex(m.place.Name, v, m.place.Count) }

// MemberIndex is the member of a family of n that a value means: as an index of a list does, from 0, or from -1 backwards.
func MemberIndex(family string, v any, n int) (int, error) {
	i, isInt := v.(int)
	if f, isFloat := v.(float64); isFloat {
		i, isInt = wholeFloat(f)
	}
	if !isInt {
		return 0, Failf("index", "the index of %s must be a whole number, not %s", family, ShortJSON(v))
	}
	at := i
	if at < 0 {
		at += n
	}
	if at < 0 || at >= n {
		return 0, Failf("index", "%s[%d] is not there: %s", family, i, FamilyText(family, n))
	}
	return at, nil
}

// FamilyText says how many members a family has.
func FamilyText(name string, n int) string {
	if n == 1 {
		return name + " has one member, " + name + "[0]"
	}
	return fmt.Sprintf("%s has %d members, %s[0] to %s[%d]", name, n, name, name, n-1)
}
