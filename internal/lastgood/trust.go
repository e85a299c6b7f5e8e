package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nacre-go/nacre/source"
)

const (
	groupMayWrite = 0o020
	allMayWrite   = 0o002
)

var (
	errIrregular = errors.New("not a regular file")
	errLink      = errors.New("symbolic link, which is not followed")
	errAllWrite  = errors.New("every user can write the copy")
)

// openFile opens a regular file that another user may have replaced. It does not block, and does
// not follow links.
func openFile(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|quickly, 0)
	if err != nil {
		if isLink(path) {
			err = errLink
		}
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errIrregular
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// trust returns an error if another user may have written the content of a file. On some file
// systems, owners and modes mean nothing, so trust compares the file with one that it creates in
// the same folder.
func trust(path string, info fs.FileInfo) error {
	uid, ok := ownerOf(info)
	if !ok || mine(uid) && info.Mode()&allMayWrite == 0 {
		return nil
	}
	like := sample(filepath.Dir(path))
	if all := info.Mode() & allMayWrite; all != 0 && (like == nil || like.Mode()&allMayWrite == 0) {
		return errAllWrite
	}
	if mine(uid) {
		return nil
	}
	if like != nil {
		if own, _ := ownerOf(like); own == uid {
			return nil
		}
	}
	return fmt.Errorf("copy belongs to another user (uid %d)", uid)
}

// mine reports whether a user is that of this process, or root.
func mine(uid int) bool { return uid == os.Geteuid() || uid == 0 }

// sample returns the attributes of a file that this process creates in a folder; nil if it cannot.
func sample(folder string) fs.FileInfo {
	f, err := os.CreateTemp(folder, ".nacre-*.tmp")
	if err != nil {
		return nil
	}
	defer os.Remove(f.Name())
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// Warning returns what other users can do to the copy at path that no check detects; empty if there
// is nothing. The folder should exist.
func Warning(path string, key []byte) string {
	var all []string
	sealed := len(key) > 0
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err == nil {
		uid, ok := ownerOf(info)
		switch mode := info.Mode(); {
		case !ok:
		case mode&allMayWrite != 0 && mode&fs.ModeSticky == 0:
			all = append(all, "every user can write its folder")
		case !mine(uid):
			all = append(all, fmt.Sprintf("its folder belongs to another user (uid %d)", uid))
		case mode&fs.ModeSticky != 0: // users can change only their own files
		case mode&groupMayWrite != 0 && !sealed:
			all = append(all, "the group of its folder can write there")
		}
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		if info.Mode()&groupMayWrite != 0 && !sealed {
			all = append(all, "its group can write it")
		}
		if _, err := readMark(path, key); err != nil && !isPlaced(err) {
			all = append(all, unknownAge(path, err))
		}
	}
	if all == nil {
		return ""
	}
	fix := "set Options.LastKnownGoodKey, or a LastKnownGoodDir that only the user of the service can write"
	if sealed {
		fix = "the copy can be removed, or an older one put back with its mark; use a LastKnownGoodDir that only the user of the service can write"
	}
	return strings.Join(all, ", ") + "; " + fix
}

func distrusted(path string, cause error) error {
	return &source.Error{Kind: source.PermissionDenied, Op: "read last known good copy", Document: path, Err: cause,
		Fix: "nacre does not use the copy, and the next good version replaces it; set Options.LastKnownGoodKey (for a copy of at most 64 MiB), or a LastKnownGoodDir that only the user of the service can write"}
}
