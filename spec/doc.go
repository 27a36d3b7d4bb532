// Package spec reads the YAML document that describes a run into a Pipeline whose every scalar has a position.
//
// Load is the entry. It reads a document with the files that it includes and those that are laid over it, and merges them (README.md
// says how). It collects findings (Diagnostics) instead of stopping at the first, also where the YAML parser gave up: the
// line that it stumbled over is analysed, mended in memory, and reading goes on. What comes out is:
//
//   - Node, the document as a tree of values after aliases and merge keys, each with the Range that it was written in, and PosAt,
//     which maps a byte of the decoded text to the byte of the document it came from, inside every scalar style;
//   - Pipeline, the top level with its resources and processes as Go structures whose tags are the one definition of each key:
//     the decoder, Keys (and from it the JSON Schema) and `mprun explain` all come from them;
//   - Stage, the raw node of a stage, which the planner decodes against the operator table with the Read functions of this package.
//
// Invariants: every Range lies inside the Source that it names; Diagnostics are sorted by position and free of repeats; a Pipeline that came
// without errors has no unset required key. Everything that Load returns is immutable afterwards and may be read concurrently.
//
// The package does not know what an operator does, does not evaluate expressions, reads no other files than these, by
// Options.Open, and imports nothing of the project.
package spec
