package stages

import (
	"strings"
	"unicode/utf8"
)

// pieceDecoder reads formatPieces and formatLog: what a program writes that goes elsewhere than into a chain. It takes any bytes, line by
// line, so that lines stay whole as far as that goes.
type pieceDecoder struct {
	bare bool // formatLog: without the line's end, as text
}

// longestPiece is how many bytes a piece has, at most: a line that is longer is several.
const longestPiece = 1 << 20

func (d pieceDecoder) decode(w *window, limit int, out *Column) error {
	for out.Len() < limit && w.pos < len(w.text) {
		rest := w.text[w.pos:]
		end := strings.IndexByte(rest[:min(len(rest), longestPiece)], '\n') + 1
		switch {
		case end > 0:
			w.line++
		case len(rest) >= longestPiece:
			end = longestPiece
		case w.last || w.full && w.pos == 0:
			end = len(rest)
		default:
			return nil
		}
		piece := rest[:end]
		w.pos += end
		switch {
		case d.bare:
			out.Append(strings.ToValidUTF8(strings.TrimSuffix(piece, "\n"), "\uFFFD"))
		case utf8.ValidString(piece):
			out.Append(piece)
		default:
			out.Append([]byte(piece))
		}
	}
	return nil
}

func (pieceDecoder) save(*StateWriter, bool) {}
func (pieceDecoder) load(*StateReader, bool) {}
