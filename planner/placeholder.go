package planner

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
)

// What other tools take as the place of the item: {} of xargs and parallel, {{ item }} of templates, $item of shells.
const (
	templateBraces = `(?:^|[^$])(\{\{\s*(?:item|index|acc|vars|args|env|self)\b[^{}]*\}\})`
	shellVariable  = `(\$(?:(?:item|ITEM)\b|\{(?:item|ITEM|index|acc|vars|args|self)\b[^{}]*\}))`
	bareExpression = `^((?:item|vars|args|self)(?:\??\.[A-Za-z_]\w*|\[[^\]]*\])*)$`
)

// warnPlaceholders warns of what stands in a text as it is, and was probably meant to be replaced by data of the run.
func (c *compiler) warnPlaceholders(n *spec.Node, key string) {
	c.warnPattern(n, templateBraces, "{{")
	c.warnPattern(n, shellVariable, "$")
	if slices.Contains([]string{"print", "log", "fail"}, key) {
		c.warnPattern(n, bareExpression, "")
	}
	if n.IsScalar() && !strings.Contains(n.Text, "${{") {
		if found, write := braces(n.Text); found != "" {
			c.placeholder(n.At(), n, found, write)
		}
	}
}

// warnWords does so for the words of a command; {} counts if no word has an expression.
func (c *compiler) warnWords(n *spec.Node, command spec.Command) {
	nodes := []*spec.Node{n}
	if n.Kind == spec.Seq {
		nodes = n.Items
	}
	for _, node := range nodes {
		if node.IsScalar() && !isScript(node, n) {
			c.warnPattern(node, templateBraces, "{{")
			c.warnPattern(node, shellVariable, "$")
		}
	}
	var words []string
	for _, w := range command.Words {
		if len(w.Parts) != 1 || w.Parts[0].IsExpr {
			return
		}
		words = append(words, w.Parts[0].Source)
	}
	if len(words) < 2 || replacesBraces(words[0]) {
		return
	}
	for _, w := range words[1:] {
		if found, write := braces(w); found != "" {
			c.placeholder(n.At(), n, found, write)
			return
		}
	}
}

// replacesBraces says whether a program has a meaning of its own for {}.
func replacesBraces(program string) bool {
	return slices.Contains([]string{"find", "fd", "xargs", "parallel"}, program)
}

// braces finds what GNU parallel would replace in a word, and what is written for it here. A word that has quotes, colons, commas or spaces
// in it is something else, as JSON.
func braces(word string) (found, write string) {
	if strings.ContainsAny(word, "\"':,; \n") {
		return "", ""
	}
	for _, p := range [...]struct{ found, write string }{
		{"{}", "${{ item }}"},
		{"{.}", "${{ join_path(dir(item), stem(item)) }}"},
		{"{/}", "${{ base(item) }}"},
		{"{//}", "${{ dir(item) }}"},
		{"{/.}", "${{ stem(item) }}"},
		{"{#}", "${{ index + 1 }}"},
		{"{%}", "${{ self.index + 1 }}"},
		{"{1}", "${{ item[0] }}"},
		{"{2}", "${{ item[1] }}"},
	} {
		if word == p.found || strings.Contains(word, p.found) && !strings.HasSuffix(p.found, "1}") && !strings.HasSuffix(p.found, "2}") {
			return p.found, p.write
		}
	}
	return "", ""
}

// warnScript does so for a script: {} is nothing to a shell.
func (c *compiler) warnScript(n *spec.Node) {
	words := strings.Fields(n.Text)
	if slices.ContainsFunc(words, replacesBraces) {
		return
	}
	if i := slices.Index(words, "{}"); i > 0 {
		c.placeholder(n.At(), n, "{}", `"$ITEM"`)
	}
}

// isScript says whether a word may be a program for an interpreter, where $ITEM is a variable of its own: one with a space in a list,
// or quotes in a text.
func isScript(word, command *spec.Node) bool {
	if command.Kind == spec.Seq {
		return strings.ContainsAny(word.Text, " \n")
	}
	return strings.ContainsAny(word.Text, `'"`)
}

// warnPattern warns of the first match of a pattern, which every match has sign in; its group is what is shown.
func (c *compiler) warnPattern(n *spec.Node, pattern, sign string) {
	if !n.IsScalar() || n.IsEmpty() || !strings.Contains(n.Text, sign) {
		return
	}
	at := regexp.MustCompile(pattern).FindStringSubmatchIndex(n.Text)
	if at == nil {
		return
	}
	found := n.Text[at[2]:at[3]]
	name := strings.TrimSpace(strings.Trim(found, "${}"))
	if name == "ITEM" {
		name = "item"
	}
	c.placeholder(n.RangeAt(at[2], at[3]), n, found, "${{ "+name+" }}")
}

func (c *compiler) placeholder(at spec.Range, n *spec.Node, found, write string) {
	c.at(spec.Warning, at, n.Path(), CodePlaceholder, "write "+write+" for the value", found+" stays as it is in a text")
}
