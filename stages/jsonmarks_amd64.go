package stages

import "golang.org/x/sys/cpu"

// markBlocks finds the marks of the 64 bytes of text that belong to each word of marks.
func markBlocks(marks []uint64, text string) {
	if cpu.X86.HasAVX2 {
		markAVX2(marks, text)
	} else {
		markWords(marks, text)
	}
}

// markAVX2 is markWords with 64 bytes at a time, for processors with AVX2.
//
//go:noescape
func markAVX2(marks []uint64, text string)
