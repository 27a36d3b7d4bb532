package spec

import "io"

// Limits bound what is read, so that a hostile or mistaken document ends in a finding. A field that is 0 stands for its default.
type Limits struct {
	Bytes int // of each file; default 16 MiB
	Depth int // of nested lists and mappings; default 200
	Nodes int // values in all files, each alias counted with all that it stands for; default 1000000
}

const (
	defaultBytes = 16 << 20
	defaultDepth = 200
	defaultNodes = 1_000_000
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Nodes <= 0 {
		l.Nodes = defaultNodes
	}
	return l
}

// Options are what reading a document depends on beside its text. The zero Options are usable.
type Options struct {
	// File is the document's name in findings. What it includes is looked for in its folder.
	File string
	// Overlays are the paths of files to be laid over the document, each over those before it.
	Overlays []string
	// Open opens a file that the document includes or that is laid over it; nil: as os.Open does.
	Open func(path string) (io.ReadCloser, error)
	// FindClose finds the end of an expression in a text: src starts just after `${{`, the result is the byte index of the `}}` that
	// belongs to it, or -1. It should be the expression language's own lexer; FindClose of this package is the default.
	FindClose func(src string) int
	// IsFunction reports whether a name is that of a built-in function; values, arrays and managers may not have it. Nil: none is.
	IsFunction func(name string) bool
	// Limits bound the document.
	Limits Limits
}

func (o Options) withDefaults() Options {
	if o.FindClose == nil {
		o.FindClose = FindClose
	}
	if o.IsFunction == nil {
		o.IsFunction = func(string) bool { return false }
	}
	if o.Open == nil {
		o.Open = openFile
	}
	o.Limits = o.Limits.withDefaults()
	return o
}
