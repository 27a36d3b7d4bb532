package stages

import (
	"math/rand/v2"
	"testing"
)

// FuzzJSONMarks: marks are where the definition has them, however they are found, and next goes from one to the next.
func FuzzJSONMarks(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 63, 64, 65, 127, 128, 200, 1000} {
		text := make([]byte, size)
		for i := range text {
			if text[i] = byte(rng.IntN(256)); rng.IntN(3) > 0 {
				text[i] = 'x'
			}
		}
		f.Add(text)
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	f.Add(every)
	var used jsonMarks
	f.Fuzz(func(t *testing.T, data []byte) {
		text := string(data)
		used.set(text)
		words := make([]uint64, len(text)/64)
		markWords(words, text[:len(words)*64])
		for i, word := range words {
			if used.words[i] != word {
				t.Fatalf("block %d of %q: %064b and %064b", i, text, used.words[i], word)
			}
		}
		at := 0
		for i := range len(text) {
			if c := text[i]; c != '"' && c != '\\' && c >= ' ' {
				continue
			}
			for ; at <= i; at++ {
				if got := used.next(at); got != i {
					t.Fatalf("from %d of %q: got %d, want %d", at, text, got, i)
				}
			}
		}
		for ; at <= len(text); at++ {
			if got := used.next(at); got < len(text) {
				t.Fatalf("from %d of %q: got %d, want the end", at, text, got)
			}
		}
	})
}
