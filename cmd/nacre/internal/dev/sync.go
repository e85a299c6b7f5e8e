package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
)

// DefaultGroup is the group of files that are not in the folder of a group.
const DefaultGroup = "DEFAULT_GROUP"

// Publisher is what a sync needs of a server.
type Publisher interface {
	Put(namespace, group, dataID, content string) error
	Delete(namespace, group, dataID string)
}

// Sync publishes the files of a folder and what changes in them.
type Sync struct {
	Dir       string
	Namespace string
	Server    Publisher
	// Report is called with each change: "published", "deleted", or "failed" with the error. It is
	// called once with each file that is not a config: "ignored", with the reason.
	Report func(what, name string, err error)

	was    map[string]string // the published content of a file, by its path
	failed map[string]string // the reported error of a file
	seen   map[string]string // what the last look found, of files that may still be written
	gone   map[string]bool   // what the last look did not find, of files that an editor may replace
	told   map[string]bool   // the files that were reported as ignored
}

// Run looks at the folder at an interval until ctx ends.
func (s *Sync) Run(ctx context.Context, interval time.Duration) error {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		if err := s.Once(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Once publishes what differs from the last call. A file that has changed is published when two
// calls find the same content, so that no half of a file is published, and one that is gone is
// deleted when two calls do not find it, since an editor may rename a file before it writes the new
// one. The first call publishes at once.
func (s *Sync) Once() error {
	first := s.was == nil
	if first {
		s.was, s.failed, s.seen = map[string]string{}, map[string]string{}, map[string]string{}
		s.gone, s.told = map[string]bool{}, map[string]bool{}
	}
	found, err := s.read()
	switch {
	case err != nil && !first && errors.Is(err, fs.ErrNotExist): // such as by git, which makes it again
		if s.failed["."] == "" {
			s.failed["."] = err.Error()
			s.Report("failed", "the folder is gone, and its configs stay", err)
		}
		return nil
	case err != nil:
		return err
	}
	delete(s.failed, ".")
	for _, name := range slices.Sorted(maps.Keys(found)) {
		content := found[name]
		published, known := s.was[name]
		settled := first || s.seen[name] == content
		s.seen[name] = content
		if known && published == content || !settled {
			continue
		}
		s.publish(name, content)
	}
	for _, name := range slices.Sorted(maps.Keys(s.was)) {
		if _, exists := found[name]; exists {
			delete(s.gone, name)
			continue
		}
		if !s.gone[name] {
			s.gone[name] = true
			continue
		}
		delete(s.gone, name)
		delete(s.was, name)
		delete(s.seen, name)
		delete(s.failed, name)
		if group, dataID, err := names(name); err == nil {
			s.Server.Delete(s.Namespace, group, dataID)
			s.Report("deleted", group+"/"+dataID, nil)
		}
	}
	return nil
}

func (s *Sync) publish(name, content string) {
	group, dataID, err := names(name)
	if err == nil && !utf8.ValidString(content) {
		err = errors.New("the content is not UTF-8")
	}
	if err == nil {
		err = s.Server.Put(s.Namespace, group, dataID, content)
	}
	if err != nil {
		if s.failed[name] != err.Error() {
			s.failed[name] = err.Error()
			s.Report("failed", name, err)
		}
		return
	}
	delete(s.failed, name)
	s.was[name] = content
	s.Report("published", group+"/"+dataID, nil)
}

// names returns the group and the data ID of a file.
func names(file string) (group, dataID string, err error) {
	dir, base := path.Split(file)
	if dir == "" {
		dir = DefaultGroup
	}
	if group, err = folder.Unescape(strings.TrimSuffix(dir, "/")); err == nil {
		dataID, err = folder.Unescape(base)
	}
	return group, dataID, err
}

// maxDocument is the size in bytes above which a file cannot be a config.
const maxDocument = 10 << 20

// read returns the files of the folder and of the folders in it that are configs; see
// [folder.Ignored].
func (s *Sync) read() (map[string]string, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	found := map[string]string{}
	return found, fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
			return nil
		case err != nil && name == ".":
			return err
		case err != nil:
			s.ignore(name, cause(err))
			return nil
		case name == ".":
			return nil
		}
		why := folder.Ignored(path.Base(name))
		switch {
		case name == folder.ListName:
			why = "it has the metadata of nacre export"
		case why == "" && entry.IsDir() && strings.Contains(name, "/"):
			why = "a folder in the folder of a group"
		}
		switch {
		case why != "":
			s.ignore(name, errors.New(why))
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir():
			s.readFile(root, name, found)
		}
		return nil
	})
}

// readFile adds a file to what was found. A file that cannot be read keeps its published content.
func (s *Sync) readFile(root *os.Root, name string, found map[string]string) {
	info, err := root.Stat(name) // follows a link in the folder, and none out of it
	switch {
	case errors.Is(err, fs.ErrNotExist): // an editor replaces it
		return
	case err != nil:
		s.ignore(name, cause(err))
		return
	case !info.Mode().IsRegular():
		s.ignore(name, errors.New("not a regular file"))
		return
	case info.Size() > maxDocument:
		s.ignore(name, fmt.Errorf("it has more than %d bytes, which no server accepts", maxDocument))
		return
	}
	data, err := root.ReadFile(name)
	switch {
	case err == nil:
		found[name] = string(data)
	case !errors.Is(err, fs.ErrNotExist):
		s.ignore(name, cause(err))
		if published, known := s.was[name]; known {
			found[name] = published
		}
	}
}

// ignore reports a file that is not a config, once.
func (s *Sync) ignore(name string, why error) {
	if !s.told[name] {
		s.told[name] = true
		s.Report("ignored", name, why)
	}
}

// cause returns the cause of a file error without its path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
