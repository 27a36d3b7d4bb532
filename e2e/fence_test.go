package e2e

import "strings"

// fence is a block of code of a document: what stands behind its backquotes, the number of its first line, and its text.
type fence struct {
	info string
	line int
	text string
}

// fencesOf are the blocks of code of a document, in order.
func fencesOf(document string) []fence {
	var all []fence
	line, inside := 0, false
	for l := range strings.Lines(document) {
		line++
		switch info, mark := strings.CutPrefix(strings.TrimSpace(l), "```"); {
		case mark && !inside:
			all = append(all, fence{info: info, line: line + 1})
			inside = true
		case mark:
			inside = false
		case inside:
			all[len(all)-1].text += l
		}
	}
	return all
}
