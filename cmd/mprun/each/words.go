package each

import (
	"fmt"
	"strings"
)

// splitWords splits a command that is one text as a shell would, without being one: quotes and backslashes count, what only a shell can do is
// refused.
func splitWords(text string) ([]string, error) {
	if !strings.ContainsAny(text, " \t\n\"'\\") {
		return []string{text}, nil
	}
	var words []string
	var word strings.Builder
	var quote byte
	open := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && i+1 < len(text):
			i++
			if quote == '"' && !strings.ContainsRune("\"\\$`", rune(text[i])) {
				word.WriteByte('\\')
			}
			word.WriteByte(text[i])
			open = true
		case quote == 0 && (c == '\'' || c == '"'):
			quote, open = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		case strings.IndexByte("|&;<>()`$*?", c) >= 0:
			return nil, fmt.Errorf("%q is for a shell, and a command is run without one: mprun each --shell %s has one, or give the command in several words", string(c), shellWord(text))
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the command ends inside of quotes: %s", text)
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
