package stages

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"unicode/utf8"
)

// errPickle says that bytes are no pickle of a list, or one of more than data.
var errPickle = errors.New("what Python answered is damaged")

// noItem is a part of an answer that cannot be an item, and why.
type noItem struct{ why string }

// global is a function or class that a pickle names.
type global struct{ name string }

// unpickler reads a pickled list into a column.
//
// The pickle is a program for a machine with a stack. The elements of the list itself do not go over the stack where they are numbers and
// texts: they are put into the column at once, and taken out again should the opcodes behind them make a tuple of them. So the top of
// the stack is at the end of the column while the stack is empty.
type unpickler struct {
	data  []byte
	at    int
	items Column // of the list
	stack []any
	marks []mark
	open  bool // the list has begun
	odd   bool // there may be a noItem somewhere, or too deep a nest
	loose int  // globals that nothing was made with
	made  int  // tuples and lists, which may stand in each other
}

// mark is where a MARK stands.
type mark struct{ stack, items int }

// unpickle reads a pickle of a list. With odd, what oddPart finds may be among the items. An error costs no more memory than some multiple of len(data).
func unpickle(data []byte, items *Column) (odd bool, err error) {
	items.Reset()
	u := unpickler{data: data, items: *items}
	err = u.run()
	*items = u.items
	if err != nil {
		items.Reset()
	}
	return u.odd || u.loose > 0 || u.made > maxWireDepth, err
}

func (u *unpickler) run() error {
	for u.at < len(u.data) {
		op := u.data[u.at]
		u.at++
		if op == pickleStop {
			if !u.open || len(u.stack)+len(u.marks) > 0 || u.at != len(u.data) {
				return errPickle
			}
			return nil
		}
		if !u.step(op) {
			return errPickle
		}
	}
	return errPickle
}

// step runs an opcode; false says that the pickle is damaged.
func (u *unpickler) step(op byte) bool {
	switch op {
	case pickleProto:
		return u.skip(1)
	case pickleFrame:
		return u.skip(8)
	case pickleMark:
		u.marks = append(u.marks, mark{len(u.stack), u.items.Len()})
		return u.open
	case pickleNone:
		return u.push(nil)
	case pickleTrue:
		return u.push(true)
	case pickleFalse:
		return u.push(false)
	case pickleInt8, pickleInt16, pickleInt32, pickleLong, pickleLong4:
		return u.int(op)
	case pickleFloat:
		return u.float()
	case pickleText8, pickleText32, pickleText64:
		return u.text(op)
	case pickleBytes8, pickleBytes32, pickleBytes64, pickleBytearray:
		b, ok := u.sized(op == pickleBytes8, op == pickleBytes32)
		return ok && u.push(slices.Clone(b[:len(b):len(b)]))
	case pickleList:
		if !u.open {
			u.open = true
			return true
		}
		u.made++
		return u.push([]any{})
	case pickleDict:
		u.made++
		return u.push(map[string]any{})
	case pickleSet:
		return u.strange("a set is no item: sorted() makes a list of it")
	}
	return u.combine(op)
}

// combine runs an opcode that makes one thing of several.
func (u *unpickler) combine(op byte) bool {
	switch op {
	case pickleAppend:
		return u.append(1)
	case pickleAppends:
		n, ok := u.unmark()
		return ok && u.append(n)
	case pickleSetItem:
		return u.setItems(2)
	case pickleSetItems:
		n, ok := u.unmark()
		return ok && u.setItems(n)
	case pickleTuple0:
		return u.push([]any{})
	case pickleTuple1, pickleTuple2, pickleTuple3:
		return u.tuple(int(op-pickleTuple1) + 1)
	case pickleTuple:
		n, ok := u.unmark()
		return ok && u.tuple(n)
	case pickleAddItems:
		n, ok := u.unmark()
		return ok && u.drop(n)
	case pickleFrozenSet:
		n, ok := u.unmark()
		return ok && u.drop(n) && u.strange("a frozenset is no item: sorted() makes a list of it")
	case pickleGlobal:
		return u.global()
	case pickleReduce:
		return u.reduce()
	default:
		return false
	}
}

func (u *unpickler) skip(n int) bool {
	u.at += n
	return u.at <= len(u.data)
}

// next is the next n bytes.
func (u *unpickler) next(n uint64) ([]byte, bool) {
	if n > uint64(len(u.data)-u.at) {
		return nil, false
	}
	b := u.data[u.at : u.at+int(n)]
	u.at += int(n)
	return b, true
}

// sized is bytes behind their number: one of 1, 4 or 8 bytes.
func (u *unpickler) sized(short, medium bool) ([]byte, bool) {
	width := uint64(8)
	switch {
	case short:
		width = 1
	case medium:
		width = 4
	}
	head, ok := u.next(width)
	if !ok {
		return nil, false
	}
	n := uint64(0)
	for i, b := range head {
		n |= uint64(b) << (8 * i)
	}
	return u.next(n)
}

// direct says whether what comes next belongs to the list itself, and nothing before it is on the stack.
func (u *unpickler) direct() bool { return len(u.stack) == 0 && len(u.marks) <= 1 }

func (u *unpickler) push(v any) bool {
	u.stack = append(u.stack, v)
	return u.open
}

// strange pushes what is no item.
func (u *unpickler) strange(why string) bool {
	u.odd = true
	return u.push(noItem{why})
}

func (u *unpickler) int(op byte) bool {
	v := 0
	switch op {
	case pickleInt8:
		b, ok := u.next(1)
		if !ok {
			return false
		}
		v = int(b[0])
	case pickleInt16:
		b, ok := u.next(2)
		if !ok {
			return false
		}
		v = int(binary.LittleEndian.Uint16(b))
	case pickleInt32:
		b, ok := u.next(4)
		if !ok {
			return false
		}
		v = int(int32(binary.LittleEndian.Uint32(b)))
	default:
		b, ok := u.sized(op == pickleLong, true)
		switch {
		case !ok:
			return false
		case len(b) > 8:
			return u.strange("an int beyond 64 bits is no item: str() makes a text of it, float() a number that is about the same")
		}
		for i, part := range b {
			v |= int(part) << (8 * i)
		}
		if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 { // two's complement
			v -= 1 << (8 * n)
		}
	}
	if u.open && u.direct() && (u.items.Kind == Ints || u.items.Len() == 0) {
		u.items.Kind = Ints
		u.items.Ints = append(u.items.Ints, v)
		return true
	}
	return u.push(v)
}

func (u *unpickler) float() bool {
	b, ok := u.next(8)
	if !ok {
		return false
	}
	v := math.Float64frombits(binary.BigEndian.Uint64(b))
	if u.open && u.direct() && (u.items.Kind == Floats || u.items.Len() == 0) {
		u.items.Kind = Floats
		u.items.Floats = append(u.items.Floats, v)
		return true
	}
	return u.push(v)
}

func (u *unpickler) text(op byte) bool {
	b, ok := u.sized(op == pickleText8, op == pickleText32)
	switch {
	case !ok:
		return false
	case !utf8.Valid(b): // as CPython writes surrogates
		return u.strange("a text with a surrogate in it is no item: it is not UTF-8")
	case u.open && u.direct() && (u.items.Kind == Strings || u.items.Len() == 0):
		u.items.Kind = Strings
		u.items.Strings = append(u.items.Strings, string(b))
		return true
	}
	return u.push(string(b))
}

// unmark takes the last mark and says how many values stand behind it.
func (u *unpickler) unmark() (int, bool) {
	if len(u.marks) == 0 {
		return 0, false
	}
	m := u.marks[len(u.marks)-1]
	u.marks = u.marks[:len(u.marks)-1]
	n := len(u.stack) - m.stack
	if m.stack == 0 { // what stands in the column is behind it, too
		n += u.items.Len() - m.items
	}
	return n, n >= 0
}

// take takes the last n values.
func (u *unpickler) take(n int) ([]any, bool) {
	low := mark{}
	if len(u.marks) > 0 {
		low = u.marks[len(u.marks)-1]
	}
	direct := max(0, n-len(u.stack)) // of the column
	from, first := u.items.Len()-direct, len(u.stack)-n+direct
	if first < low.stack || direct > 0 && (from < low.items || low.stack > 0 || len(u.marks) > 1) {
		return nil, false
	}
	values := make([]any, 0, n)
	for i := from; i < from+direct; i++ {
		values = append(values, u.items.At(i))
	}
	values = append(values, u.stack[first:]...)
	clear(u.stack[first:])
	u.stack = u.stack[:first]
	if direct > 0 {
		u.items.truncate(from)
	}
	return values, true
}

func (u *unpickler) drop(n int) bool {
	_, ok := u.take(n)
	return ok
}

// append appends the last n values to the list before them, which is the one that is read where there is nothing before them.
func (u *unpickler) append(n int) bool {
	if len(u.marks) == 0 && len(u.stack) <= n {
		for _, v := range u.stack {
			u.items.Append(v)
		}
		clear(u.stack)
		u.stack = u.stack[:0]
		return u.open
	}
	values, ok := u.take(n)
	if !ok || len(u.stack) == 0 {
		return false
	}
	list, ok := u.stack[len(u.stack)-1].([]any)
	if !ok {
		return false
	}
	if len(list) == 0 {
		list = values
	} else {
		list = append(list, values...)
	}
	u.stack[len(u.stack)-1] = list
	return true
}

// setItems puts the last n values, keys and what belongs to them, into the dictionary before them.
func (u *unpickler) setItems(n int) bool {
	values, ok := u.take(n)
	if !ok || n%2 != 0 || len(u.stack) == 0 {
		return false
	}
	top := &u.stack[len(u.stack)-1]
	switch m := (*top).(type) {
	case noItem: // as a key has made it one
		return true
	case map[string]any:
		for i := 0; i < n; i += 2 {
			key, ok := values[i].(string)
			if !ok {
				u.odd = true
				*top = noItem{"a dict with a key that is no str is no item: the key is " + u.shown(values[i])}
				return true
			}
			m[key] = values[i+1]
		}
		return true
	}
	return false
}

// shown is a value for a message.
func (u *unpickler) shown(v any) string {
	if oddPart(v, 0) != nil {
		return "none of an item's either"
	}
	return ShortJSON(v)
}

func (u *unpickler) tuple(n int) bool {
	u.made++
	values, ok := u.take(n)
	return ok && u.push(values)
}

func (u *unpickler) global() bool {
	names, ok := u.take(2)
	if !ok {
		return false
	}
	module, ok := names[0].(string)
	name, is := names[1].(string)
	u.loose++
	return ok && is && u.push(global{module + "." + name})
}

// reduce takes what a conversion of the bootstrap's has been given, which is the item itself.
func (u *unpickler) reduce() bool {
	call, ok := u.take(2)
	if !ok {
		return false
	}
	f, ok := call[0].(global)
	args, is := call[1].([]any)
	u.loose--
	return ok && is && f.name == "builtins.id" && len(args) == 1 && u.push(args[0])
}

// oddPart is the first part of a value that is no item, or nil; depth is how deep the value stands in another.
func oddPart(v any, depth int) *noItem {
	if depth > maxWireDepth {
		return &noItem{"it nests too deep for an item"}
	}
	switch v := v.(type) {
	case noItem:
		return &v
	case global:
		return &noItem{v.name + " is no item"}
	case []any:
		for _, e := range v {
			if odd := oddPart(e, depth+1); odd != nil {
				return odd
			}
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if odd := oddPart(v[key], depth+1); odd != nil {
				return odd
			}
		}
	}
	return nil
}
