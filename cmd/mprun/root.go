//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mprun/mprun/spec"
)

// console is where mprun reads and writes.
type console struct {
	in, out, err *os.File
}

// execute runs the command line and gives the exit code.
func execute(args []string, in, out, errs *os.File) int {
	c := &console{in: in, out: out, err: errs}
	text := &textOut{to: out}
	root := c.root(text)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetErr(errs)
	cmd, err := root.ExecuteC()
	if text.err != nil {
		err = c.unprintable(text.err)
	}
	code := codeOf(err)
	var exit exitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintf(errs, "mprun: %s\n", err)
		if code == exitUsage {
			fmt.Fprintf(errs, "see %s --help\n", cmd.CommandPath())
		}
	}
	return code
}

// textOut is standard output for the texts that package cobra writes: help, completion, the version. It keeps the first error.
type textOut struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (t *textOut) Write(p []byte) (int, error) {
	n, err := t.to.Write(p)
	if t.err == nil {
		t.err = err
	}
	return n, err
}

// root is the tree of verbs. The root itself runs a spec.
func (c *console) root(text *textOut) *cobra.Command {
	run := c.runCommand()
	root := &cobra.Command{
		Use:   "mprun [spec.yaml] [name=value ...]",
		Short: "Run pipelines of processes over shared memory, described in one YAML file",
		Long: "mprun runs the processes that a spec describes: stages in workers of its own, and programs, with queues in shared memory\n" +
			"between them. A killed worker is replaced, and no item is lost or counted twice.\n\n" +
			"Without a file it looks for mprun.yaml; - reads the spec from standard input; name=value sets one of the spec's vars, and --file lays\n" +
			"another file over the spec.",
		Example:           "  mprun examples/wordcount.yaml\n  mprun examples/squares.yaml n=300000 --report report.json\n  mprun examples/stack.yaml --file examples/stack/debug.yaml",
		Args:              cobra.ArbitraryArgs,
		RunE:              run.RunE,
		SilenceErrors:     true,
		SilenceUsage:      true,
		ValidArgsFunction: specFiles,
	}
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}")
	root.Flags().AddFlagSet(run.Flags())
	root.Flags().Bool("version", false, "print the version")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(usage)
	root.SetHelpFunc(help)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(run, c.validateCommand(), c.planCommand(), c.eachCommand(), c.testCommand(), c.whyCommand(), c.doctorCommand(), c.explainCommand(), c.schemaCommand(), c.versionCommand())
	root.SetOut(text) // what completes takes it now
	root.InitDefaultCompletionCmd("completion")
	completion, _, err := root.Find([]string{"completion"})
	if err == nil {
		describeCompletion(completion)
	}
	return root
}

// specFiles completes the names of spec files.
func specFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// describeCompletion gives cobra's verb our words, and has it refuse shells that it does not know.
func describeCompletion(cmd *cobra.Command) {
	var shells []string
	for _, shell := range cmd.Commands() {
		shells = append(shells, shell.Name())
	}
	cmd.Use = "completion SHELL"
	cmd.Short = "Print a script with which a shell completes mprun's words"
	cmd.Long = "Prints a script with which a shell completes verbs, flags and the names of specs: " + choice(shells) + ".\n" +
		"mprun completion SHELL --help tells how to load it."
	cmd.Example = "  source <(mprun completion bash)"
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{text: "completion needs the name of a shell: " + choice(shells)}
		}
		return usageError{text: fmt.Sprintf("completion knows %s, not %q", choice(shells), args[0]), hint: didYouMean(args[0], shells)}
	}
}

// completeWords has a shell complete a flag's words.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // there is no such flag, or it has words already
	}
}

// flagError tells a wrong flag in one line, with the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := unknown.GetSpecifiedName()
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		hint := ""
		if near := spec.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		return usageError{"unknown flag " + dashes + name, hint}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		flag := invalid.GetFlag()
		want := map[string]string{"duration": "a duration such as 30s or 5m", "int": "a whole number", "int64": "a whole number", "bool": "true or false"}[flag.Value.Type()]
		if want != "" {
			return usageError{text: fmt.Sprintf("--%s takes %s, not %q", flag.Name, want, invalid.GetValue())}
		}
	}
	return usageError{text: strings.ReplaceAll(err.Error(), "\n", " ")}
}

// helpCommand is the verb help, which refuses words that are no verbs.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [verb]",
		Short:   "Print what a verb does",
		Example: "  mprun help validate",
		RunE: func(cmd *cobra.Command, args []string) error {
			verb, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) == 0 {
				help(verb, nil)
				return nil
			}
			if len(rest) > 0 {
				args = rest
			}
			hint := ""
			if near := nearVerb(cmd, args[0]); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return usageError{text: fmt.Sprintf("there is no verb %q", args[0]), hint: hint}
		},
	}
}

// help writes a command's description, then its usage.
func help(cmd *cobra.Command, _ []string) {
	out := cmd.OutOrStdout()
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(out, "%s\n\n", text)
	writeUsage(out, cmd)
}

func usage(cmd *cobra.Command) error {
	writeUsage(cmd.OutOrStderr(), cmd)
	return nil
}

func writeUsage(out io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(out, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(out, "\nExamples:\n%s\n", cmd.Example)
	}
	if verbs := cmd.Commands(); len(verbs) > 0 {
		fmt.Fprint(out, "\nVerbs:\n")
		for _, v := range verbs {
			if v.IsAvailableCommand() {
				fmt.Fprintf(out, "  %-11s %s\n", v.Name(), v.Short)
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(out, "\nFlags:\n%s", cmd.LocalFlags().FlagUsages())
	}
	if !cmd.HasParent() {
		fmt.Fprint(out, "\nExit codes:\n")
		for _, e := range exitCodes() {
			fmt.Fprintf(out, "  %-6s %s\n", e.code, e.meaning)
		}
	}
}
