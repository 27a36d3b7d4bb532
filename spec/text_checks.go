package spec

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxSeparators bounds what could be a value in a document before it is parsed, as the parser needs some 200 bytes for each.
const maxSeparators = 4

// checkText finds what keeps the text from being parsed at all: bad bytes, of each kind the first, and too much of it.
func (r *reader) checkText(src *Source) {
	limits := r.opts.Limits
	if len(src.Bytes) > limits.Bytes {
		r.tooLarge(src, limits.Bytes)
		return
	}
	if n := countSeparators(src.Bytes); n > maxSeparators*limits.Nodes {
		r.add(Diagnostic{
			Code: CodeTooLarge, Range: src.Range(0, 0), Hint: "put the data into a file that a stage reads",
			Summary: fmt.Sprintf("the document has more values than a spec may have (%d)", limits.Nodes),
		})
	}
	seen := map[string]bool{}
	for i := bomLen(src.Bytes); i < len(src.Bytes); {
		c, n := utf8.DecodeRune(src.Bytes[i:])
		if what, hint := badRune(src.Bytes, i, c, n); what != "" && !seen[what] {
			seen[what] = true
			r.add(Diagnostic{Code: CodeEncoding, Range: src.Range(i, i+n), Summary: what, Hint: hint})
			if what == looksLikeUTF16 {
				return
			}
		}
		i += n
	}
}

func (r *reader) tooLarge(src *Source, limit int) {
	r.add(Diagnostic{
		Code: CodeTooLarge, File: src.Name, Range: src.Range(0, 0), Hint: "put the data into a file that a stage reads",
		Summary: fmt.Sprintf("the document is larger than a spec may be (%d bytes)", limit),
	})
}

// countSeparators is an upper bound of the values in a document: each but the first follows one of these.
func countSeparators(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	for _, sep := range []string{",", ": ", "- ", "? "} {
		n += bytes.Count(text, []byte(sep))
	}
	return n
}

const looksLikeUTF16 = "the document is not UTF-8 (it looks like UTF-16)"

// badRune says what is wrong with the character at i, "" if nothing.
func badRune(text []byte, i int, c rune, n int) (what, hint string) {
	switch {
	case c == utf8.RuneError && n == 1:
		if i == 0 && (text[0] == 0xff || text[0] == 0xfe) {
			return looksLikeUTF16, "save it as UTF-8"
		}
		return "the document is not UTF-8", "save it as UTF-8"
	case c == 0:
		return "the document has a NUL byte", ""
	case c == '\r' && (i+1 >= len(text) || text[i+1] != '\n'):
		return "the document has a carriage return without a line feed", `end lines with a line feed, and write the character as "\r" in a text`
	case c == 0x85 || c == 0x2028 || c == 0x2029:
		return fmt.Sprintf("the document has the line separator U+%04X, which versions of YAML disagree about", c),
			fmt.Sprintf(`write it as "\u%04x" in a double-quoted text`, c)
	case c < 0x20 && c != '\t' && c != '\n' && c != '\r', c == 0x7f, c > 0x7f && c < 0xa0:
		return fmt.Sprintf("the document has the control character U+%04X", c), fmt.Sprintf(`write it as "\u%04x" in a double-quoted text`, c)
	case c == 0xfeff, c == 0xfffe, c == 0xffff:
		return fmt.Sprintf("the document has the character U+%04X, which YAML does not allow there", c),
			fmt.Sprintf(`write it as "\u%04x" in a double-quoted text`, c)
	}
	return "", ""
}
