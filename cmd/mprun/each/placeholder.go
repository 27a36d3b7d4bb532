package each

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A placeholder stands for something of the job: {} for its item, {2} for its second argument, {#} for its number, {%} for the slot that it
// runs in, {out} for the file that it is to create. {.} leaves an ending out, {/} the folders, {//} all but these, {/.} both; so do {2.}, {2/}, {2//}
// and {2/.}.

// parts of a text: literal text and placeholders.
type part struct {
	literal string
	kind    kind
	number  int    // of the argument, from 1; 0: all of them
	form    string // "", ".", "/", "//" or "/."
}

type kind uint8

const (
	kindLiteral kind = iota
	kindArgument
	kindNumber
	kindSlot
	kindOut
)

// parse finds the placeholders of a text. replace is what stands for {}, "" for just that.
func parse(text, replace string) []part {
	pattern := `\{(\d*)(\.|/\.|//|/)?\}|\{[#%]\}|\{out\}`
	if replace != "" && replace != "{}" {
		pattern = regexp.QuoteMeta(replace) + `|\{(\d+)(\.|/\.|//|/)?\}|\{()(\.|/\.|//|/)\}|\{[#%]\}|\{out\}`
	}
	var parts []part
	at := 0
	for _, m := range regexp.MustCompile(pattern).FindAllStringIndex(text, -1) {
		if m[0] > at {
			parts = append(parts, part{literal: text[at:m[0]]})
		}
		parts = append(parts, placeholder(text[m[0]:m[1]], replace))
		at = m[1]
	}
	if at < len(text) {
		parts = append(parts, part{literal: text[at:]})
	}
	return parts
}

// placeholder is the meaning of one.
func placeholder(text, replace string) part {
	switch text {
	case replace:
		return part{kind: kindArgument}
	case "{#}":
		return part{kind: kindNumber}
	case "{%}":
		return part{kind: kindSlot}
	case "{out}":
		return part{kind: kindOut}
	}
	inside := strings.Trim(text, "{}")
	digits := strings.TrimRight(inside, "./")
	number, _ := strconv.Atoi(digits)
	return part{kind: kindArgument, number: number, form: inside[len(digits):]}
}

// hasPlaceholder says whether anything in the words depends on the job.
func hasPlaceholder(words []string, replace string) bool {
	for _, word := range words {
		for _, p := range parse(word, replace) {
			if p.kind == kindArgument || p.kind == kindNumber || p.kind == kindSlot {
				return true
			}
		}
	}
	return false
}

// form is the expression for an argument without what a placeholder leaves out.
func form(of, x string) string {
	switch of {
	case ".":
		return fmt.Sprintf("trimSuffix(%s, ext(%s))", x, x)
	case "/":
		return fmt.Sprintf("base(%s)", x)
	case "//":
		return fmt.Sprintf("dir(%s)", x)
	case "/.":
		return fmt.Sprintf("trimSuffix(base(%s), ext(%s))", x, x)
	}
	return x
}

// expression is the value of a placeholder. several says that jobs have lists of arguments: {} is all of them, then; list says that the
// expression may give a list.
func (p part) expression(several, list bool) string {
	switch {
	case p.kind == kindNumber:
		return "n"
	case p.kind == kindSlot:
		return "self.index + 1"
	case p.kind == kindOut:
		return "out"
	case p.number == 0 && several:
		all := "item"
		if p.form != "" {
			all = fmt.Sprintf("map(item, %s)", form(p.form, "it"))
		}
		if list {
			return all
		}
		return fmt.Sprintf(`join(%s, " ")`, all)
	case several:
		return form(p.form, fmt.Sprintf(`(get(item, %d) ?? "")`, p.number-1))
	case p.number > 1:
		return `""`
	}
	return form(p.form, "item")
}

// template is a text of the spec: `${{ }}` in place of placeholders. list says that a text which is one placeholder may be several words.
func template(text, replace string, several, list bool) string {
	parts := parse(text, replace)
	var b strings.Builder
	for _, p := range parts {
		if p.kind == kindLiteral {
			b.WriteString(literal(p.literal))
			continue
		}
		b.WriteString("${{ " + p.expression(several, list && len(parts) == 1) + " }}")
	}
	return b.String()
}

// value is the same as an expression: a text, or where list is allowed and the text is one placeholder for all arguments, a list of them.
func value(text, replace string, several, list bool) string {
	parts := parse(text, replace)
	if len(parts) == 0 {
		return `""`
	}
	terms := make([]string, 0, len(parts))
	for _, p := range parts {
		switch {
		case p.kind == kindLiteral:
			terms = append(terms, quoted(p.literal))
		case several && list && len(parts) == 1 && p.number == 0 && p.kind == kindArgument:
			terms = append(terms, p.expression(several, true))
		default:
			terms = append(terms, "utf8("+p.expression(several, false)+")")
		}
	}
	return strings.Join(terms, " + ")
}
