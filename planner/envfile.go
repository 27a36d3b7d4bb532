package planner

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// maxEnvFile bounds an environment file, in bytes.
const maxEnvFile = 1 << 20

// readEnvFiles reads the files of an `env_file`, each over those before it, into values, and gives their paths.
func (c *compiler) readEnvFiles(list []spec.Text, values map[string]string) []string {
	var paths []string
	for _, t := range list {
		if !t.IsSet() {
			continue // reported when the document was read
		}
		v, ok := c.template(t.Template)
		path := stages.TextOf(v)
		if !ok {
			continue
		}
		if path == "" {
			c.errorAt(t.Node, CodeEnvFile, "", "the path of the file is missing")
			continue
		}
		path = below(t.Node.Source().Dir, path)
		paths = append(paths, path)
		c.readEnvFile(t.Node, path, values)
	}
	return paths
}

// readEnvFile reads one file; n is the place that names it.
func (c *compiler) readEnvFile(n *spec.Node, path string, values map[string]string) {
	text, err := c.host.ReadFile(within(c.opts.Dir, path), maxEnvFile)
	if err != nil {
		c.errorAt(n, CodeEnvFile, "", "cannot read the env_file %s: %s", path, err)
		return
	}
	vars, errs := parseEnvFile(text)
	src := spec.NewSource(path, text)
	for _, e := range errs {
		at := src.Range(e.offset, e.offset)
		c.at(spec.Error, at, n.Path(), CodeEnvFile, "", e.text, spec.Related{Range: n.At(), Message: "the file is named here"})
	}
	for _, v := range vars {
		values[v.name] = v.value
		if c.isRead(v.name) {
			c.secrets = c.secrets.with(v.value)
		}
	}
}

// isRead says whether an expression of the spec could read the environment variable of that name.
func (c *compiler) isRead(name string) bool {
	return slices.ContainsFunc(c.doc.Sources, func(src *spec.Source) bool {
		return bytes.Contains(src.Bytes, []byte(name)) || bytes.Contains(src.Bytes, []byte("env["))
	})
}

// readTopEnvFile reads the spec's `env_file` once: what it has is the environment of all processes, and what `env` reads.
func (c *compiler) readTopEnvFile() {
	if c.topEnv != nil {
		return
	}
	c.topEnv = map[string]string{}
	c.envFiles = c.readEnvFiles(c.doc.EnvFile, c.topEnv)
	for name, value := range c.topEnv {
		c.environ[name] = value
	}
}

// mentionsEnv says whether a value has an expression that could read `env`.
func mentionsEnv(n *spec.Node) bool {
	return n.IsScalar() && strings.Contains(n.Text, "${{") && strings.Contains(n.Text, "env") ||
		slices.ContainsFunc(n.Items, mentionsEnv) ||
		slices.ContainsFunc(n.Keys, func(e *spec.Entry) bool { return mentionsEnv(e.Value) })
}

// readEnvFile gives a process the variables of the files that the spec and it name: its own count more.
func (p *process) readEnvFile(c *compiler) {
	values := map[string]string{}
	for name, value := range c.topEnv {
		values[name] = value
	}
	p.plan.EnvFiles = append(slices.Clone(c.envFiles), c.readEnvFiles(p.def.EnvFile, values)...)
	if len(values) > 0 {
		p.plan.FileEnv = values
	}
}

// lookupEnv is the value of a variable in the process's environment, beside mprun's own.
func (p *Process) lookupEnv(name string) (string, bool) {
	if value, ok := p.Env[name]; ok {
		return value, true
	}
	value, ok := p.FileEnv[name]
	return value, ok
}
