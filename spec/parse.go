package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parsed is what the YAML parser makes of a text.
type parsed struct {
	root *yaml.Node // nil of an empty document
	next *yaml.Node // a second document
	err  error      // the text is not YAML
	at   int        // if err: offset behind the last byte that the parser read before it gave up
}

// parseYAML parses a text without byte order mark.
func parseYAML(text []byte) parsed {
	p := parseFrom(bytes.NewReader(text))
	if p.err != nil {
		c := &countingReader{text: text}
		parseFrom(c)
		p.at = c.at
	}
	return p
}

func parseFrom(from io.Reader) (p parsed) {
	defer func() { // yaml.v3 has panicked on malformed input before; that is the document's fault, not ours
		if v := recover(); v != nil {
			p = parsed{err: fmt.Errorf("the YAML parser gave up: %v", v)}
		}
	}()
	dec := yaml.NewDecoder(from)
	for range 2 {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return p
		case err != nil:
			return parsed{err: err}
		case p.root == nil && len(doc.Content) > 0:
			p.root = doc.Content[0]
		case len(doc.Content) > 0:
			p.next = doc.Content[0]
		}
	}
	return p
}

// countingReader gives a text byte by byte, so that what the parser has read tells how far it came. Its errors tell only a line,
// mostly that in which the collection around the error begins.
type countingReader struct {
	text []byte
	at   int
}

// Read gives one byte.
func (c *countingReader) Read(p []byte) (int, error) {
	if c.at >= len(c.text) {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = c.text[c.at]
	c.at++
	return 1, nil
}

// errorLine takes the line that an error of yaml.v3 names, 0 if none, and the rest of its text.
func errorLine(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	rest, ok := strings.CutPrefix(text, "line ")
	if !ok {
		return 0, text
	}
	number, message, ok := strings.Cut(rest, ": ")
	line, convErr := strconv.Atoi(number)
	if !ok || convErr != nil {
		return 0, text
	}
	return line, message
}
