package runtime

import "testing"

// TestShared: no block is more than a quarter of what each reader has had before, and a lone reader gets them whole.
func TestShared(t *testing.T) {
	for _, row := range []struct{ most, put, readers, want int }{
		{1024, 0, 1, 1024}, {1024, 0, 2, 1}, {1024, 100, 2, 12}, {1024, 1 << 20, 2, 1024}, {16, 1 << 20, 8, 16}, {1, 0, 4, 1},
	} {
		if got := shared(row.most, row.put, row.readers); got != row.want {
			t.Errorf("shared(%d, %d, %d) is %d, want %d", row.most, row.put, row.readers, got, row.want)
		}
	}
}
