package each

import (
	"fmt"
	"regexp"
	"strings"
)

// columnsExpression is the expression for the arguments of an item, which stand between separators: GNU parallel takes a regular expression
// there. Those that are a text, and runs of blanks, are what is written; others are refused.
func columnsExpression(separator string) (string, error) {
	switch separator {
	case `\s+`, ` +`, `[ \t]+`, `[[:space:]]+`:
		return `find_all(item, "[^ \\t\\r\\n]+")`, nil
	case ` *, *`, `,\s*`, `\s*,\s*`:
		return `map(split(item, ","), trim(it))`, nil
	}
	if plain := knownEscapes("", "", "", "").Replace(separator); len(separator) > 1 && regexp.QuoteMeta(plain) != plain {
		return "", fmt.Errorf("--colsep takes a text, \\t, or \\s+ for any blanks, not the regular expression %s: an extract stage of a spec takes one (mprun explain extract)", separator)
	}
	return "split(item, " + quoted(knownEscapes("\t", "|", ".", `\`).Replace(separator)) + ")", nil
}

// knownEscapes replaces the escapes of a regular expression that are one character.
func knownEscapes(tab, bar, dot, backslash string) *strings.Replacer {
	return strings.NewReplacer(`\t`, tab, `\|`, bar, `\.`, dot, `\\`, backslash)
}
