//go:build linux

package main

import (
	"fmt"
	goruntime "runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the release's build: -ldflags "-X main.version=1.2.3".
var version = ""

func (c *console) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  mprun version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			return c.print(versionLine())
		},
	}
}

// versionLine is what the verb and --version print.
func versionLine() string {
	return fmt.Sprintf("mprun %s (%s %s/%s)\n", versionText(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)
}

// versionText is the release's version, else what the Go tool knows of the module and its commit.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "development"
	}
	if info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{text: fmt.Sprintf("%s takes no arguments, found %q", cmd.Name(), args[0])}
	}
	return nil
}
