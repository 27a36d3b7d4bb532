package stages

import (
	"errors"
	"fmt"
	"slices"
)

// Shape is a compiled Source. It is immutable: goroutines may share it, each with its own Env.
type Shape struct {
	kind  SourceKind
	typ   Type
	expr  *Expr       // SourceExpr, and SourceText of a single ${{ }}
	parts []shapePart // SourceText
	value any         // what needs no computing
	fixed bool        // the value is the same for every item
	keys  []string
	items []*Shape
	names []string
	pos   Pos
}

// shapePart is literal text, or an expression if there is one.
type shapePart struct {
	text string
	expr *Expr
	pos  Pos
}

// Compile compiles a Source of any kind. The error is an ExprErrors with everything found in the whole tree, each with the Pos of
// the expression that it is in.
func Compile(src *Source, scope *Scope) (*Shape, error) {
	var errs ExprErrors
	shape := compileShape(src, scope, &errs)
	if len(errs) > 0 {
		return nil, errs
	}
	return shape, nil
}

func compileShape(src *Source, scope *Scope, errs *ExprErrors) *Shape {
	s := &Shape{kind: src.Kind, typ: AnyType, pos: src.Pos}
	switch src.Kind {
	case SourceExpr:
		s.useExpr(compilePart(src.Text, src.Pos, scope, errs))
	case SourceText:
		s.compileText(src.Parts, scope, errs)
	case SourceLiteral:
		s.typ, s.value, s.fixed = TypeOf(src.Value), src.Value, true
	case SourceList:
		var elem Type
		s.fixed = true
		for i := range src.Items {
			item := compileShape(&src.Items[i], scope, errs)
			elem = Join(elem, item.typ)
			s.add(item)
		}
		s.typ = Type{Kinds: KindList, Elem: part(elem)}
		s.settle()
	case SourceMap:
		if len(src.Keys) != len(src.Items) {
			*errs = append(*errs, &ExprError{Pos: src.Pos, Msg: "a mapping with a different number of keys and values"})
			break
		}
		fields := make([]FieldType, len(src.Keys))
		s.keys, s.fixed = src.Keys, true
		for i := range src.Items {
			item := compileShape(&src.Items[i], scope, errs)
			fields[i] = FieldType{Name: src.Keys[i], Type: item.typ}
			s.add(item)
		}
		s.typ = RecordOf(fields...)
		s.settle()
	default:
		*errs = append(*errs, &ExprError{Pos: src.Pos, Msg: fmt.Sprintf("a source of unknown kind %q", src.Kind)})
	}
	return s
}

// compilePart compiles one expression of the tree; nil if it is wrong.
func compilePart(src string, pos Pos, scope *Scope, errs *ExprErrors) *Expr {
	e, err := CompileExpr(src, scope)
	var found ExprErrors
	if errors.As(err, &found) {
		for _, one := range found {
			one.Pos = pos
		}
		*errs = append(*errs, found...)
	}
	return e
}

func (s *Shape) useExpr(e *Expr) {
	if e == nil {
		return
	}
	s.expr, s.typ = e, e.Type()
	s.value, s.fixed = e.Const()
	s.read(e.Names())
}

func (s *Shape) compileText(parts []TextPart, scope *Scope, errs *ExprErrors) {
	if len(parts) == 1 && parts[0].Expr {
		s.pos = parts[0].Pos
		s.useExpr(compilePart(parts[0].Text, parts[0].Pos, scope, errs))
		return
	}
	s.typ, s.fixed = StringType, true
	text := ""
	for _, p := range parts {
		if !p.Expr {
			text += p.Text
			s.parts = append(s.parts, shapePart{text: p.Text})
			continue
		}
		s.fixed = false
		e := compilePart(p.Text, p.Pos, scope, errs)
		s.parts = append(s.parts, shapePart{expr: e, pos: p.Pos})
		if e != nil {
			s.read(e.Names())
		}
	}
	s.value = text
}

func (s *Shape) add(item *Shape) {
	s.items = append(s.items, item)
	s.fixed = s.fixed && item.fixed
	s.read(item.names)
}

func (s *Shape) read(names []string) {
	for _, name := range names {
		if i, found := slices.BinarySearch(s.names, name); !found {
			s.names = slices.Insert(s.names, i, name)
		}
	}
}

// settle computes a list or map that is the same for every item.
func (s *Shape) settle() {
	if s.fixed {
		s.value, _ = s.build(nil)
	}
}

// Type is what is known of the values.
func (s *Shape) Type() Type { return s.typ }

// Names are the variables, bound names and resources that are read, sorted.
func (s *Shape) Names() []string { return s.names }

// Const is the value, if it is the same for every item.
func (s *Shape) Const() (value any, ok bool) { return s.value, s.fixed }

// Expr is the expression, if the shape is nothing but one; else nil.
func (s *Shape) Expr() *Expr { return s.expr }

// Run gives the value, an item. An error is an *ExprError with the Pos of its expression.
func (s *Shape) Run(env *Env) (any, error) {
	switch {
	case s.fixed:
		return s.value, nil
	case s.expr != nil:
		return runPart(s.expr, s.pos, env)
	case s.kind == SourceText:
		text, err := s.AppendText(nil, env)
		return string(text), err
	}
	return s.build(env)
}

// RunText gives the value as text; see TextOf.
func (s *Shape) RunText(env *Env) (string, error) {
	if s.fixed || s.expr != nil {
		v, err := s.Run(env)
		if err != nil {
			return "", err
		}
		return TextOf(v), nil
	}
	text, err := s.AppendText(nil, env)
	return string(text), err
}

// AppendText appends the value as text.
func (s *Shape) AppendText(dst []byte, env *Env) ([]byte, error) {
	if s.fixed || s.expr != nil || s.kind != SourceText {
		v, err := s.Run(env)
		if err != nil {
			return dst, err
		}
		return AppendText(dst, v), nil
	}
	for i := range s.parts {
		p := &s.parts[i]
		if p.expr == nil {
			dst = append(dst, p.text...)
			continue
		}
		v, err := runPart(p.expr, p.pos, env)
		if err != nil {
			return dst, err
		}
		dst = AppendText(dst, v)
	}
	return dst, nil
}

func runPart(e *Expr, pos Pos, env *Env) (any, error) {
	v, err := e.Run(env)
	if err != nil && pos != (Pos{}) {
		var at *ExprError
		if errors.As(err, &at) {
			located := *at
			located.Pos = pos
			return nil, &located
		}
	}
	return v, err
}

// build makes a list or map of its parts.
func (s *Shape) build(env *Env) (any, error) {
	if s.kind == SourceList {
		list := make([]any, len(s.items))
		for i, item := range s.items {
			v, err := item.Run(env)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	m := make(map[string]any, len(s.items))
	for i, item := range s.items {
		v, err := item.Run(env)
		if err != nil {
			return nil, err
		}
		m[s.keys[i]] = v
	}
	return m, nil
}
