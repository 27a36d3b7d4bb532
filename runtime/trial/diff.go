package trial

import "fmt"

// What a difference of texts shows.
const (
	contextLines = 3
	mostLines    = 80      // of a difference
	mostCells    = 4 << 20 // of the table that finds the longest common lines
)

// edit is a line of a difference: in both texts, in the first, or in the second.
type edit struct {
	mark byte // ' ', '-', '+'
	text string
}

// diff is how two lists of lines differ, as `diff -u` has it: the lines that are different with some around them.
func diff(want, got []string) []string {
	all := edits(want, got)
	near := make([]bool, len(all))
	for i, e := range all {
		if e.mark == ' ' {
			continue
		}
		for k := max(0, i-contextLines); k <= min(len(all)-1, i+contextLines); k++ {
			near[k] = true
		}
	}
	var out []string
	wantLine, gotLine := 1, 1
	for i, e := range all {
		if near[i] {
			if i == 0 || !near[i-1] {
				out = append(out, fmt.Sprintf("@@ -%d +%d @@", wantLine, gotLine))
			}
			out = append(out, string(e.mark)+e.text)
		}
		if e.mark != '+' {
			wantLine++
		}
		if e.mark != '-' {
			gotLine++
		}
	}
	if len(out) > mostLines {
		left := len(out) - mostLines
		out = append(out[:mostLines], fmt.Sprintf("@@ and %d more lines @@", left))
	}
	return out
}

// edits turns one list of lines into the other. Where they are too long to find the fewest, everything between what they begin and end with
// alike counts as different.
func edits(want, got []string) []edit {
	first := 0
	for first < min(len(want), len(got)) && want[first] == got[first] {
		first++
	}
	last := 0
	for last < min(len(want), len(got))-first && want[len(want)-1-last] == got[len(got)-1-last] {
		last++
	}
	var out []edit
	for _, line := range want[:first] {
		out = append(out, edit{' ', line})
	}
	out = append(out, middle(want[first:len(want)-last], got[first:len(got)-last])...)
	for _, line := range want[len(want)-last:] {
		out = append(out, edit{' ', line})
	}
	return out
}

// middle finds the longest common subsequence by the table of the lengths of those of what is left.
func middle(want, got []string) []edit {
	var out []edit
	if len(want)*len(got) > mostCells {
		for _, line := range want {
			out = append(out, edit{'-', line})
		}
		for _, line := range got {
			out = append(out, edit{'+', line})
		}
		return out
	}
	width := len(got) + 1
	longest := make([]int32, (len(want)+1)*width)
	for i := len(want) - 1; i >= 0; i-- {
		for k := len(got) - 1; k >= 0; k-- {
			if want[i] == got[k] {
				longest[i*width+k] = longest[(i+1)*width+k+1] + 1
			} else {
				longest[i*width+k] = max(longest[(i+1)*width+k], longest[i*width+k+1])
			}
		}
	}
	i, k := 0, 0
	for i < len(want) || k < len(got) {
		switch {
		case i < len(want) && k < len(got) && want[i] == got[k]:
			out = append(out, edit{' ', want[i]})
			i, k = i+1, k+1
		case i < len(want) && (k == len(got) || longest[(i+1)*width+k] >= longest[i*width+k+1]):
			out = append(out, edit{'-', want[i]})
			i++
		default:
			out = append(out, edit{'+', got[k]})
			k++
		}
	}
	return out
}
