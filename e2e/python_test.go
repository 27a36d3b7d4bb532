package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPythonUnderFire: workers are killed at random, and so are interpreters, by the function itself; each item is counted once.
func TestPythonUnderFire(t *testing.T) {
	need(t, "python3")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fragile.py": `import os

def square(x):
    if os.urandom(2) < b"\x00\x20":
        os.kill(os.getpid(), 9)
    return x * x
`,
		"spec.yaml": `
queues:
  numbers: {max_deliveries: 100}
  squares: {max_deliveries: 100}
processes:
  count:
    stages: [{range: 20000}, {put: numbers}]
  square:
    replicas: 2
    stages: [{get: numbers}, {python: "fragile:square"}, {put: squares}]
  sum:
    stages: [{get: squares}, {reduce: acc + item}, {print: }]
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fire(t, func(t *testing.T, r result) {
		if want := "2666466670000\n"; r.code != 0 || r.stdout != want {
			t.Errorf("exit code %d, and %q in place of %q", r.code, r.stdout, want)
		}
	}, filepath.Join(dir, "spec.yaml"))
}
