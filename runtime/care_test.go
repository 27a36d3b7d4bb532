package runtime

import "testing"

// TestCare holds how long rows are taken one by one.
func TestCare(t *testing.T) {
	tests := []struct {
		name             string
		standing, always bool
		want             int // commits until it ends; 0: it does not
	}{
		{"nothing is in flight any more", false, false, 1},
		{"an item that becomes many rows", true, false, carefulSteps},
		{"an item that is delivered once", true, true, 0},
		{"and has been worked off", false, true, 0},
	}
	for _, test := range tests {
		var c care
		c.begin()
		n := 0
		for c.on && n < 10*carefulSteps {
			c.committed(test.standing, test.always)
			n++
		}
		if n %= 10 * carefulSteps; n != test.want {
			t.Errorf("%s: %d commits, want %d", test.name, n, test.want)
		}
	}
	var c care
	c.committed(true, false)
	if c.on {
		t.Error("it begins by itself")
	}
	for range carefulSteps {
		c.begin() // each death begins it anew
		c.committed(true, false)
		if !c.on {
			t.Fatal("it ends at once")
		}
	}
}
