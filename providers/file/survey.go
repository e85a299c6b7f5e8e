package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// spot is the place of a document, as a walk has found it.
type spot struct {
	entry *entry
	name  string // of the document
	path  string // absolute, as given
	real  string // without links; empty if nothing exists
	stamp stamp  // zero if nothing exists
}

func (sp spot) absent() bool { return sp.real == "" }

func (sp spot) same(other spot) bool {
	return sp.name == other.name && sp.real == other.real && sp.stamp == other.stamp
}

// survey walks to every file, and watches what it passes.
func (s *fileSource) survey(sc *scan) ([]spot, error) {
	var spots []spot
	for _, given := range s.entries {
		e, err := given.choice(sc)
		if err != nil {
			return nil, err
		}
		real, info, err := sc.walk(rootOf(e.path), split(e.path))
		e.met = e.met || info != nil
		if !e.met && !errors.Is(err, fs.ErrPermission) {
			if err := e.unmeant(); err != nil {
				return nil, err
			}
		}
		switch {
		case err != nil:
			return nil, trouble(e.name, err)
		case info == nil:
			spots = append(spots, spot{entry: e, name: e.name, path: e.path})
		case !e.dir:
			if err := regular(e.name, info); err != nil {
				return nil, err
			}
			sc.see(real, itself)
			sc.heard.name(real)
			spots = append(spots, spot{entry: e, name: e.name, path: e.path, real: real, stamp: stampOf(info)})
		case !info.IsDir():
			return nil, invalidArgument(e.name, "is not a folder", "use file.New or file.WithFile for a file")
		default:
			inside, err := s.list(sc, e, real)
			if err != nil {
				return nil, err
			}
			if len(inside) == 0 {
				inside = []spot{{entry: e, name: e.name, path: e.path}} // a content always has a document
			}
			spots = append(spots, inside...)
		}
	}
	return spots, nil
}

// list walks to every file of a folder, in alphabetical order.
func (s *fileSource) list(sc *scan, e *entry, folder string) ([]spot, error) {
	sc.see(folder, leaf)
	sc.heard.folder(folder)
	items, err := os.ReadDir(folder)
	if err != nil {
		if missing(err) {
			err = errMoved
		}
		return nil, trouble(e.name, err)
	}
	var spots []spot
	for _, item := range items {
		if !e.takes(item.Name()) {
			continue
		}
		sp := spot{entry: e, name: filepath.Join(e.name, item.Name()), path: filepath.Join(e.path, item.Name())}
		real, info, err := sc.walk(folder, []string{item.Name()})
		switch {
		case err != nil:
			return nil, trouble(sp.name, err)
		case info == nil: // a link without a target
		case info.IsDir():
			continue
		default:
			if err := regular(sp.name, info); err != nil {
				return nil, err
			}
			sc.see(real, itself)
			sc.heard.name(real)
			sp.real, sp.stamp = real, stampOf(info)
		}
		spots = append(spots, sp)
	}
	return spots, nil
}

// leftovers are the ends of names of files that editors, package managers and people leave behind.
var leftovers = []string{
	"~", ".bak", ".old", ".orig", ".rej", ".swp", ".swo", ".tmp", ".save",
	".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".ucf-old", ".ucf-new", ".ucf-dist",
}

// takes reports whether a file of a folder is configuration.
func (e *entry) takes(name string) bool {
	if name[0] == '.' || name[0] == '#' || name[0] == '~' {
		return false
	}
	for _, end := range leftovers {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	format := source.FormatOf(name)
	return e.declared || format != "" && format != source.FormatText // a README.txt has no keys
}

// formatOf returns the format of one of the entry's files.
func (e *entry) formatOf(name string) string {
	if e.format != "" {
		return e.format
	}
	return source.FormatOf(name)
}

func regular(name string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return invalidArgument(name, "is a folder", "use file.Dir or file.WithDir for a folder")
	case !info.Mode().IsRegular():
		return invalidArgument(name, "is not a regular file", "a pipe or a device cannot be configuration; use a file")
	}
	return nil
}
