package file

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// First returns a source of the first file that exists among paths, in order of preference. The
// options apply to whichever it is.
//
//	file.First([]string{"orders.yaml", filepath.Join(home, ".config/orders.yaml"), "/etc/orders.yaml"})
//
// The source chooses once: when it reads for the first time and one of the files exists. From then
// on it is a source of that file alone. A file that appears earlier in the list has no effect
// before the next start, and if the chosen file is deleted, its document is absent, as with [New],
// and no other file takes its place. Otherwise a file in the wrong folder, or the moment between
// the deletion of a file and its return, would give a running service another configuration.
//
// If none of the files exists, the document is absent, and the error of a start without it lists
// all paths; see nacre.AbsentOK. The first of the files that appears is then the chosen one. A file
// that exists and cannot be read is an error, not skipped, and so is one in a folder that cannot be
// entered. A path that is surely a mistake is an error even if an earlier file exists; see "Paths"
// in the package comment.
func First(paths []string, opts ...Option) source.Source { return newFirst(paths, opts) }

func newFirst(paths []string, opts []Option) *fileSource {
	if len(paths) == 0 {
		s := newSource("", false, nil)
		s.misuse = invalidArgument("", "file.First has no paths", "name the files to look for")
		return s
	}
	s := newSource(paths[0], false, opts)
	group := s.entries[0]
	for _, path := range paths {
		e := *group
		e.name, e.choices = path, nil
		if !e.declared {
			e.format = source.FormatOf(path)
		}
		if err := e.check(); err != nil && s.misuse == nil {
			s.misuse = err
		}
		group.choices = append(group.choices, &e)
	}
	return s
}

// choice returns the entry to read: the chosen one, or the first that exists. It is e itself for an
// entry without choices.
func (e *entry) choice(sc *scan) (*entry, error) {
	if len(e.choices) == 0 {
		return e, nil
	}
	if e.chosen != nil {
		return e.chosen, nil
	}
	e.found = nil
	for _, c := range e.choices {
		if e.found != nil {
			if err := c.unmeant(); err != nil && !errors.Is(err, errMoved) {
				return nil, err
			}
			continue
		}
		_, info, err := sc.walk(rootOf(c.path), split(c.path))
		if info == nil && !errors.Is(err, fs.ErrPermission) {
			if mistake := c.unmeant(); mistake != nil {
				return nil, mistake
			}
		}
		switch {
		case err != nil:
			return nil, trouble(c.name, err)
		case info != nil:
			e.found = c
		}
	}
	if e.found == nil {
		return e, nil // absent
	}
	return e.found, nil
}

// choose makes the choices final: the caller has the content of these files.
func (s *fileSource) choose() {
	for _, e := range s.entries {
		if e.found != nil {
			e.chosen = e.found
		}
	}
}

// noneExists returns why the document of First is absent.
func (e *entry) noneExists() error {
	var paths []string
	for _, c := range e.choices {
		paths = append(paths, c.path)
	}
	return &source.Error{
		Kind: source.NotFound, Op: "read", Document: e.name, Err: errors.New("none of the files exists: " + strings.Join(paths, ", ")),
		Fix: "create one of them, or use nacre.AbsentOK() if the service can start without it",
	}
}
