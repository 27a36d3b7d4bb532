package runtime

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mprun/mprun/stages"
)

// The outlet is one more queue, from all workers to the supervisor: what leaves the run. Because a record becomes visible with its
// worker's commit, and only the supervisor takes records, each text is passed on exactly once whoever dies.
//
//	record: kind 1 | name length 4 | data length 4 | name | data     (little-endian, lengths in bytes)

// recordKind says what a record of the outlet is.
type recordKind byte

const (
	recordInvalid    recordKind = iota
	recordStdout                // name: a header that is to come before the first such text, or nothing; data: text
	recordStderr                // the same
	recordCreate                // name: see fileName; data appended to a new file that appears at the end
	recordAppend                // name: see fileName; data appended to the file itself
	recordResult                // name: result; data: the value, as in a queue
	recordLog                   // name: level; data: text
	recordSkipped               // name: replica; an item whose program did not need to run
	recordRequest               // data: see request.go
	recordStdoutFile            // data: path of a file of the folder for spill, whose content is printed and which is removed
	recordStderrFile            // the same
	recordKinds                 // how many there are
)

const recordHeader = 9

// record is a decoded record; name and data share the block's memory.
type record struct {
	kind recordKind
	name []byte
	data []byte
}

// errRecord says that a block of the outlet is not what a worker writes.
var errRecord = errors.New("damaged record in the outlet")

func recordSize(name string, data []byte) int { return recordHeader + len(name) + len(data) }

func appendRecord(dst []byte, kind recordKind, name string, data []byte) []byte {
	dst = append(dst, byte(kind))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(name)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(data)))
	dst = append(dst, name...)
	return append(dst, data...)
}

// nextRecord splits the first record off p. Lengths are checked: p is shared memory.
func nextRecord(p []byte) (record, []byte, error) {
	if len(p) < recordHeader {
		return record{}, nil, errRecord
	}
	kind := recordKind(p[0])
	name, data := uint64(binary.LittleEndian.Uint32(p[1:])), uint64(binary.LittleEndian.Uint32(p[5:]))
	p = p[recordHeader:]
	if kind == recordInvalid || kind >= recordKinds || name+data > uint64(len(p)) {
		return record{}, nil, errRecord
	}
	return record{kind: kind, name: p[:name:name], data: p[name : name+data : name+data]}, p[name+data:], nil
}

// fileName is the name of a record for a file: process, file:line:col of the stage, path, whether it has lines, whether it is raw, and header,
// with a zero byte between.
func fileName(process string, to stages.File) string {
	pos := strconv.Itoa(to.Pos.Line) + ":" + strconv.Itoa(to.Pos.Col) + ":" + to.Pos.File
	return strings.Join([]string{process, pos, to.Path, strconv.FormatBool(to.Lines), strconv.FormatBool(to.Raw), to.Header}, "\x00")
}

// destinationOf reads what fileName has written.
func destinationOf(r record) destination {
	to := destination{appends: r.kind == recordAppend}
	var pos, rest, line, col, lines, raw string
	to.process, rest, _ = strings.Cut(string(r.name), "\x00")
	pos, rest, _ = strings.Cut(rest, "\x00")
	to.path, rest, _ = strings.Cut(rest, "\x00")
	lines, rest, _ = strings.Cut(rest, "\x00")
	raw, to.header, _ = strings.Cut(rest, "\x00")
	to.lines, to.raw = lines == "true", raw == "true"
	line, rest, _ = strings.Cut(pos, ":")
	col, to.pos.File, _ = strings.Cut(rest, ":")
	to.pos.Line, _ = strconv.Atoi(line)
	to.pos.Col, _ = strconv.Atoi(col)
	return to
}

// resultValue decodes the value of a result record.
func resultValue(data []byte) (any, error) {
	c, err := stages.DecodeColumn(data)
	if err != nil {
		return nil, fmt.Errorf("decoding a result: %w", err)
	}
	if c.Len() != 1 {
		return nil, errRecord
	}
	return c.At(0), nil
}
