package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mprun/mprun/stages"
)

// command is a `$ command` of the README with the output below it.
type command struct {
	line   int
	text   string
	output string
}

// readmeFences are the README's blocks of code of a language.
func readmeFences(t *testing.T, language string) []fence {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(fencesOf(string(text)), func(b fence) bool { return b.info != language })
}

func commands(t *testing.T) []command {
	t.Helper()
	var all []command
	for _, b := range readmeFences(t, "console") {
		line := b.line
		for l := range strings.Lines(b.text) {
			if text, ok := strings.CutPrefix(l, "$ "); ok {
				all = append(all, command{line: line, text: strings.TrimSpace(text)})
			} else if len(all) == 0 {
				t.Fatalf("README.md:%d: output without a command", line)
			} else {
				all[len(all)-1].output += l
			}
			line++
		}
	}
	return all
}

// TestReadmeCommands runs every command of the README and holds its output against what stands there, standard error behind standard
// output. `go test ./...` is what runs this very test.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	all := commands(t)
	if len(all) < 8 {
		t.Fatalf("the README has %d commands", len(all))
	}
	for _, c := range all {
		t.Run(c.text, func(t *testing.T) {
			if c.text == "go test ./..." {
				if c.output != "" {
					t.Error("nobody can check this output")
				}
				return
			}
			t.Parallel()
			got := c.run(t)
			if strings.HasSuffix(c.text, "examples/wordcount.yaml") && !sourcesAsInReadme(t) {
				all := examples[slices.IndexFunc(examples, func(x example) bool { return x.file == "wordcount.yaml" })]
				c.output = all.expected(t, os.Environ(), "", "")
			}
			if got != c.output {
				t.Errorf("README.md:%d: the output is\n%s\nin place of\n%s", c.line, got, c.output)
			}
		})
	}
}

// readmePort is the port of the README's commands; the tests take one that is free.
const readmePort = "8017"

// run gives the output of a command as a shell at the top of the repository shows it.
func (c command) run(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(c.text, "port="+readmePort, "port="+port))
	cmd.Dir = ".."
	env, err := sessionEnv(t.TempDir(), "MPRUN_E2E=readme")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), append(env, "LC_ALL=C", "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))...)
	stdout, stderr := new(text), new(text)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	_ = cmd.Run() // commands that show errors fail
	output := stdout.String() + stderr.String()
	checkNoTrace(t, output)
	return strings.ReplaceAll(output, ":"+port+"/", ":"+readmePort+"/")
}

// sourcesAsInReadme says whether the installed Go is the one whose words the README shows.
func sourcesAsInReadme(t *testing.T) bool {
	t.Helper()
	version, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "("+strings.TrimSpace(string(version))+")")
}

// TestReadmeSpecs: what the README shows of a spec stands in an example.
func TestReadmeSpecs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	blocks := readmeFences(t, "yaml")
	if len(blocks) == 0 {
		t.Fatal("the README shows no spec")
	}
	for _, b := range blocks {
		found := false
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), b.text)
		}
		if !found {
			t.Errorf("README.md:%d: this spec is no example", b.line)
		}
	}
}

// TestReadmeHasAllExamples: whoever reads the README finds every example.
func TestReadmeHasAllExamples(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		if !strings.Contains(string(readme), "](examples/"+filepath.Base(path)+")") {
			t.Errorf("the README does not lead to %s", path)
		}
	}
}

// TestReadmeNamesEverything: whoever reads what the README says works finds every operator and every key that a stage may have.
func TestReadmeNamesEverything(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := stages.GeneralKeys(true)
	for _, op := range stages.Operators() {
		if op.Later == "" {
			names = append(names, op.Name)
		}
	}
	for _, name := range names {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
}

// TestReadmeLinks: files that the README and the other documents lead to are there.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("..", match[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
