package lastgood

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// A config saves its copy in a file whose name depends on its documents. A release that adds or
// removes a layer has another file, and finds the documents in the files that its program saved
// before. These files are siblings: their names differ only in the last part.

// suffix ends the name of a copy.
const suffix = ".lastgood"

// maxSiblings is the number of files that Find reads at most, the newest first.
const maxSiblings = 16

var lastPart = regexp.MustCompile(`-[0-9a-f]{12}` + regexp.QuoteMeta(suffix) + `$`)

// Copy is a copy with its path.
type Copy struct {
	Path string
	*Record
}

// Found is what Find found.
type Found struct {
	Copies  []Copy  // that can be used, newest first
	Skipped []error // why the other files cannot be used
	path    string
	marks   []placedMark
}

// placedMark is the mark of the newest copy at a path.
type placedMark struct {
	path string
	mark
}

// Find reads the copy at path, and its siblings. A sealed sibling is not used if a newer copy had
// all of its documents: that copy was removed or damaged.
func Find(path string, key []byte) Found {
	f := Found{path: path}
	for _, sibling := range siblings(path) {
		if m, err := readMark(sibling, key); err == nil && m.Sequence > 0 {
			f.marks = append(f.marks, placedMark{sibling, m})
		}
		r, err := Load(sibling, key)
		switch {
		case err != nil:
			f.Skipped = append(f.Skipped, err)
		case r != nil:
			f.Copies = append(f.Copies, Copy{sibling, r})
		}
	}
	f.Copies = slices.DeleteFunc(f.Copies, func(c Copy) bool {
		newer := f.newerThan(c)
		if newer == "" {
			return false
		}
		f.Skipped = append(f.Skipped, &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: c.Path, Err: errOlder,
			Fix: "nacre does not use the copy; to use it all the same, remove " + newer})
		return true
	})
	slices.SortStableFunc(f.Copies, func(a, b Copy) int { return b.SavedAt.Compare(a.SavedAt) })
	return f
}

// newerThan returns the path of a mark of a newer copy with all documents of a sibling; empty if
// there is none.
func (f Found) newerThan(c Copy) string {
	if c.Path == f.path {
		return "" // Load has compared it with its own mark
	}
	for _, m := range f.marks {
		if m.path != c.Path && m.Sequence > c.Sequence && includes(m.Keys, c.keys()) {
			return m.path + newest
		}
	}
	return ""
}

// Accepted returns the signed releases that configs with the same manifest accepted, also if the
// copy itself is missing, damaged or an older one; nil if they are not known. The arguments are the
// key of the layer with the manifest, empty if it is local, and the keys of all layers.
func (f Found) Accepted(manifest string, keys []string) (highest *Accepted) {
	var at time.Time
	consider := func(path string, a *Accepted, of []string, savedAt time.Time) {
		if a == nil || !f.sameManifest(path, a.Manifest, of, manifest, keys) {
			return
		}
		if highest == nil || cmp.Or(cmp.Compare(a.Sequence, highest.Sequence), savedAt.Compare(at)) > 0 {
			highest, at = a, savedAt
		}
	}
	for _, c := range f.Copies {
		consider(c.Path, c.Accepted, c.keys(), c.SavedAt)
	}
	for _, m := range f.marks {
		consider(m.path, m.Accepted, m.Keys, m.SavedAt)
	}
	return highest
}

// sameManifest reports whether a copy belongs to a config with the same manifest. If one of the two
// is local, a common document decides.
func (f Found) sameManifest(path, theirs string, theirKeys []string, ours string, ourKeys []string) bool {
	if theirs != "" && ours != "" {
		return theirs == ours
	}
	return path == f.path || slices.ContainsFunc(ourKeys, func(k string) bool { return slices.Contains(theirKeys, k) })
}

// siblings returns path and the newest files that differ from it only in the last part of the name.
func siblings(path string) []string {
	base := filepath.Base(path)
	found := lastPart.FindStringIndex(base)
	if found == nil {
		return []string{path}
	}
	type file struct {
		path string
		at   time.Time
	}
	var files []file
	seen := map[string]bool{base: true}
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), newest) // a copy may be missing, and its mark not
		if at := lastPart.FindStringIndex(name); at == nil || name[:at[0]] != base[:found[0]] || seen[name] {
			continue
		}
		seen[name] = true
		var modified time.Time
		if info, err := e.Info(); err == nil {
			modified = info.ModTime()
		}
		files = append(files, file{filepath.Join(filepath.Dir(path), name), modified})
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.path, b.path)) })
	all := []string{path}
	for _, f := range files[:min(len(files), maxSiblings-1)] {
		all = append(all, f.path)
	}
	return all
}

// prune removes siblings that the saved copy replaces: it has all of their documents, and no config
// owns them. Errors do not matter; the next start tries again.
func (s *Store) prune(saved *Record) {
	for _, sibling := range siblings(s.path)[1:] {
		r, err := Load(sibling, s.key)
		if err != nil || r == nil || !includes(saved.keys(), r.keys()) || r.SavedAt.After(saved.SavedAt) {
			continue
		}
		l, err := takeLock(sibling)
		if err != nil {
			continue
		}
		if err := os.Remove(sibling); err == nil || errors.Is(err, fs.ErrNotExist) {
			_ = os.Remove(sibling + newest)
		}
		_ = l.Close()
	}
}

// includes reports whether all has each text of some.
func includes(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
