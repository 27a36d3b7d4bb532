package stages

import (
	"fmt"
	"testing"
)

// TestSortedFields: the order is that of the keys, for few fields and many.
func TestSortedFields(t *testing.T) {
	for n := range 3 * manyFields {
		m := map[string]any{}
		for i := range n {
			m[fmt.Sprint(i*7919%100)] = i
		}
		fields := sortedFields(nil, m)
		keys := sortedKeys(m)
		if len(fields) != len(keys) {
			t.Fatalf("%d fields of %d", len(fields), len(keys))
		}
		for i, f := range fields {
			if f.key != keys[i] || f.value != m[f.key] {
				t.Fatalf("of %d fields, %d is %v, expected %s: %v", n, i, f, keys[i], m[keys[i]])
			}
		}
	}
}
