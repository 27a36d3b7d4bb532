// Package schemas holds the JSON Schema of specs, by which editors complete and check them while they are written.
//
// The schema is generated from the definitions that the decoder (spec.Keys) and the operator table (stages.Operators) use; a test
// fails when the file is stale, and `go test ./schemas -update` writes it anew. Its shape follows what yaml-language-server makes of
// each way to write a stage: nested if/then/else, an operator each, give one message for one mistake, and offer the options of the
// operator that is there. A schema object has one errorMessage, so each kind of mistake has a member of an allOf of its own.
//
// The schema knows the form of a spec only: names, expressions and wiring are checked by package planner.
package schemas

import _ "embed"

//go:embed mprun.schema.json
var schema []byte

// JSON is the JSON Schema (draft-07) of specs. It must not be changed.
func JSON() []byte { return schema }
