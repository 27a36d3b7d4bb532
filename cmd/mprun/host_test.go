//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	for _, folder := range []string{bin, filepath.Join(bin, "folder")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"tool": 0o755, "text": 0o644} {
		if err := os.WriteFile(filepath.Join(bin, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	rows := []struct{ program, dir, path, want string }{
		{"tool", "/", bin, ""},
		{"tool", "/", "/nowhere:" + bin, ""},
		{"tool", dir, "bin", ""},
		{"bin/tool", dir, "", ""},
		{"./tool", bin, "", ""},
		{bin + "/tool", "/", "", ""},
		{"tool", "/", "", "there is no such program in PATH"},
		{"tol", "/", bin, "there is no such program in PATH"},
		{"text", "/", bin, "it is not executable"},
		{"./text", bin, "", "it is not executable"},
		{"./tool", dir, bin, "there is no such file"},
		{"./folder", bin, "", "it is a folder"},
		{"", "/", bin, "the name is empty"},
	}
	h := newHost()
	for _, row := range rows {
		got := ""
		if err := h.LookPath(row.program, row.dir, row.path); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%q in %q with PATH=%q: %q, expected %q", row.program, row.dir, row.path, got, row.want)
		}
	}
	if got := h.Programs("/nowhere:" + bin); !slices.Equal(got, []string{"text", "tool"}) {
		t.Errorf("programs: %q", got)
	}
}

func TestParseArgs(t *testing.T) {
	rows := []struct {
		args  []string
		specs []string
		vars  map[string]any
	}{
		{nil, []string{"mprun.yaml"}, map[string]any{}},
		{[]string{"n=3"}, []string{"mprun.yaml"}, map[string]any{"n": 3}},
		{[]string{"a.yaml", "n=1.0", "b.yaml", "n=2"}, []string{"a.yaml", "b.yaml"}, map[string]any{"n": 2}},
		{[]string{"./a=b.yaml", "x-y=3"}, []string{"./a=b.yaml", "x-y=3"}, map[string]any{}},
		{[]string{"v=", "w=~", "x=true", "y=[1, a]", "z={a: 1}"}, []string{"mprun.yaml"}, map[string]any{
			"v": nil, "w": nil, "x": true, "y": []any{1, "a"}, "z": map[string]any{"a": 1},
		}},
		{[]string{"a=x y", "b=*.txt", "c=#f00", "d=a: b: c", "e='q'", "f=@x", "g=a\nb", "h=!x", "i=[", "j=- a"}, []string{"mprun.yaml"}, map[string]any{
			"a": "x y", "b": "*.txt", "c": "#f00", "d": "a: b: c", "e": "q", "f": "@x", "g": "a\nb", "h": "!x", "i": "[", "j": []any{"a"},
		}},
		{[]string{"a=2026-01-02", "b=a=b", "c=0x10", "d=yes"}, []string{"mprun.yaml"}, map[string]any{"a": "2026-01-02", "b": "a=b", "c": 16, "d": "yes"}},
	}
	for _, row := range rows {
		got, err := parseArgs(row.args, nil)
		if err != nil {
			t.Errorf("%q: %v", row.args, err)
			continue
		}
		if diff := cmp.Diff(row.specs, got.specs); diff != "" {
			t.Errorf("%q: specs (-want +got):\n%s", row.args, diff)
		}
		if diff := cmp.Diff(row.vars, got.vars); diff != "" {
			t.Errorf("%q: vars (-want +got):\n%s", row.args, diff)
		}
	}
	for _, arg := range []string{"n=010", "n=1_000", "n=99999999999999999999"} {
		if _, err := parseArgs([]string{arg}, nil); codeOf(err) != exitUsage {
			t.Errorf("%s: %v", arg, err)
		}
	}
}
