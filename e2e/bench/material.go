package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

// gigabyte is how much the inputs of the rows about files hold at scale 1, in bytes.
const gigabyte = 1_000_000_000

// input is a file, or a folder of them, that a row reads, and what is true of it, which its maker knows: so the results of all
// contenders are held against what does not come from any of them.
type input struct {
	path  string
	bytes int
	words map[string]int // words: how often each is there
	lines int            // requests, logs: how many lines are to be found
	total int            // sales: the sum
}

// words is a text of so many bytes, about: lines of ten words, out of 50 000 of which few are frequent (Zipf's law, as in real texts).
func (l *lab) words(bytes int) (*input, error) {
	return l.once(fmt.Sprintf("words-%d.txt", bytes), func(in *input) error {
		random := rand.New(rand.NewPCG(1, 1))
		often := rand.NewZipf(random, 1.2, 8, 49_999)
		counts := make([]int, 50_000)
		names := make([]string, len(counts))
		for i := range names {
			names[i] = wordOf(i)
		}
		err := writeFile(in.path, func(w *bufio.Writer) error {
			for n := 0; n < bytes; {
				for i := range 10 {
					word := int(often.Uint64())
					counts[word]++
					if i > 0 {
						w.WriteByte(' ')
					}
					w.WriteString(names[word])
					n += len(names[word]) + 1
				}
				w.WriteByte('\n')
			}
			return nil
		})
		in.words = map[string]int{}
		for i, n := range counts {
			if n > 0 {
				in.words[names[i]] = n
			}
		}
		return err
	})
}

// wordOf is word number n: syllables, the frequent words short.
func wordOf(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	word := ""
	for n++; n > 0; n /= len(consonants) * len(vowels) {
		k := n % (len(consonants) * len(vowels))
		word += consonants[k/len(vowels):][:1] + vowels[k%len(vowels):][:1]
	}
	return word
}

// requests is JSON lines as web servers log them; one in twenty failed.
func (l *lab) requests(bytes int) (*input, error) {
	return l.once(fmt.Sprintf("requests-%d.jsonl", bytes), func(in *input) error {
		random := rand.New(rand.NewPCG(2, 2))
		return writeFile(in.path, func(w *bufio.Writer) error {
			for n, i := 0, 0; n < bytes; i++ {
				status := 200
				if random.IntN(20) == 0 {
					status = 500 + random.IntN(4)
					in.lines++
				}
				k, err := fmt.Fprintf(w, `{"time": "2026-03-%02dT%02d:%02d:%02dZ", "host": "10.0.%d.%d", "method": "GET", "path": "/articles/%d/comments", "status": %d, "bytes": %d, "ms": %.3f}`+"\n",
					1+i/1_000_000%28, i/3600%24, i/60%60, i%60, random.IntN(256), random.IntN(256), random.IntN(100_000), status, random.IntN(50_000), random.Float64()*100)
				if n += k; err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sales is a CSV with a header and five fields, of which none needs quotes.
func (l *lab) sales(bytes int) (*input, error) {
	return l.once(fmt.Sprintf("sales-%d.csv", bytes), func(in *input) error {
		random := rand.New(rand.NewPCG(3, 3))
		return writeFile(in.path, func(w *bufio.Writer) error {
			if _, err := w.WriteString("id,customer,city,cents,currency\n"); err != nil {
				return err
			}
			for n, i := 0, 0; n < bytes; i++ {
				cents := random.IntN(100_000)
				in.total += cents
				k, err := fmt.Fprintf(w, "%d,%s,%s,%d,EUR\n", i, wordOf(random.IntN(1_000_000)), wordOf(random.IntN(5000)), cents)
				if n += k; err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// logs is a folder of 200 gzip files, with so many bytes of lines in all; one line in fifty is an error.
func (l *lab) logs(bytes int) (*input, error) {
	const files = 200
	return l.once(fmt.Sprintf("logs-%d", bytes), func(in *input) error {
		if err := os.Mkdir(in.path, 0o700); err != nil {
			return err
		}
		random := rand.New(rand.NewPCG(4, 4))
		for f := range files {
			err := writeFile(filepath.Join(in.path, fmt.Sprintf("app-%03d.log.gz", f)), func(w *bufio.Writer) error {
				packed := gzip.NewWriter(w)
				for n, i := 0, 0; n < bytes/files; i++ {
					level := "INFO"
					if random.IntN(50) == 0 {
						level = "ERROR"
						in.lines++
					}
					k, err := fmt.Fprintf(packed, "2026-03-%02d %02d:%02d:%02d %s worker %d: request %x took %d ms\n", 1+f%28, i/3600%24, i/60%60, i%60, level, random.IntN(16), random.Uint32(), random.IntN(1000))
					if n += k; err != nil {
						return err
					}
				}
				return packed.Close()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// once makes an input when it is asked for the first time.
func (l *lab) once(name string, fill func(in *input) error) (*input, error) {
	if in, ok := l.inputs[name]; ok {
		return in, nil
	}
	in := &input{path: filepath.Join(l.dir, name)}
	if err := fill(in); err != nil {
		return nil, fmt.Errorf("making %s: %w", name, err)
	}
	err := filepath.WalkDir(in.path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			in.bytes += int(info.Size())
		}
		return err
	})
	l.inputs[name] = in
	return in, err
}

// writeFile makes a file of what fill writes.
func writeFile(path string, fill func(w *bufio.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(fill(w), w.Flush(), file.Close())
}

// counted holds lines of a number and a word against the words of the input.
func (in *input) counted(lines io.Reader) error {
	scanner := bufio.NewScanner(lines)
	found := 0
	for scanner.Scan() {
		var n int
		var word string
		if _, err := fmt.Sscan(scanner.Text(), &n, &word); err != nil {
			return fmt.Errorf("the line %q: %w", scanner.Text(), err)
		}
		if in.words[word] != n {
			return fmt.Errorf("%q is said to be there %d times, it is %d times", word, n, in.words[word])
		}
		found++
	}
	if found != len(in.words) {
		return fmt.Errorf("%d words are counted, there are %d", found, len(in.words))
	}
	return scanner.Err()
}

// listed holds that there are as many lines as are to be found.
func (in *input) listed(lines io.Reader) error {
	scanner := bufio.NewScanner(lines)
	n := 0
	for scanner.Scan() {
		n++
	}
	if n != in.lines {
		return fmt.Errorf("%d lines, expected %d", n, in.lines)
	}
	return scanner.Err()
}

// is holds that a number and nothing else was printed.
func is(want int) func(io.Reader) error {
	return func(r io.Reader) error {
		text, err := io.ReadAll(r)
		if got := string(text); err == nil && got != strconv.Itoa(want)+"\n" {
			err = fmt.Errorf("the output is %.200q, expected %d", got, want)
		}
		return err
	}
}
