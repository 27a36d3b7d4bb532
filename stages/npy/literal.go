package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A header is a literal of Python: parseLiteral reads what one may have of it. Lists and tuples are []any, dictionaries map[string]any,
// the rest is string, int, bool and nil.
func parseLiteral(text string) (any, error) {
	p := literalParser{text: text}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.unexpected()
	}
	return v, nil
}

// deepestLiteral bounds how deep lists may be in each other.
const deepestLiteral = 64

type literalParser struct {
	text string
	at   int
}

func (p *literalParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *literalParser) unexpected() error {
	if p.at >= len(p.text) {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("unexpected %q at byte %d", p.text[p.at], p.at)
}

// take takes a byte if it comes next, behind spaces.
func (p *literalParser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *literalParser) value(depth int) (any, error) {
	if depth > deepestLiteral {
		return nil, errors.New("it is too deep")
	}
	switch p.space(); {
	case p.at >= len(p.text):
		return nil, p.unexpected()
	case p.take('{'):
		return p.dictionary(depth)
	case p.take('['):
		return p.list(']', depth)
	case p.take('('):
		return p.list(')', depth)
	case p.text[p.at] == '\'' || p.text[p.at] == '"':
		return p.str()
	}
	return p.word()
}

func (p *literalParser) dictionary(depth int) (any, error) {
	m := map[string]any{}
	for !p.take('}') {
		key, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok || !p.take(':') {
			return nil, p.unexpected()
		}
		if m[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if !p.take(',') {
			if !p.take('}') {
				return nil, p.unexpected()
			}
			break
		}
	}
	return m, nil
}

func (p *literalParser) list(end byte, depth int) (any, error) {
	list := []any{}
	for !p.take(end) {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.take(',') {
			if !p.take(end) {
				return nil, p.unexpected()
			}
			break
		}
	}
	return list, nil
}

// str reads a text. Python writes names with repr, in which only a quote, a backslash and what cannot be printed are escaped.
func (p *literalParser) str() (any, error) {
	quote := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case quote:
			p.at = i + 1
			return b.String(), nil
		case '\\':
			if i++; i < len(p.text) {
				b.WriteByte(p.text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return nil, errors.New("a text in it has no end")
}

func (p *literalParser) word() (any, error) {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(",:)]} \t\r\n", p.text[p.at]) < 0 {
		p.at++
	}
	switch word := p.text[start:p.at]; word {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return nil, nil
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(word, "L")) // Python 2 wrote long integers so
		if err != nil {
			p.at = start
			return nil, p.unexpected()
		}
		return n, nil
	}
}
