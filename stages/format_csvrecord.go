package stages

import "strings"

// csvState is what became of parsing a record.
type csvState uint8

const (
	// csvRecord: it is whole.
	csvRecord csvState = iota + 1
	// csvMore: its end is not in the text.
	csvMore
	// csvBareQuote: a quote in a field that does not begin with one.
	csvBareQuote
	// csvBehindQuote: a quoted field goes on behind its closing quote.
	csvBehindQuote
	// csvOpenQuote: a quoted field has no end in all that follows.
	csvOpenQuote
)

func (s csvState) message() string {
	switch s {
	case csvBareQuote:
		return "a quote inside of an unquoted field"
	case csvBehindQuote:
		return "text behind the closing quote of a field (a quote inside is written twice)"
	case csvMore, csvOpenQuote:
		return "a quoted field has no end"
	}
	return ""
}

// csvParser parses one record of RFC 4180. Its fields are parts of the text, but for those with doubled quotes.
type csvParser struct {
	fields []string
	taken  int // bytes of the record with its end; of a broken one, up to the end of its first line; 0: that is not there
	lines  int // lines in taken
	at     int // of a broken record: the byte that broke it
}

// parse reads the record that text begins with.
func (p *csvParser) parse(text string, last bool) csvState {
	p.fields, p.taken, p.lines, p.at = p.fields[:0], 0, 1, 0
	end, next := nextRecord(text, 0, '\n')
	if end < 0 {
		if !last {
			return csvMore
		}
		end = len(text)
	}
	line := text[:end]
	if strings.IndexByte(line, '"') >= 0 {
		return p.quoted(text, next, last)
	}
	p.taken = next
	p.split(strings.TrimSuffix(line, "\r"))
	return csvRecord
}

// split takes the fields of a record without quotes.
func (p *csvParser) split(line string) {
	for {
		i := strings.IndexByte(line, ',')
		if i < 0 {
			p.fields = append(p.fields, line)
			return
		}
		p.fields = append(p.fields, line[:i])
		line = line[i+1:]
	}
}

// quoted parses a record with quotes, whose first line ends at firstLine.
func (p *csvParser) quoted(text string, firstLine int, last bool) csvState {
	for pos := 0; ; {
		var state csvState
		var ended bool
		if strings.HasPrefix(text[pos:], `"`) {
			pos, ended, state = p.quotedField(text, pos, last)
		} else {
			pos, ended, state = p.plainField(text, pos, last)
		}
		switch {
		case state != csvRecord:
			p.taken, p.lines = firstLine, 1
			return state
		case ended:
			p.taken = pos
			return csvRecord
		}
	}
}

// plainField takes the field without quotes at pos. It gives the place behind its comma or, if the record ended, its line end.
func (p *csvParser) plainField(text string, pos int, last bool) (next int, ended bool, state csvState) {
	i := strings.IndexAny(text[pos:], ",\n\"")
	switch {
	case i < 0 && !last:
		return 0, false, csvMore
	case i < 0:
		p.fields = append(p.fields, strings.TrimSuffix(text[pos:], "\r"))
		return len(text), true, csvRecord
	case text[pos+i] == '"':
		p.at = pos + i
		return 0, false, csvBareQuote
	case text[pos+i] == ',':
		p.fields = append(p.fields, text[pos:pos+i])
		return pos + i + 1, false, csvRecord
	default:
		p.fields = append(p.fields, strings.TrimSuffix(text[pos:pos+i], "\r"))
		return pos + i + 1, true, csvRecord
	}
}

// quotedField takes the quoted field at pos.
func (p *csvParser) quotedField(text string, pos int, last bool) (next int, ended bool, state csvState) {
	open := pos
	start := pos + 1
	doubled := false
	for pos = start; ; {
		i := strings.IndexByte(text[pos:], '"')
		if i < 0 || (pos+i+1 == len(text) && !last) {
			if !last {
				return 0, false, csvMore
			}
			p.at = open
			return 0, false, csvOpenQuote
		}
		pos += i + 1
		if pos == len(text) || text[pos] != '"' {
			break
		}
		doubled = true
		pos++
	}
	field := text[start : pos-1]
	p.lines += strings.Count(field, "\n")
	if doubled {
		field = strings.ReplaceAll(field, `""`, `"`)
	}
	p.fields = append(p.fields, field)
	rest := text[pos:]
	switch {
	case rest == "":
		return pos, true, csvRecord
	case rest[0] == ',':
		return pos + 1, false, csvRecord
	case rest[0] == '\n':
		return pos + 1, true, csvRecord
	case strings.HasPrefix(rest, "\r\n"):
		return pos + 2, true, csvRecord
	case rest == "\r" && last:
		return pos + 1, true, csvRecord
	case rest == "\r":
		return 0, false, csvMore
	}
	p.at = pos
	return 0, false, csvBehindQuote
}
