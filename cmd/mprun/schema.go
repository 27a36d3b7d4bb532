//go:build linux

package main

import (
	"github.com/spf13/cobra"

	"github.com/mprun/mprun/schemas"
)

func (c *console) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of specs, for editors",
		Long:    "Prints the JSON Schema (draft-07) of specs. An editor that knows it completes and checks specs while they are written.",
		Example: "  mprun schema > mprun.schema.json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			return c.print(string(schemas.JSON()))
		},
	}
}
