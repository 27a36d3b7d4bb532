package stages

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestColumnsSurvivePickling holds that what is written for Python reads back as the same items.
func TestColumnsSurvivePickling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyColumn().Draw(t, "column")
		data, err := appendPickle(nil, &c, 0, c.Len())
		if err != nil {
			t.Skip("a text that is not UTF-8")
		}
		var back Column
		if odd, err := unpickle(data, &back); odd || err != nil || !sameItems(&c, &back) {
			t.Fatalf("%v became %v, %v, %v", c, back, odd, err)
		}
	})
}

// TestUnpickle is pickles as CPython writes them, and others. Each is of a list; FRAME and what stands before it is left out.
func TestUnpickle(t *testing.T) {
	for _, tt := range []struct {
		name, pickle string
		want         string // the items; "damaged"; what oddPart says
	}{
		{"nothing", "].", "[]"},
		{"one", "]K\x05a.", "[5]"},
		{"one text", "]\x8c\x01ha.", `["h"]`},
		{"one tuple", "]K\x01K\x02\x86a.", "[[1, 2]]"},
		{"one long tuple", "](K\x01K\x02K\x03K\x04ta.", "[[1, 2, 3, 4]]"},
		{"a long tuple first", "]((K\x01K\x02K\x03K\x04tK\x05e.", "[[1, 2, 3, 4], 5]"},
		{"a tuple behind numbers", "](K\x01K\x02K\x03\x86K\x04e.", "[1, [2, 3], 4]"},
		{"a long tuple behind numbers", "](K\x01(K\x02K\x03K\x04K\x05te.", "[1, [2, 3, 4, 5]]"},
		{"a tuple of one, of none", "](K\x01\x85)e.", "[[1], []]"},
		{"kinds in turn", "](K\x01\x8c\x01aG?\xf8\x00\x00\x00\x00\x00\x00NK\x02e.", `[1, "a", 1.5, null, 2]`},
		{"batches", "](K\x01K\x02e(K\x03K\x04e.", "[1, 2, 3, 4]"},
		{"batches of both", "](K\x01]K\x02ae(K\x03e.", "[1, [2], 3]"},
		{"a list in a list", "]](K\x01K\x02ea.", "[[1, 2]]"},
		{"lists in lists", "]](]K\x01a]ea.", "[[[1], []]]"},
		{"a map", "]}(\x8c\x01aK\x01\x8c\x01b}ua.", `[{"a": 1, "b": {}}]`},
		{"a map of one", "]}\x8c\x01a]sa.", `[{"a": []}]`},
		{"ints", "](K\xffM\xff\xffJ\xff\xff\xff\xff\x8a\x01\x80\x8a\x02\xff\x00\x8a\x00\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80e.", "[255, 65535, -1, -128, 255, 0, -9223372036854775808]"},
		{"converted", "](\x8c\x08builtins\x8c\x02id\x93K\x07\x85R\x88e.", "[7, true]"},
		{"a large int", "]\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00a.", "an int beyond 64 bits is no item: str() makes a text of it, float() a number that is about the same"},
		{"a set", "]\x8f(K\x01\x90a.", "a set is no item: sorted() makes a list of it"},
		{"a set in a map", "](K\x01}\x8c\x01a(K\x01\x91se.", "a frozenset is no item: sorted() makes a list of it"},
		{"a key", "]}(K\x05K\x01ua.", "a dict with a key that is no str is no item: the key is 5"},
		{"a key that is none", "]}(\x8f(K\x05\x90K\x01ua.", "a dict with a key that is no str is no item: the key is none of an item's either"},
		{"a surrogate", "]\x8c\x03\xed\xa0\x80a.", "a text with a surrogate in it is no item: it is not UTF-8"},
		{"a class", "]\x8c\x02os\x8c\x06system\x93a.", "os.system is no item"},
		{"a function of the way", "]\x8c\x08builtins\x8c\x02id\x93a.", "builtins.id is no item"},
		{"a deep one", "]K\x01" + strings.Repeat("\x85", maxWireDepth+1) + "a.", "it nests too deep for an item"},

		{"a call", "]\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85Ra.", "damaged"},
		{"no list", "K\x05.", "damaged"},
		{"cut", "](K\x05", "damaged"},
		{"cut in a text", "]\x8c\x05ha.", "damaged"},
		{"no end", "]K\x05a", "damaged"},
		{"more behind", "]K\x05a..", "damaged"},
		{"an open mark", "](K\x05.", "damaged"},
		{"too few", "]K\x05\x86a.", "damaged"},
		{"a tuple over a mark", "](K\x01(K\x02\x86te.", "damaged"},
		{"no mark", "]K\x05e.", "damaged"},
		{"an odd map", "]}(K\x05ua.", "damaged"},
		{"another list", "]K\x05]as.", "damaged"},
		{"a memo", "]K\x05\x94a.", "damaged"},
		{"empty", "", "damaged"},
	} {
		var c Column
		odd, err := unpickle([]byte("\x80\x04"+tt.pickle), &c)
		got := string(AppendJSON(nil, append([]any{}, itemsOf(&c)...)))
		switch {
		case err != nil:
			got = "damaged"
		case odd:
			if strange := oddPart(itemsOf(&c), -1); strange != nil {
				got = strange.why
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// FuzzUnpickle holds that whatever is read, it is items or an error, and that items are written as they were read.
func FuzzUnpickle(f *testing.F) {
	for _, seed := range []string{"](K\x01(K\x02K\x03K\x04K\x05te.", "]}(\x8c\x01aK\x01\x8c\x01b}ua.", "]\x8c\x08builtins\x8c\x02id\x93K\x07\x85Ra.", "]\x8f(K\x01\x90a."} {
		f.Add([]byte("\x80\x04" + seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Column
		odd, err := unpickle(data, &c)
		if err != nil || odd && oddPart(itemsOf(&c), -1) != nil {
			return
		}
		again, err := appendPickle(nil, &c, 0, c.Len())
		if err != nil {
			t.Fatal(err)
		}
		var back Column
		if odd, err := unpickle(again, &back); err != nil || odd != (false || odd) || !sameItems(&c, &back) {
			t.Fatalf("%q is %v, and then %v, %v", data, c, back, err)
		}
		if !bytes.HasSuffix(again, []byte{pickleStop}) {
			t.Fatal("no end")
		}
	})
}

// itemsOf is the items of a column, boxed.
func itemsOf(c *Column) []any {
	var items []any
	for i := range c.Len() {
		items = append(items, c.At(i))
	}
	return items
}
