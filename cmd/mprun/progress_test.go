//go:build linux

package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/mprun/mprun/runtime"
)

func TestProgressTexts(t *testing.T) {
	for _, tt := range []struct {
		p    runtime.Progress
		want string
	}{
		{runtime.Progress{Seconds: 75, Done: 12, Rate: 0.16}, "1:15  12 done  0.2/s"},
		{runtime.Progress{Seconds: 75, Done: 430, Total: 1000, Rate: 35.2, Left: 16.2, Replaced: 2}, "[##########--------------]  43%  430/1000  35/s  0:16 left  2 replaced"},
		{runtime.Progress{Done: 2500, Total: 1e7, Rate: 1234, Left: 8096}, "[------------------------]   0%  2500/10000000  1.2k/s  2:14:56 left"},
		{runtime.Progress{Done: 3, Total: 3, Rate: 2e6, Over: true}, "[########################] 100%  3/3  2.0M/s"},
	} {
		if got := barLine(&tt.p); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestPlainProgress: lines become fewer, but the last one comes.
func TestPlainProgress(t *testing.T) {
	var out bytes.Buffer
	p := plainProgress(&out, time.Second)
	for s := 0; s <= 600; s++ {
		p.tell(runtime.Progress{Elapsed: time.Duration(s) * time.Second, Over: s == 600})
	}
	if lines := bytes.Count(out.Bytes(), []byte("\n")); lines < 30 || lines > 70 {
		t.Errorf("%d lines in ten minutes", lines)
	}
	out.Reset()
	p = plainProgress(&out, time.Second)
	p.tell(runtime.Progress{Elapsed: time.Millisecond, Over: true})
	if out.Len() > 0 {
		t.Errorf("a short run says %q", out.String())
	}
}
