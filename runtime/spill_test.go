package runtime

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestAFileIsPassedOnInSteps: a run that was killed waits for its output as long as that moves, also within one that fills a file.
func TestAFileIsPassedOnInSteps(t *testing.T) {
	dir := t.TempDir()
	want := bytes.Repeat([]byte("0123456\n"), 5*spillPiece/2/8)
	path := filepath.Join(dir, "kept")
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	to, err := os.Create(filepath.Join(dir, "printed"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	s := standardStream{name: "standard output"}
	if err := s.passFile(to, path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(to.Name())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came (%v), want %d", len(got), err, len(want))
	}
	if steps := s.moved.Load(); steps != 3 {
		t.Errorf("it got on %d times, want 3", steps)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
}
