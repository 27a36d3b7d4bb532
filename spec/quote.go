package spec

import (
	"strings"
	"unicode/utf8"
)

// longestMend is how long a mended line may be, in runes, to be shown in a hint.
const longestMend = 160

// longestMended is how long a line or flow collection may be, in bytes, to be mended at all.
const longestMended = 4096

// quoteYAML writes a text as a quoted scalar on one line, in the style that needs fewer escapes.
func quoteYAML(text string) string {
	if strings.Contains(text, "'") && !strings.ContainsAny(text, `"\`) {
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// writeAs is the hint to quote what stands in a range, with the line as it is then.
func writeAs(src *Source, r Range) string {
	return writeInstead(src, r, quoteYAML(src.Text(r)))
}

// writeInstead is the hint to replace what stands in a range by other text, with the line as it is then.
func writeInstead(src *Source, r Range, text string) string {
	if r.Start.Line != r.End.Line || strings.Contains(text, "\n") {
		return "put it in quotes"
	}
	start := src.lines[r.Start.Line-1]
	line := string(src.Bytes[start:r.Start.Offset]) + text + string(src.Bytes[r.End.Offset:src.lineEnd(r.Start.Line)])
	return showMended(line)
}

// showMended is the hint that shows a mended line, without what it shares with any other.
func showMended(line string) string {
	line = strings.TrimSpace(line)
	for strings.HasPrefix(line, "- ") {
		line = strings.TrimLeft(line[2:], " ")
	}
	if utf8.RuneCountInString(line) > longestMend {
		return "put it in quotes"
	}
	return "write it as: " + line
}
