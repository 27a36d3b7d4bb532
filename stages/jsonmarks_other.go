//go:build !amd64

package stages

// markBlocks finds the marks of the 64 bytes of text that belong to each word of marks.
func markBlocks(marks []uint64, text string) { markWords(marks, text) }
