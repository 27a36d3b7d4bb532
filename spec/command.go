package spec

import (
	"fmt"
	"strings"
)

// Command is a program with its arguments, a template for each word. It is run without a shell.
type Command struct {
	Node  *Node
	Words []Template
}

// ReadCommand reads a command: a list of texts, or one text that is split into words as a POSIX shell would (quotes and
// backslashes; nothing else has a meaning), before anything is replaced: a `${{ }}` is never split.
func ReadCommand(n *Node, opts Options) (Command, Diagnostics) {
	r := &reader{opts: opts.withDefaults()}
	c := r.command(n)
	return c, r.found.Sorted()
}

func (r *reader) command(n *Node) Command {
	c := Command{Node: n}
	before := len(r.found)
	switch {
	case n.Kind == Seq:
		for _, item := range n.Items {
			c.Words = append(c.Words, r.text(item, KindText).Template)
		}
	case n.IsScalar() && !n.IsEmpty():
		r.addAll(n.Accidents(KindCommand))
		c.Words = r.split(r.template(n))
	default:
		r.wrongKind(n, KindCommand)
		return c
	}
	if len(c.Words) == 0 && len(r.found) == before {
		r.errorAt(n, CodeCommand, "", "the command has no words")
	}
	if len(r.found) > before {
		return Command{Node: n} // its words are not known
	}
	if n.IsScalar() {
		r.checkShellSyntax(c)
	}
	return c
}

// checkShellSyntax warns of words that only a shell would understand.
func (r *reader) checkShellSyntax(c Command) {
	for _, w := range c.Words {
		if len(w.Parts) != 1 || w.Parts[0].IsExpr {
			continue
		}
		p := w.Parts[0]
		switch p.Source {
		case "|", ">", ">>", "<", "&&", "||", ";", "&", "2>&1":
			at := c.Node.RangeAt(p.Offset, p.Offset+len(p.Source))
			r.add(Diagnostic{
				Severity: Warning, Code: CodeShellSyntax, Range: at, Path: c.Node.Path(),
				Summary: fmt.Sprintf("a command runs without a shell: %s is a word as any other", p.Source),
				Hint:    "use shell: for a script, or a list of texts if the word is meant",
			})
			return
		}
	}
}

// splitter splits a template into words.
type splitter struct {
	node  *Node
	words []Template
	word  Template
	open  bool // there is a word, be it empty
	quote byte // the quote that is open, 0 if none
	from  int  // where that is
}

func (r *reader) split(t Template) []Template {
	s := splitter{node: t.Node}
	for _, p := range t.Parts {
		if p.IsExpr {
			s.open = true
			s.word.Parts = append(s.word.Parts, p)
			continue
		}
		s.literal(p)
	}
	if s.quote != 0 {
		r.add(Diagnostic{
			Code: CodeCommand, Range: s.node.RangeAt(s.from, s.from+1), Path: s.node.Path(),
			Summary: fmt.Sprintf("the quote %c in the command is not closed", s.quote),
			Hint:    fmt.Sprintf(`close it, or write \%c if the character is meant`, s.quote),
		})
	}
	s.end()
	return s.words
}

func (s *splitter) literal(p Part) {
	for i := 0; i < len(p.Source); i++ {
		c, at := p.Source[i], p.Offset+i
		switch {
		case s.quote == 0 && strings.IndexByte(" \t\n\r", c) >= 0:
			s.end()
		case s.quote == 0 && (c == '\'' || c == '"'):
			s.quote, s.from, s.open = c, at, true
		case s.quote == c:
			s.quote = 0
		case c == '\\' && i+1 < len(p.Source) && s.escapes(p.Source[i+1]):
			i++
			if p.Source[i] != '\n' { // a backslash before a line break takes both away
				s.char(p.Source[i], at+1)
			}
		default:
			s.char(c, at)
		}
	}
}

// escapes reports whether a backslash before c is one that the shell would take away (POSIX, Shell Command Language, 2.2).
func (s *splitter) escapes(c byte) bool {
	switch s.quote {
	case '\'':
		return false
	case '"':
		return strings.IndexByte("$`\"\\\n", c) >= 0
	}
	return true
}

// char appends a byte to the word, to its last part if that goes on here.
func (s *splitter) char(c byte, at int) {
	s.open = true
	if n := len(s.word.Parts); n > 0 {
		if last := &s.word.Parts[n-1]; !last.IsExpr && last.Offset+len(last.Source) == at {
			last.Source += string([]byte{c})
			return
		}
	}
	s.word.Parts = append(s.word.Parts, Part{Source: string([]byte{c}), Offset: at})
}

func (s *splitter) end() {
	if s.open {
		s.word.Node = s.node
		s.words = append(s.words, s.word)
	}
	s.word, s.open = Template{}, false
}
