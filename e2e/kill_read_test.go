package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// readLines is how many lines each file of the tests below has.
const readLines = 400_000

// numbered is a file of the numbers from 1 to readLines, each in a line of a format.
func numbered(head, line string) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i := range readLines {
		fmt.Fprintf(&b, line, i+1)
	}
	return b.Bytes()
}

// TestReadUnderFire: replicas that share files of several formats and compressions have every record once between them.
func TestReadUnderFire(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := numbered("", "%d\n")
	var packed, frames bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(lines)
	_ = w.Close()
	z, err := zstd.NewWriter(&frames)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(lines)
	_ = z.Close()
	for name, data := range map[string][]byte{
		"a.txt": numbered("", "%30d\n"), "b.gz": packed.Bytes(), "c.zst": frames.Bytes(),
		"d.jsonl": numbered("", `{"some": "text", "n": %d}`+"\n"), "e.csv": numbered("name,n,more\n", "some text,%d,and more\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := filepath.Join(dir, "spec.yaml")
	err = os.WriteFile(spec, []byte(`
queues: {sums: {}}
processes:
  lines:
    replicas: 2
    stages:
      - read: [a.txt, b.gz, c.zst]
        split: true
      - reduce: '[acc[0] + 1, acc[1] + int(trim(item))]'
        init: [0, 0]
      - put: sums
  records:
    replicas: 2
    stages:
      - read: d.jsonl
        format: jsonl
        split: true
      - reduce: '[acc[0] + 1, acc[1] + item.n]'
        init: [0, 0]
      - put: sums
  rows:
    replicas: 2
    stages:
      - read: e.csv
        format: csv
        split: true
      - reduce: '[acc[0] + 1, acc[1] + int(item.n)]'
        init: [0, 0]
      - put: sums
  total:
    stages:
      - get: sums
      - reduce: '[acc[0] + item[0], acc[1] + item[1]]'
        init: [0, 0]
      - print: ${{ item[0] }} ${{ item[1] }}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%d %d\n", 5*readLines, 5*readLines*(readLines+1)/2)
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, want)
	}, spec)
}
