package repository

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nacre-go/nacre/source"
)

// Load reads the documents of an environment, in the order of their publication: by stage, and
// within a stage in the order of nacre.yaml.
func (r *Repository) Load(env *Environment) ([]Document, error) {
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return nil, failed(r.Dir, err)
	}
	defer root.Close()
	l := loader{root: root, env: env, index: map[string]int{}}
	for _, e := range env.Documents {
		l.entry(e)
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	slices.SortStableFunc(l.documents, func(a, b Document) int { return a.Stage - b.Stage })
	return l.documents, nil
}

type loader struct {
	root      *os.Root
	env       *Environment
	documents []Document
	index     map[string]int // of the documents, by group and data ID
	problems  source.Problems
}

func (l *loader) problem(e Entry, format string, args ...any) {
	l.problems = append(l.problems, &source.Problem{
		Kind: source.Invalid, Position: source.Position{Document: FileName, Line: e.Line}, Key: "documents", Message: fmt.Sprintf(format, args...),
	})
}

// entry adds the documents of one entry. A later entry of a document replaces an earlier one.
func (l *loader) entry(e Entry) {
	names := []string{e.File}
	if isPattern(e.File) {
		var err error
		if names, err = l.match(e.File); err != nil {
			l.problem(e, "the files of %s cannot be listed: %v", e.File, failed(e.File, err))
			return
		}
		if len(names) == 0 {
			l.problem(e, "no file matches %s; remove the entry, or correct the pattern", e.File)
		}
	}
	for _, name := range names {
		l.document(e, name)
	}
}

// match returns the files of the base and of the overlay.
func (l *loader) match(pattern string) ([]string, error) {
	base, err := files(l.root, l.env.Base, pattern)
	if err != nil {
		return nil, err
	}
	overlay, err := files(l.root, l.env.Overlay, pattern)
	all := append(base, overlay...)
	slices.Sort(all)
	return slices.Compact(all), err
}

func (l *loader) document(e Entry, name string) {
	d := Document{Group: e.Group, DataID: e.DataID, Type: e.Type, Schema: e.Schema, Stage: e.Stage, Kind: e.Kind}
	if d.Group == "" {
		d.Group = l.env.Group
	}
	if d.DataID == "" {
		d.DataID = path.Base(name)
	}
	if what := badName(d.DataID, 256); what != "" {
		l.problem(e, "the data ID of %s %s; set data_id", name, what)
		return
	}
	file, content, err := l.read(name)
	if err != nil {
		l.problem(e, "%v", err)
		return
	}
	d.File, d.Content = file, content
	switch {
	case len(bytes.TrimSpace(content)) == 0:
		l.problem(e, "%s is empty; Nacos stores no empty document, so remove the entry to delete it", file)
	case !utf8.Valid(content):
		l.problem(e, "%s is not UTF-8; Nacos stores text", file)
	}
	key := d.Group + "/" + d.DataID
	if i, ok := l.index[key]; ok {
		l.documents[i] = d
		return
	}
	l.index[key] = len(l.documents)
	l.documents = append(l.documents, d)
}

// read reads a file of the overlay, else of the base.
func (l *loader) read(name string) (file string, content []byte, err error) {
	var missing []string
	for _, dir := range []string{l.env.Overlay, l.env.Base} {
		file = path.Join(dir, name)
		content, err = readFile(l.root, file)
		if err == nil {
			return file, content, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return file, nil, failed(file, err)
		}
		missing = append(missing, file)
	}
	return "", nil, errors.New("neither " + strings.Join(missing, " nor ") + " exists")
}

// badName says what is wrong with a name of Nacos.
func badName(name string, most int) string {
	if name == "" {
		return "is empty"
	}
	if len(name) > most {
		return fmt.Sprintf("has more than %d characters", most)
	}
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("-_.:", r) {
			return "has a character other than letters, digits and -_.:"
		}
	}
	return ""
}
