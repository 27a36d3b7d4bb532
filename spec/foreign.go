package spec

import (
	"slices"
	"strings"
)

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
			{[]string{"services", "service", "jobs", "tasks", "programs", "commands", "targets", "process", "workers"}, "what runs stands in processes"},
			{[]string{"stages", "steps", "pipeline"}, "stages belong to a process: processes: {NAME: {stages: [...]}}"},
			{[]string{"variables", "parameters", "params", "args"}, "write vars"},
			{[]string{"env", "environment"}, "env belongs to a process, or to defaults for all of them"},
			{[]string{"imports", "import", "extends", "includes"}, "write include"},
			{[]string{"volumes", "networks", "configs", "secrets"}, notContainers},
		})
	case slices.Contains(names, "replicas"):
		return foreignIn(word, []foreignKey{
			{[]string{"environment", "environ", "variables"}, "write env"},
			{[]string{"target", "function", "func"}, "write command for a program, stages for a chain"},
			{[]string{"kwargs", "parameters", "params"}, "write args: {NAME: VALUE}"},
			{[]string{"name", "process_name"}, "the name of a process is its key: processes: {NAME: {...}}"},
			{[]string{"input"}, "write stdin: {file: PATH} or {get: QUEUE} for a program, a first stage such as read or files for a chain"},
			{[]string{"tty", "stdin_open", "interactive", "is_tty"}, "write stdin: inherit"},
			{[]string{"keep_order", "ordered"}, "replicas take items as they come; a chain of one replica keeps the order"},
			{[]string{"working_dir", "workdir", "dir", "directory", "chdir"}, "write cwd"},
			{[]string{"cmd", "run", "exec", "entrypoint", "program"}, "write command, or shell for a script"},
			{[]string{"script", "sh", "bash", "shell_command"}, "write shell"},
			{[]string{"steps", "tasks", "pipeline", "chain"}, "write stages"},
			{[]string{"profiles", "if", "only", "enabled", "disabled"}, "write when, an expression: when: vars.debug"},
			{[]string{"scale", "deploy", "jobs", "workers", "parallel", "instances", "concurrency", "num_procs", "numprocs", "processes", "threads"}, "write replicas: 4"},
			{[]string{"needs", "requires", "after"}, "write depends_on"},
			{[]string{"healthcheck", "readiness_probe", "liveness_probe"}, "write ready"},
			{[]string{"autorestart", "restart_policy", "availability"}, "write restart"},
			{[]string{"stop_signal", "stop_grace_period", "stopsignal", "shutdown", "stopwaitsecs"}, "write stop: {signal: SIGTERM, grace: 10s}"},
			{[]string{"log", "logs", "logging", "output", "log_location", "stdout_logfile"}, "write stdout"},
			{[]string{"background", "detach", "is_daemon"}, "write daemon: true"},
			{[]string{"image", "build", "ports", "expose", "volumes", "networks", "container_name", "links", "hostname", "extra_hosts", "labels", "init", "platform"}, notContainers},
		})
	case slices.Contains(names, "max_tasks_per_worker"):
		return foreignIn(word, []foreignKey{
			{[]string{"do", "chunk_size", "ordered", "timeout", "retry", "on_error", "on_timeout", "when"}, "it belongs to the stage, beside pool: {pool: NAME, " + word + ": ...}"},
			{[]string{"processes", "replicas", "size", "max_workers", "num_workers", "n_jobs", "jobs"}, "write workers: 4"},
			{[]string{"initializer"}, "write init, a list of stages"},
			{[]string{"maxtasksperchild", "max_tasks_per_child"}, "write max_tasks_per_worker: 100"},
			{[]string{"chunksize"}, "write chunk_size, beside pool: {pool: NAME, chunk_size: 10}"},
		})
	case slices.Contains(names, "max_deliveries") && slices.Contains(names, "capacity"):
		return foreignIn(word, []foreignKey{
			{[]string{"maxsize", "size", "max_size", "buffer", "maxlen", "length", "limit"}, "write capacity: 10"},
			{[]string{"partition_by", "group_by", "partition"}, "write key, an expression: key: item.user"},
			{[]string{"retries", "max_retries", "max_attempts"}, "write max_deliveries: 3"},
			{[]string{"dlq", "dead_letter_queue"}, "write dead_letter: QUEUE"},
			{[]string{"fanout", "topic"}, "write broadcast: true"},
		})
	}
	return ""
}

// foreignWord helps those who come from compose where one of words stands for a mapping.
func foreignWord(text string, words []string) string {
	if !slices.Contains(words, "on-failure") {
		return ""
	}
	most, counted := strings.CutPrefix(text, "on-failure:")
	switch {
	case text == "unless-stopped" || text == "yes" || text == "true":
		return "write always; what the run stops is not started again"
	case text == "no" || text == "false":
		return "write never"
	case counted:
		return "write {when: on-failure, max: " + most + "}"
	}
	return ""
}

// refusedWord is why a word is none of words on purpose, and what to write; "" for any other.
func refusedWord(text string, words []string) (reason, hint string) {
	if text != "fork" || !slices.Contains(words, "forkserver") {
		return "", ""
	}
	return "there is no start method fork: a copy of a running process has its locks as they were, and none of the threads that would release them",
		"leave it out, as a worker starts sooner than a fork of Python does, or write forkserver for workers that are started ahead"
}

func foreignIn(word string, table []foreignKey) string {
	for _, f := range table {
		if slices.Contains(f.words, word) {
			return f.hint
		}
	}
	return ""
}
