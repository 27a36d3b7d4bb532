package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// past is a time of so many hours ago, in whole seconds.
func past(hours int) time.Time {
	return time.Now().Add(-time.Duration(hours) * time.Hour).Truncate(time.Second)
}

// makeFile makes a file that was last changed at a time.
func makeFile(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestCreationIsUpToDate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    bool
		err     string
	}{
		{"nothing there", func(*testing.T, string) {}, false, ""},
		{"no input", func(t *testing.T, dir string) { makeFile(t, dir+"/out", "", past(1)) }, true, ""},
		{"an older input", func(t *testing.T, dir string) {
			makeFile(t, dir+"/out", "", past(1))
			makeFile(t, dir+"/in", "", past(2))
		}, true, ""},
		{"an input as old", func(t *testing.T, dir string) {
			at := past(1)
			makeFile(t, dir+"/out", "", at)
			makeFile(t, dir+"/in", "", at)
		}, true, ""},
		{"a newer input", func(t *testing.T, dir string) {
			makeFile(t, dir+"/out", "", past(2))
			makeFile(t, dir+"/in", "", past(1))
		}, false, ""},
		{"a newer folder", func(t *testing.T, dir string) {
			makeFile(t, dir+"/out", "", past(2))
			if err := os.Mkdir(dir+"/in", 0o700); err != nil {
				t.Fatal(err)
			}
		}, true, ""},
		{"a link to a newer input", func(t *testing.T, dir string) {
			makeFile(t, dir+"/out", "", past(2))
			makeFile(t, dir+"/real", "", past(1))
			if err := os.Symlink("real", dir+"/in"); err != nil {
				t.Fatal(err)
			}
		}, false, ""},
		{"its folder is a file", func(t *testing.T, dir string) { makeFile(t, dir+"/out", "", past(2)) }, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.prepare(t, dir)
			path := "out"
			if tt.name == "its folder is a file" {
				path = "out/out"
			}
			c, err := NewCreation(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			c.DependOn(dir, "in", "", "a\x00b", "not there")
			if got, err := c.UpToDate(); got != tt.want || err != nil {
				t.Error(got, err)
			}
		})
	}
	if c, err := NewCreation("/dev", "null"); err != nil {
		t.Error(err)
	} else if _, err := c.UpToDate(); err == nil || !strings.Contains(err.Error(), "/dev/null is neither a file nor a folder") {
		t.Error(err)
	}
}

// TestCreationTemp: the temporary is beside the target, behind links, and ends as it does.
func TestCreationTemp(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/real", 0o700); err != nil {
		t.Fatal(err)
	}
	makeFile(t, dir+"/real/x.png", "", past(1))
	if err := os.Symlink("real/x.png", dir+"/link.jpg"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a/b.tar.gz":                   dir + "/a/.mprun-*.b.tar.gz",
		"link.jpg":                     dir + "/real/.mprun-*.x.png",
		strings.Repeat("é", 127):       dir + "/.mprun-*." + strings.Repeat("é", 100),
		"x" + strings.Repeat("é", 127): dir + "/.mprun-*." + strings.Repeat("é", 100),
	} {
		c, err := NewCreation(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := filepath.Match(want, c.Temp); !ok {
			t.Errorf("%s: %s, want %s", path, c.Temp, want)
		}
	}
}

// TestCreationDates: what is in place looks neither older than its inputs for ever, nor newer than what it was not made of.
func TestCreationDates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		during func(t *testing.T, c *Creation, dir string)
		fresh  bool
	}{
		{"a new time", func(t *testing.T, c *Creation, _ string) { makeFile(t, c.Temp, "x", time.Now()) }, true},
		{"an input of the future", func(t *testing.T, c *Creation, dir string) {
			at := past(-2)
			makeFile(t, dir+"/in", "x", at)
			c.newest = at
			makeFile(t, c.Temp, "x", time.Now())
		}, true},
		{"a copied time", func(t *testing.T, c *Creation, _ string) { makeFile(t, c.Temp, "x", past(9)) }, true},
		{"an input that changes meanwhile", func(t *testing.T, c *Creation, dir string) {
			makeFile(t, c.Temp, "x", time.Now())
			makeFile(t, dir+"/in", "y", past(1))
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			makeFile(t, dir+"/in", "x", past(2))
			c, err := NewCreation(dir, "out")
			if err != nil {
				t.Fatal(err)
			}
			c.DependOn(dir, "in")
			if fresh, err := c.UpToDate(); fresh || err != nil {
				t.Fatal(fresh, err)
			}
			tt.during(t, c, dir)
			if err := c.Complete(); err != nil {
				t.Fatal(err)
			}
			if fresh, err := c.UpToDate(); fresh != tt.fresh || err != nil {
				t.Error(fresh, err)
			}
		})
	}
}
