package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEnvFileSyntax holds each form of a line against what docker compose makes of it, and the place of what is wrong.
func TestEnvFileSyntax(t *testing.T) {
	rows := []struct{ text, want string }{
		{"", ""},
		{"A=1", "A=1"},
		{"A=1\nB=2\n", "A=1|B=2"},
		{"A=1\r\nB=2\r\n", "A=1|B=2"},
		{"\ufeffA=1", "A=1"},
		{"# a comment\n\n  \t\n  # another\nA=1", "A=1"},
		{"export A=1\nexport\tB=2\nexport = 3\nexport=4", "A=1|B=2|export=3|export=4"},
		{"  A = 1  \nB: 2\nC\t:\tx", "A=1|B=2|C=x"},
		{"A=\nB= \nC=''\nD=\"\"", "A=|B=|C=|D="},
		{"A=x y  z ", "A=x y  z"},
		{"A=b # comment\nB=b# none\nC=#none\nD= # comment\nE=a\t#x", "A=b|B=b# none|C=#none|D=|E=a"},
		{"A=\"b # none\" # comment\nB='b # none'# comment", "A=b # none|B=b # none"},
		{"A=$HOME ${X}\nB=\"$HOME\"\nC='$HOME'\nD=\"\\$HOME\"", "A=$HOME ${X}|B=$HOME|C=$HOME|D=$HOME"},
		{`A="a\nb\tc\"d\\e\qf"`, "A=a\nb\tc\"d\\e\\qf"},
		{`A='a\nb' ` + "\n" + `B='it\'s'`, `A=a\nb|B=it's`},
		{"A=\"two\nlines\"\nB='two\n# lines'\nC=3", "A=two\nlines|B=two\n# lines|C=3"},
		{"A=it's \"so\"", "A=it's \"so\""},
		{"A=a=b==", "A=a=b=="},
		{"A.b-c=1", "A.b-c=1"},
		{"A\nexport B\nC # nothing", ""},
		{"A=1\nA=2", "A=1|A=2"},
		{"1A=2\nB=3", "error 0: expected NAME=value; a name consists of letters, digits and _ and does not begin with a digit|B=3"},
		{"A B=2", "error 2: expected = behind the name"},
		{"hunter2 secret\n-x=1\n=y", "error 8: expected = behind the name|error 15: expected NAME=value; a name consists of letters, digits and _ and does not begin with a digit|error 20: expected NAME=value; a name consists of letters, digits and _ and does not begin with a digit"},
		{"A=\"b\nC=1\n", "error 2: the quote is not closed|C=1"},
		{"A='b' c\nB=1", "error 6: nothing but a comment can stand behind the closing quote|B=1"},
		{"A=b\x00c\nB=\"\x00\"", "error 3: a value cannot have a NUL byte|error 9: a value cannot have a NUL byte"},
	}
	for _, row := range rows {
		if diff := cmp.Diff(row.want, envFileText([]byte(row.text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", row.text, diff)
		}
	}
}

func envFileText(text []byte) string {
	vars, errs := parseEnvFile(text)
	var parts []string
	for _, e := range errs {
		parts = append(parts, fmt.Sprintf("error %d: %s", e.offset, e.text))
	}
	for _, v := range vars {
		parts = append(parts, v.name+"="+v.value)
	}
	return strings.Join(parts, "|")
}

// FuzzEnvFile: whatever the file, names are names, values have no NUL byte, and errors point into it without quoting it; and a text that is
// written with quotes and escapes is read as it was.
func FuzzEnvFile(f *testing.F) {
	for _, text := range []string{"A=1", "export A=\"b\\n\" # c", "A='\n", "A:b\n#\n=\x00", "A=\"\\", "\ufeff", "A=$B"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		vars, errs := parseEnvFile([]byte(text))
		for _, v := range vars {
			if v.name == "" || strings.ContainsAny(v.name, "= \t\n\x00") || strings.Contains(v.value, "\x00") {
				t.Fatalf("%q gives %q", text, v)
			}
		}
		for _, e := range errs {
			if e.offset < 0 || e.offset >= len(text) || e.text == "" {
				t.Fatalf("%q gives %v", text, e)
			}
		}
		if strings.Contains(text, "\x00") {
			return
		}
		quoted := `A="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `" # c`
		if got := envFileText([]byte("B=1\n" + quoted + "\nC=2")); got != "B=1|A="+text+"|C=2" {
			t.Fatalf("%q is read as %q", quoted, got)
		}
		if !strings.Contains(text, `\`) {
			if got := envFileText([]byte("A='" + strings.ReplaceAll(text, "'", `\'`) + "'")); got != "A="+text {
				t.Fatalf("%q in single quotes is read as %q", text, got)
			}
		}
	})
}

// TestSecrets: what is masked, and what is too short for it.
func TestSecrets(t *testing.T) {
	s := Secrets{}.with("hunter2").with("1").with(`a"b\c`).with("hunter22").with("").with(" ")
	for _, row := range [][2]string{
		{"hunter2", "***"},
		{"key hunter22 and hunter2!", "key *** and ***!"},
		{"1", "***"},
		{"line 1", "line 1"},
		{`say a"b\c`, "say ***"},
		{"", ""},
		{"nothing", "nothing"},
	} {
		if got := s.Mask(row[0]); got != row[1] {
			t.Errorf("%q is masked as %q", row[0], got)
		}
	}
	const document = `{"hunter2": ["hunter2", 1, "x\u0020hunter2", "a\"b\\c", "1"], "k": "<&>", "e": "\"`
	const want = `{"hunter2": ["***", 1, "x ***", "***", "***"], "k": "<&>", "e": "\"`
	if got := string(s.MaskJSON([]byte(document))); got != want {
		t.Errorf("masked JSON: %s", got)
	}
	if got := (Secrets{}).MaskJSON([]byte(document)); string(got) != document {
		t.Errorf("without secrets: %s", got)
	}
}
