package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// loader reads the files of a spec: the one it is given, those that it includes, and those that are laid over it.
type loader struct {
	*reader
	docs     []*document
	read     map[string]*document // by path, each file once
	resolved map[*document]*Node
}

// maxFiles bounds how many files a spec is made of.
const maxFiles = 256

// resolve is the tree of a document laid over those that it includes. way are the files on the way to it, itself the last.
func (l *loader) resolve(doc *document, way []string) *Node {
	if doc.root == nil || doc.root.Kind != Map {
		return nil
	}
	if done, ok := l.resolved[doc]; ok {
		return done
	}
	own := doc.root
	var base *Node
	if e := own.Get("include"); e != nil {
		for _, entry := range l.includes(e.Value) {
			if included := l.include(doc, entry, way); included != nil {
				base = l.join(base, included, doc)
			}
		}
	}
	if base != nil {
		own = merge(base, own)
		top := *own // what is said of the document as a whole is said of this one
		top.src, top.Range, top.Style = doc.root.src, doc.root.Range, doc.root.Style
		own = &top
	}
	l.resolved[doc] = own
	return own
}

// includes are the paths that an `include` lists.
func (l *loader) includes(n *Node) []*Node {
	entries := []*Node{n}
	if n.Kind == Seq {
		entries = n.Items
	}
	var paths []*Node
	for _, entry := range entries {
		t := l.text(entry, KindText)
		switch {
		case !t.IsSet():
		case !t.Template.IsLiteral():
			l.errorAt(entry, CodeInclude, "write the path, and choose between files by --file", "what a spec includes cannot depend on expressions")
		case entry.Text == "":
			l.errorAt(entry, CodeInclude, "", "the path of a file is missing")
		default:
			paths = append(paths, entry)
		}
	}
	return paths
}

// include is the tree of an included file, without what is said of that file alone.
func (l *loader) include(from *document, entry *Node, way []string) *Node {
	path := entry.Text
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from.source.Name), path)
	}
	path = filepath.Clean(path)
	if i := slices.Index(way, path); i >= 0 {
		l.errorAt(entry, CodeIncludeCycle, "", "files include each other in a circle: %s", strings.Join(append(slices.Clone(way[i:]), path), " → "))
		return nil
	}
	doc := l.read[path]
	if doc == nil {
		if len(l.docs) >= maxFiles {
			l.errorAt(entry, CodeTooLarge, "", "a spec consists of %d files at most", maxFiles)
			return nil
		}
		text, err := l.file(path)
		if err != nil {
			l.errorAt(entry, CodeUnreadable, "", "cannot include %s: %s", path, plainError(err))
			return nil
		}
		src := NewSource(path, text)
		src.Dir = l.folder(path)
		doc = l.open(src)
	}
	root := l.resolve(doc, append(way[:len(way):len(way)], path))
	if root == nil {
		return nil
	}
	return root.without(func(key string) bool { return ownOfFile(key) || isOwnKey(key) })
}

// ownOfFile says whether a key tells of the file it stands in, and not of those that include it.
func ownOfFile(key string) bool {
	return key == "include" || key == "name" || key == "description" || key == "tests"
}

// open reads a source as a file of the spec.
func (l *loader) open(src *Source) *document {
	doc := l.document(src)
	l.docs = append(l.docs, doc)
	l.read[filepath.Clean(src.Name)] = doc
	return doc
}

// file reads a file to its end, but not further than one may be long.
func (l *loader) file(path string) ([]byte, error) {
	f, err := l.opts.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(l.opts.Limits.Bytes)+1))
}

// folder is the folder of a file as seen from that of the spec.
func (l *loader) folder(path string) string {
	main, dir := filepath.Dir(l.docs[0].source.Name), filepath.Dir(path)
	rel, err := filepath.Rel(main, dir)
	if err == nil && !filepath.IsAbs(dir) {
		if rel == "." {
			return ""
		}
		return rel
	}
	if err == nil && rel == "." {
		return ""
	}
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// join puts two includes of a document together. What both define must be the same, unless the document says itself what it is.
func (l *loader) join(first, second *Node, doc *document) *Node {
	if first == nil {
		return second
	}
	for _, section := range second.Keys {
		known, settled := first.Get(section.Key.Text), doc.root.Get(section.Key.Text)
		switch {
		case known == nil || settled != nil && settled.Value.Kind != Map && !settled.Value.IsEmpty():
		case known.Value.Kind != Map || section.Value.Kind != Map:
			if settled == nil || settled.Value.IsEmpty() {
				l.conflict(known, section, doc)
			}
		default:
			for _, e := range section.Value.Keys {
				if isSettled := settled != nil && settled.Value.Get(e.Key.Text) != nil; !isSettled {
					l.conflict(known.Value.Get(e.Key.Text), e, doc)
				}
			}
		}
	}
	return merge(first, second)
}

// conflict reports what two includes define differently. first may be nil.
func (l *loader) conflict(first, second *Entry, doc *document) {
	if first == nil || sameValue(first.Value, second.Value) {
		return
	}
	path := second.Value.Path()
	one, other := first.Key.At().Start.File, second.Key.At().Start.File
	l.add(Diagnostic{
		Code: CodeIncludeConflict, Range: second.Key.At(), Path: path,
		Summary: fmt.Sprintf("%s is defined differently in %s and in %s", path, one, other),
		Hint:    fmt.Sprintf("say in %s what it shall be, or rename one of them", doc.source.Name),
		Related: []Related{{Range: first.Key.At(), Message: "the first is here"}},
	})
}

// plainError says in a few words why a file cannot be read, without its name.
func plainError(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no such file"
	}
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// openFile is the default of Options.Open.
func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }
