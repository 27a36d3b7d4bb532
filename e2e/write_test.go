package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// unpackers are the programs that decompress what mprun has written, by extension.
var unpackers = map[string][]string{"": {"cat"}, ".gz": {"gzip", "-dc"}, ".zst": {"zstd", "-dqc"}, ".xz": {"xz", "-dc"}}

// unpacked is what is in a file, as somebody else's program sees it, and the error of that program.
func unpacked(path, extension string) (string, error) {
	words := append(slices.Clone(unpackers[extension]), path)
	var out, errs bytes.Buffer
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, errs.Bytes())
	}
	return out.String(), nil
}

// record is the item that the tests below write: a number, and a text that each format must guard.
type record struct {
	N int    `json:"n"`
	S string `json:"s"`
}

func recordOf(n int) record { return record{n, fmt.Sprintf("%d, \"x\" é", n)} }

// numbersOf reads the records of a file and gives their numbers, sorted.
func numbersOf(format, text string) ([]int, error) {
	var records []record
	var err error
	switch format {
	case "csv":
		records, err = csvRecords(text)
	case "frames":
		records, err = frameRecords([]byte(text))
	default: // JSON texts, with something or nothing between
		records, err = jsonRecords(strings.ReplaceAll(text, "\x00", " "))
	}
	var numbers []int
	for _, r := range records {
		if r != recordOf(r.N) {
			return nil, fmt.Errorf("record %d has the text %q", r.N, r.S)
		}
		numbers = append(numbers, r.N)
	}
	slices.Sort(numbers)
	return numbers, err
}

func jsonRecords(text string) ([]record, error) {
	var records []record
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var r record
		if err := d.Decode(&r); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return records, err
		}
		records = append(records, r)
	}
}

func csvRecords(text string) ([]record, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	var records []record
	for i, row := range rows {
		if i == 0 {
			if !slices.Equal(row, []string{"n", "s"}) {
				return nil, fmt.Errorf("the header is %q", row)
			}
			continue
		}
		n, err := strconv.Atoi(row[0])
		if err != nil {
			return nil, err
		}
		records = append(records, record{n, row[1]})
	}
	return records, nil
}

// frameLength is the length of a frame, which is behind four bytes.
func frameLength(data []byte) int {
	return int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
}

func frameRecords(data []byte) ([]record, error) {
	var records []record
	for len(data) > 0 {
		if len(data) < 4 || len(data) < 4+frameLength(data) {
			return records, errors.New("a frame is cut off")
		}
		end := 4 + frameLength(data)
		var r record
		if err := json.Unmarshal(data[4:end], &r); err != nil {
			return records, err
		}
		records, data = append(records, r), data[end:]
	}
	return records, nil
}

// holdsEach holds that a file has the records from 0 to n, each once.
func holdsEach(t *testing.T, format, extension, path string, n int) {
	t.Helper()
	text, err := unpacked(path, extension)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := numbersOf(format, text)
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	for i, number := range got {
		if i != number {
			t.Errorf("%s: record %d is there in place of %d", path, number, i)
			return
		}
	}
	if len(got) != n {
		t.Errorf("%s has %d records, expected %d", path, len(got), n)
	}
}

var writtenFormats = []string{"lines", "nul", "jsonl", "csv", "bytes", "frames"}

// TestWrittenFilesUnderFire: what three workers write in every format and compression is there once, whoever dies.
func TestWrittenFilesUnderFire(t *testing.T) {
	t.Parallel()
	need(t, "gzip", "zstd", "xz")
	const n = 2000
	dir := t.TempDir()
	var stages strings.Builder
	for _, format := range writtenFormats {
		for extension := range unpackers {
			for _, appends := range []bool{false, true} {
				fmt.Fprintf(&stages, "      - write: %s/%v/%s%s\n        format: %s\n        append: %v\n", dir, appends, format, extension, format, appends)
			}
		}
	}
	spec := writeSpec(t, fmt.Sprintf(`
queues: {numbers: {max_deliveries: 1000}}
processes:
  count:
    stages:
      - range: %d
      - put: numbers
  save:
    replicas: 3
    stages:
      - get: numbers
      - map: '{n: item, s: string(item) + ", \"x\" é"}'
%s`, n, &stages))
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		if r.code != 0 {
			t.Fatalf("exit code %d", r.code)
		}
		for _, format := range writtenFormats {
			for extension := range unpackers {
				for _, appends := range []string{"false", "true"} {
					holdsEach(t, format, extension, filepath.Join(dir, appends, format+extension), n)
				}
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, "true")); err != nil {
			t.Fatal(err)
		}
	}, spec)
}

// TestAppendedFilesOutliveTheSupervisor: whenever mprun itself is killed, compressed files that it appends to are whole, with the first
// records in them, and can be appended to again.
func TestAppendedFilesOutliveTheSupervisor(t *testing.T) {
	t.Parallel()
	need(t, "gzip", "zstd", "xz")
	dir := t.TempDir()
	var stages strings.Builder
	for extension := range unpackers {
		fmt.Fprintf(&stages, "      - write: %s/log%s\n        append: true\n        format: jsonl\n", dir, extension)
	}
	spec := writeSpec(t, `
processes:
  log:
    stages:
      - range: 9000000000000000000
      - map: '{n: item, s: string(item) + ", \"x\" é"}'
`+stages.String()+`      - filter: item.n % 1000 == 0
      - print: ${{ item.n }}
`)
	cut := 0
	for _, wanted := range []int64{1, 1 << 20, 3 << 20} {
		for extension := range unpackers {
			_ = os.Remove(filepath.Join(dir, "log"+extension))
		}
		s := prepare(t, spec).start()
		eventually(t, "the log to grow", func() bool {
			info, err := os.Stat(filepath.Join(dir, "log"))
			packed, packedErr := os.Stat(filepath.Join(dir, "log.gz"))
			return err == nil && packedErr == nil && info.Size() >= wanted && packed.Size() > 0
		})
		if err := syscall.Kill(s.cmd.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if code := s.wait(); code != -int(syscall.SIGKILL) {
			t.Errorf("exit code %d, expected the end by SIGKILL\n%s", code, s.stderr)
		}
		for extension := range unpackers {
			path := filepath.Join(dir, "log"+extension)
			if info, err := os.Stat(path); err != nil || extension != "" && info.Size() == 0 {
				continue // nothing has come to it yet
			}
			text, err := unpacked(path, extension)
			if err != nil {
				t.Log(err)
				cut++
			}
			if err != nil || extension == "" { // the kernel may cut a write of a process that is killed
				text = text[:strings.LastIndexByte(text, '\n')+1]
			}
			got, err := numbersOf("jsonl", text)
			if err != nil || len(got) == 0 || got[0] != 0 || got[len(got)-1] != len(got)-1 {
				t.Errorf("%s has %d records, %v", path, len(got), err)
			}
		}
	}
	if cut > 2 { // a write takes a hundredth of the time that compressing what it writes does
		t.Errorf("%d of 9 compressed files are cut", cut)
	}
}

// TestFullDiskKeepsAppendedFiles: what was in a file before the disk was full is in it afterwards, and no record is there in part.
func TestFullDiskKeepsAppendedFiles(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	for _, extension := range []string{"", ".gz", ".zst"} { // xz would take long to fill it
		t.Run("log"+extension, func(t *testing.T) {
			need(t, unpackers[extension][0])
			path := filepath.Join(disk, "log"+extension)
			s := prepare(t, writeSpec(t, `
processes:
  fill:
    stages:
      - range: 9000000000000000000
      - map: '{n: item, s: string(item) + ", \"x\" é", r: hash(item)}'
      - write: `+path+`
        format: jsonl
        append: true
`))
			r := s.start().wait()
			if r != 1 || !strings.Contains(s.stderr.String(), "process fill: write: "+path+": no space left on device") || !strings.Contains(s.stderr.String(), "spec.yaml:7:9") {
				t.Errorf("exit code %d\n%s", r, s.stderr)
			}
			text, err := unpacked(path, extension)
			if err != nil {
				t.Error(err)
			}
			if records, err := jsonRecords(text); err != nil || len(records) == 0 || records[len(records)-1].N != len(records)-1 {
				t.Errorf("%d records, %v", len(records), err)
			}
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		})
	}
}
