package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// marks returns the lines of a file that enclose the table of a kind of server.
func marks(kind string) (begin, end string) {
	return "<!-- push " + kind + ": begin -->\n", "<!-- push " + kind + ": end -->\n"
}

// around returns what a file has before and after the table; nothing for a file that is not there
// or empty.
func around(path, kind string) (before, after string, err error) {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(old) == 0 {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	begin, end := marks(kind)
	text := strings.ReplaceAll(string(old), "\r\n", "\n")
	before, rest, hasBegin := strings.Cut(text, begin)
	_, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		return "", "", fmt.Errorf("%s is there and has no lines %q and %q to write between", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin, end + after, nil
}

// writable tells early whether writeBetween can work.
func writable(path, kind string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	_, _, err := around(path, kind)
	return err
}

// writeBetween writes the text into a file: between the marks of this kind of server, or as all of
// a new file.
func writeBetween(path, kind, text string) error {
	before, after, err := around(path, kind)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(before+text+after), 0o644)
}
