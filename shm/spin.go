//go:build linux && (amd64 || arm64)

package shm

// pause tells the processor n times that this is a spinning wait (PAUSE, YIELD).
//
//go:noescape
func pause(n uint32)
