package spec

import "slices"

// foreignKey is a key as other tools have it, and what it is here.
type foreignKey struct {
	words []string
	hint  string
}

// notContainers is the remedy for what describes containers, not processes.
const notContainers = "mprun runs programs, not containers; a container is command: docker run --rm IMAGE"

// foreignHint helps those who come from compose, make, CI systems and supervisors: "" if the word is none of theirs, or has no
// counterpart in a mapping of this kind.
func foreignHint(word string, def *structDef) string {
	names := def.names()
	switch {
	case slices.Contains(names, "processes"):
		return foreignIn(word, []foreignKey{
			{[]string{"services", "service", "jobs", "tasks", "programs", "commands", "targets", "process"}, "what runs stands in processes"},
			{[]string{"stages", "steps", "pipeline"}, "stages belong to a process: processes: {NAME: {stages: [...]}}"},
			{[]string{"variables", "parameters", "params", "args"}, "write vars"},
			{[]string{"env", "environment"}, "env belongs to a process, or to defaults for all of them"},
			{[]string{"imports", "import", "extends", "includes"}, "write include"},
			{[]string{"volumes", "networks", "configs", "secrets"}, notContainers},
		})
	case slices.Contains(names, "replicas"):
		return foreignIn(word, []foreignKey{
			{[]string{"environment", "environ", "variables"}, "write env"},
			{[]string{"working_dir", "workdir", "dir", "directory", "chdir"}, "write cwd"},
			{[]string{"cmd", "run", "exec", "entrypoint", "program"}, "write command, or shell for a script"},
			{[]string{"script", "sh", "bash"}, "write shell"},
			{[]string{"steps", "tasks", "pipeline", "chain"}, "write stages"},
			{[]string{"profiles", "if", "only", "enabled"}, "write when, an expression: when: vars.debug"},
			{[]string{"scale", "deploy", "jobs", "workers", "parallel", "instances", "concurrency", "num_procs", "numprocs"}, "write replicas: 4"},
			{[]string{"needs", "requires", "after"}, "write depends_on"},
			{[]string{"healthcheck", "readiness_probe", "liveness_probe"}, "write ready"},
			{[]string{"autorestart", "restart_policy"}, "write restart"},
			{[]string{"stop_signal", "stop_grace_period", "stopsignal"}, "write stop: {signal: SIGTERM, grace: 10s}"},
			{[]string{"log", "logs", "logging", "output"}, "write stdout"},
			{[]string{"background", "detach"}, "write daemon: true"},
			{[]string{"image", "build", "ports", "expose", "volumes", "networks", "container_name", "links"}, notContainers},
		})
	}
	return ""
}

func foreignIn(word string, table []foreignKey) string {
	for _, f := range table {
		if slices.Contains(f.words, word) {
			return f.hint
		}
	}
	return ""
}
