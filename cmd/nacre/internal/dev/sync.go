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
	// Report is called with each change: "published", "deleted", or "failed" with the error.
	Report func(what, name string, err error)

	was    map[string]string // the published content of a file, by its path
	failed map[string]string // the reported error of a file
	seen   map[string]string // what the last look found, of files that may still be written
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
// calls find the same content, so that no half of a file is published; the first call publishes at
// once.
func (s *Sync) Once() error {
	first := s.was == nil
	if first {
		s.was, s.failed, s.seen = map[string]string{}, map[string]string{}, map[string]string{}
	}
	found, err := s.read()
	if err != nil {
		return err
	}
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
			continue
		}
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

// read returns the files of the folder and of the folders in it, without hidden ones, backups of
// editors and the list of an export.
func (s *Sync) read() (map[string]string, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	found := map[string]string{}
	return found, fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
			return nil
		case err != nil:
			return err
		case name == ".":
			return nil
		case strings.HasPrefix(base, "."), strings.HasSuffix(base, "~"), strings.HasSuffix(base, ".swp"), name == folder.ListName:
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			if strings.Contains(name, "/") {
				return fs.SkipDir
			}
			return nil
		}
		info, err := root.Stat(name) // follows a link in the folder, and none out of it
		if err != nil || !info.Mode().IsRegular() {
			return nil //nolint:nilerr // it is gone, or a link that leads out of the folder: not a config
		}
		if info.Size() > maxDocument {
			return fmt.Errorf("%s has more than %d bytes, which no server accepts", name, maxDocument)
		}
		data, err := root.ReadFile(name)
		if err == nil { // or an editor replaces it, and the next look finds it
			found[name] = string(data)
		}
		return nil
	})
}
