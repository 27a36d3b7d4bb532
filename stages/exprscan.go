package stages

import "strings"

// FindClose finds the }} that closes a ${{: src begins just behind it, the result is the byte index of the }}, or -1 if there is
// none. Brackets nest, and what stands in quotes or in /* comments */ does not count, as in expr's own lexer (a test holds both
// against each other), so that `map(xs, {{a: it}}) }}` is found to be closed at its end.
func FindClose(src string) int {
	depth := 0
	for i := 0; i < len(src); {
		if next := skipOpaque(src, i); next > i {
			i = next
			continue
		}
		switch src[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				if strings.HasPrefix(src[i:], "}}") {
					return i
				}
				return -1
			}
			depth--
		}
		i++
	}
	return -1
}

// FindBracket finds the ] that closes a [: src begins just behind it, the result is the byte index of the ], or -1 if there is none.
func FindBracket(src string) int {
	depth := 0
	for i := 0; i < len(src); {
		if next := skipOpaque(src, i); next > i {
			i = next
			continue
		}
		switch src[i] {
		case '[':
			depth++
		case ']':
			if depth == 0 {
				return i
			}
			depth--
		}
		i++
	}
	return -1
}

// skipOpaque is the index behind the quoted text or comment that begins at i, or i if none does. What does not end reaches to the
// end of src. A // is no comment here: expressions refuse it.
func skipOpaque(src string, i int) int {
	switch c := src[i]; c {
	case '\'', '"':
		for j := i + 1; j < len(src); j++ {
			switch src[j] {
			case '\\':
				j++
			case c:
				return j + 1
			}
		}
		return len(src)
	case '`':
		for j := i + 1; j < len(src); j++ {
			if src[j] != '`' {
				continue
			}
			if !strings.HasPrefix(src[j+1:], "`") {
				return j + 1
			}
			j++ // a doubled one stands for itself
		}
		return len(src)
	case '/':
		if strings.HasPrefix(src[i:], "/*") {
			if end := strings.Index(src[i+2:], "*/"); end >= 0 {
				return i + 2 + end + 2
			}
			return len(src)
		}
	}
	return i
}

// findComment is the byte index of the first // outside of quotes, or -1.
func findComment(src string) int {
	for i := 0; i < len(src); {
		if next := skipOpaque(src, i); next > i {
			i = next
			continue
		}
		if strings.HasPrefix(src[i:], "//") {
			return i
		}
		i++
	}
	return -1
}
