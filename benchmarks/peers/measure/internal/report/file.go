package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// The lines of a file that enclose the tables.
const (
	begin = "<!-- peers: begin -->\n"
	end   = "<!-- peers: end -->\n"
)

// Writable tells early whether Write can work.
func Writable(path string) error {
	_, _, err := around(path)
	return err
}

// Write writes the text into a file: between its marks, or as all of a new file.
func Write(path, text string) error {
	before, after, err := around(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(before+text+after), 0o644)
}

// around returns what a file has before and after the tables; nothing for a file that does not
// exist or is empty.
func around(path string) (before, after string, err error) {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(old) == 0 {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	before, rest, hasBegin := strings.Cut(string(old), begin)
	_, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		return "", "", fmt.Errorf("%s exists and has no lines %q and %q to write between", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin, end + after, nil
}
