package planner

import (
	"cmp"
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// foreignOperator is the remedy where a stage is called as in other tools: jq, the shell's, Python's and SQL's words. It is "" for a
// word that means nothing here.
func foreignOperator(name string) string {
	switch name {
	case "select", "where", "only", "if", "keep":
		return "write filter, a condition: filter: item.n > 1"
	case "grep", "match", "search":
		return `write filter: item contains "text", or extract with a regular expression`
	case "group_by", "groupby", "groupBy", "aggregate", "fold", "accumulate":
		return "write reduce, with by for the key: {reduce: acc + 1, by: item.key, init: 0}"
	case "count", "sum", "total":
		return "write reduce: {reduce: acc + 1, init: 0} counts, {reduce: acc + item.n, init: 0} adds up"
	case "max", "min":
		return "write reduce: max(acc, item), or top: 1 with by"
	case "unique", "uniq", "dedup", "unique_by", "deduplicate":
		return "write distinct"
	case "limit", "head", "first":
		return "write take: 10"
	case "offset", "drop":
		return "write skip: 1"
	case "order_by", "sort_by", "orderBy", "sortBy":
		return "write sort: item.key"
	case "flatten", "explode", "unwind", "flatMap", "splat", "unnest":
		return "write flat_map, of a list: flat_map: item.tags"
	case "split":
		return `write flat_map: 'split(item, ",")'`
	case "join", "lookup":
		return "read the one side into a map with collect and as, then look up each item of the other, as in examples/join.yaml"
	case "echo", "printf", "say", "puts", "log_line":
		return "write print"
	case "run", "cmd", "command", "system", "subprocess", "spawn", "xargs":
		return "write exec for a program, shell for a script"
	case "sh", "bash", "script":
		return "write shell"
	case "foreach", "for_each", "forEach", "each", "for", "loop", "while", "repeat", "until":
		return "every stage is done for each item, until its source ends: map, exec or do"
	case "lambda", "def", "function", "fn":
		return "write map, an expression that reads item; chains gives a chain a name and parameters"
	case "starmap", "imap", "imap_unordered", "apply_async", "map_async", "submit":
		return "write map; replicas at the process, or a pool with map in its do, share the work"
	case "return", "result_of":
		return "what a stage gives goes on to the next one; put sends it to a queue, result to the run's report"
	case "with", "using":
		return "write {lock: NAME, do: [stages]}"
	case "qsize", "empty", "full":
		return "an expression reads it: q.size"
	case "stdin", "from_stdin":
		return "write read: '-'"
	case "stdout", "to_stdout":
		return "write print"
	case "transform", "apply_each", "set_item":
		return "write map"
	case "input", "cat", "load", "open", "read_file", "csv", "json", "jsonl", "lines":
		return "write read: PATH, with format"
	case "glob", "find", "ls":
		return "write files: logs/**/*.gz"
	case "write_file", "save", "output", "dump", "to_file":
		return "write write: PATH, with format"
	case "parse", "regex", "regexp":
		return "write extract for a regular expression, map: fromJSON(item) for JSON"
	case "window", "chunk", "group":
		return "write batch: 100"
	case "push", "emit", "enqueue", "yield", "produce", "publish":
		return "write put: QUEUE"
	case "pop", "dequeue", "consume", "receive", "subscribe":
		return "write get: QUEUE"
	case "switch", "case", "branch":
		return "write route: [{when: ..., do: [...]}]"
	case "seq", "count_to":
		return "write range: [1, 11]"
	case "parallel", "workers", "jobs", "concurrency", "pmap", "parallel_map":
		return "write pool: {workers: 4} with do for items, replicas at the process for a whole chain"
	case "curl", "http", "fetch", "wget":
		return "write exec: curl -sf ${{ item }}"
	case "error", "raise", "throw", "exit":
		return "write fail: MESSAGE"
	case "delay", "pause":
		return "write sleep: 100ms"
	case "rate", "rate_limit", "limit_rate":
		return "write throttle: 100/s"
	}
	return ""
}

// foreignOption is the remedy where an option is called as in other tools, or belongs to a pool itself; "" if the operator has none such.
func foreignOption(op *stages.Operator, name string) string {
	meant := ""
	switch name {
	case "key", "group_by", "groupby", "on":
		meant = "by"
	case "initial", "start", "initializer", "seed", "default":
		meant = "init"
	case "with", "params", "arguments", "vars":
		meant = "args"
	case "reverse", "descending", "order":
		meant = "desc"
	case "type", "parse", "as_format":
		meant = "format"
	case "limit", "max", "n", "times":
		meant = "count"
	case "stdin", "data":
		meant = "input"
	case "environment":
		meant = "env"
	case "working_dir", "dir", "workdir":
		meant = "cwd"
	case "output", "out", "target", "produces":
		meant = "creates"
	case "tail":
		meant = "follow"
	case "colsep", "delimiter", "separator", "sep", "fields":
		return "commas are those of format: csv; of other lines, map: 'split(item, \";\")' makes lists"
	case "steps", "then", "stages":
		meant = "do"
	case "if", "only_if", "unless":
		return "write when: a condition, without which the item passes unchanged"
	case "retries", "attempts":
		return "write retry: 3"
	case "name", "id", "into", "register", "var":
		return "as: name gives the result of a stage a name"
	case "ignore_errors", "continue_on_error":
		return "write on_error: skip"
	case "replicas", "workers", "jobs", "parallel", "processes":
		switch op.Name {
		case "pool":
			return "write workers among the fields of the pool: pool: {workers: 4}"
		case "do":
			return "what goes through stages in parallel is written with pool: {workers: 4} beside do"
		}
		return "replicas belong to the process: processes: {NAME: {replicas: 4, stages: [...]}}"
	}
	meant = cmp.Or(meant, name)
	switch {
	case op.Name == "pool" && slices.Contains(poolFields(), meant):
		return "it is a field of the pool itself: pool: {workers: 4, " + meant + ": ...}"
	case op.Option(meant) == nil:
		return ""
	}
	return "write " + meant
}

// poolFields is the keys that a pool has.
func poolFields() []string {
	var names []string
	for _, def := range spec.Keys() {
		if def.Struct != "pool" {
			continue
		}
		for i := range def.Fields {
			names = append(names, def.Fields[i].Name)
		}
	}
	return names
}
