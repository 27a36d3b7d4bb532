package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func funcBase(_ *Env, a []any) (any, error) { return ofBytes(a[0], filepath.Base), nil }
func funcDir(_ *Env, a []any) (any, error)  { return ofBytes(a[0], filepath.Dir), nil }
func funcExt(_ *Env, a []any) (any, error)  { return ofBytes(a[0], extension), nil }
func funcStem(_ *Env, a []any) (any, error) { return ofBytes(a[0], stem), nil }

// ofBytes is what f makes of a text, or of bytes, which the names of files may be: text where it is UTF-8.
func ofBytes(v any, f func(string) string) any {
	if b, ok := v.([]byte); ok {
		return textOrBytes([]byte(f(string(b))))
	}
	return f(v.(string))
}

// stem is the last part of a path without its extension.
func stem(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, extension(base))
}

// extension is the part from the last dot on; as with Python's pathlib, dots that a name begins with do not count.
func extension(path string) string {
	base := filepath.Base(path)
	dot := strings.LastIndexByte(base, '.')
	if dot < 0 || strings.Trim(base[:dot], ".") == "" {
		return ""
	}
	return base[dot:]
}

func funcJoinPath(_ *Env, a []any) (any, error) {
	parts := make([]string, len(a))
	for i, part := range a {
		parts[i] = part.(string)
	}
	return filepath.Join(parts...), nil
}

func funcExists(_ *Env, a []any) (any, error) {
	_, err := os.Stat(a[0].(string))
	if err == nil {
		return true, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return nil, fileError(err, a[0].(string))
}

// funcMtime is the time of the last change in seconds since 1970.
func funcMtime(_ *Env, a []any) (any, error) {
	info, err := os.Stat(a[0].(string))
	if err != nil {
		return nil, fileError(err, a[0].(string))
	}
	return seconds(info.ModTime()), nil
}

// funcSize is the size of a file in bytes.
func funcSize(_ *Env, a []any) (any, error) {
	info, err := os.Stat(a[0].(string))
	if err != nil {
		return nil, fileError(err, a[0].(string))
	}
	return int(info.Size()), nil
}

// fileError names the file and what is wrong, without the system call.
func fileError(err error, path string) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// funcHost is the host of a URL in lower case, without user and port (RFC 3986, section 3.2); null if there is none.
func funcHost(_ *Env, a []any) (any, error) {
	_, rest, ok := strings.Cut(a[0].(string), "//")
	if !ok {
		return nil, nil
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if strings.HasPrefix(rest, "[") {
		inside, _, _ := strings.Cut(rest[1:], "]")
		if _, err := netip.ParseAddr(inside); err != nil {
			return nil, nil
		}
		return strings.ToLower(inside), nil
	}
	rest, _, _ = strings.Cut(rest, ":")
	if rest == "" {
		return nil, nil
	}
	return strings.ToLower(rest), nil
}

// funcNow is the time in seconds since 1970. It is the one function besides those on files that a redelivery does not repeat.
func funcNow(*Env, []any) (any, error) { return seconds(time.Now()), nil }

func seconds(t time.Time) float64 {
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}

// funcDuration reads 1h30m, 250ms as seconds.
func funcDuration(_ *Env, a []any) (any, error) {
	d, err := time.ParseDuration(a[0].(string))
	if err != nil {
		return nil, fmt.Errorf("%s is no duration such as 250ms, 1.5s, 2m", shortened(a[0].(string)))
	}
	return d.Seconds(), nil
}

// funcDate reads a date and time as seconds since 1970: in one of the usual layouts, or in one written as Go's time package does;
// in UTC, unless the text or the third argument names a zone.
func funcDate(_ *Env, a []any) (any, error) {
	text := a[0].(string)
	layouts := []string{
		time.DateOnly, time.DateTime, "2006-01-02T15:04:05", time.RFC3339,
		time.RFC822, time.RFC850, time.RFC1123, time.RFC1123Z, "02/Jan/2006:15:04:05 -0700",
	}
	if len(a) > 1 {
		layouts = []string{a[1].(string)}
	}
	zone := time.UTC
	if len(a) > 2 {
		var err error
		if zone, err = time.LoadLocation(a[2].(string)); err != nil {
			return nil, fmt.Errorf("unknown time zone %s", shortened(a[2].(string)))
		}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return seconds(t), nil
		}
	}
	return nil, fmt.Errorf("%s is no date that can be read", shortened(text))
}
