package stages

// appendRecord writes an item in a format that knows nothing of the items before: lines, nul, jsonl, frames, text and bytes. Strings and
// bytes are written as they are, but for jsonl; everything else as JSON.
func appendRecord(dst []byte, f format, item any) []byte {
	switch f {
	case formatJSONL:
		return append(AppendJSON(dst, item), '\n')
	case formatLines:
		return append(AppendText(dst, item), '\n')
	case formatNul:
		return append(AppendText(dst, item), 0)
	case formatFrames:
		return appendFrame(dst, item)
	default:
		return AppendText(dst, item)
	}
}
