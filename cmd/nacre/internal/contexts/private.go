package contexts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// private says what other users may do with a file.
type private struct{ othersMayRead bool }

// read reads a regular file, if others cannot change it and, unless they may, cannot read it.
// Windows has no such permissions; there, nothing is checked.
func read(path string, p private) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", path)
	case runtime.GOOS == "windows":
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("%s: other users can change it; chmod go-w %s", path, path)
	case !p.othersMayRead && info.Mode().Perm()&0o007 != 0:
		return nil, fmt.Errorf("%s: every user can read it; chmod o-rwx %s", path, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New(path + ": too large a file")
	}
	return data, err
}

// ReadSecret reads a file with a password or token, without the end of its line. A file that other
// users can read or change is an error, and so is an empty one.
func ReadSecret(path string) (string, error) {
	data, err := read(path, private{})
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s: the file is empty", path)
	}
	return secret, nil
}

// hasUserinfo reports whether an address is a URL with credentials.
func hasUserinfo(address string) bool {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		rest = address
	}
	host, _, _ := strings.Cut(rest, "/")
	return strings.Contains(host, "@")
}
