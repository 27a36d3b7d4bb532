package planner

import "github.com/mprun/mprun/stages"

// scope is what expressions of a stage may read.
func (t *typer) scope(in env) *stages.Scope {
	s := &stages.Scope{
		Vars: map[string]stages.Type{
			"item": in.item, "index": stages.IntType,
			"self": selfType(), "delivery": deliveryType(),
			"args": t.process.args, "vars": t.planScope.Vars["vars"], "env": t.planScope.Vars["env"],
		},
		Bound:     in.bound,
		Resources: t.resources,
	}
	if t.process.finally {
		s.Vars["run"] = runType()
	}
	if in.args != nil {
		s.Vars["args"] = in.args.typ
	}
	if in.out {
		s.Vars["out"] = stages.StringType
	}
	if in.at != nil {
		s.Vars["at"] = *in.at
	}
	if in.acc != nil {
		s.Vars["acc"] = *in.acc
	}
	return s
}

func selfType() stages.Type {
	return stages.RecordOf(
		field("name", stages.StringType), field("index", stages.IntType), field("replicas", stages.IntType), field("pid", stages.IntType),
		field("parent_pid", stages.IntType), field("attempt", stages.IntType), field("start_method", stages.StringType),
	)
}

func deliveryType() stages.Type {
	return stages.RecordOf(field("id", stages.StringType), field("attempt", stages.IntType))
}

func errorType() stages.Type {
	return stages.RecordOf(
		field("type", stages.StringType), field("message", stages.StringType), field("traceback", stages.StringType),
		field("stage", stages.StringType), field("attempt", stages.IntType),
	)
}

// runType is `run`, which says in `finally` how the run went.
func runType() stages.Type {
	return stages.RecordOf(field("status", stages.StringType), field("failed", stages.BoolType), field("duration", stages.FloatType))
}

func field(name string, typ stages.Type) stages.FieldType {
	return stages.FieldType{Name: name, Type: typ}
}
