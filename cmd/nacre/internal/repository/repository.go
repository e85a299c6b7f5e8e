package repository

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// FileName is the name of the file that describes a repository.
const FileName = "nacre.yaml"

// Repository is the content of nacre.yaml.
type Repository struct {
	Dir          string
	Environments []Environment // in the order of the file
}

// Environment is what nacre.yaml says about one environment.
type Environment struct {
	Name    string
	Context string // the name in the contexts file; empty: that of the environment, if it exists
	Group   string // empty: that of the context
	Overlay string // the folder with the files of this environment only
	Base    string // the folder with the files of all
	Policy  string // the file with the policy; may be empty
	// Manifest describes the manifest; nil: there is none.
	Manifest *Manifest
	// Documents are in the order of the file, with patterns.
	Documents []Entry
}

// Entry is what nacre.yaml says about one document, or about several with a pattern.
type Entry struct {
	File                        string // a name or a pattern
	DataID, Group, Type, Schema string // may be empty
	Kind                        string // empty, or [KindRoutes]
	Stage                       int
	Line                        int // in nacre.yaml
}

// Manifest says how the manifest of an environment is made.
type Manifest struct {
	DataID, Group string
	Audience      []manifest.Audience
	Expires       time.Duration // after the publication; 0: never
	Signed        bool          // whether it must be signed
}

// Document is a document as it is to be published.
type Document struct {
	Group, DataID string // an empty group is that of the context
	Type          string // on the server; may be empty
	Schema        string // the file with the schema; may be empty
	Kind          string // empty, or [KindRoutes]
	Stage         int
	File          string // relative to the folder of the repository, with slashes
	Content       []byte
}

// KindRoutes is the kind of routing documents; see package route. Its schema is that of the service
// whose layers its rules select.
const KindRoutes = "routes"

// maxFile is the size of the largest file that is read: that of the largest content of a server.
const maxFile = 10 << 20

// Open reads nacre.yaml in a folder. The documents are not read.
func Open(dir string) (*Repository, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failed(FileName, err)
	}
	defer root.Close()
	data, err := readFile(root, FileName)
	if err != nil {
		return nil, failed(FileName, err)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, err
	}
	r.Dir = dir
	return r, nil
}

// Environment returns the environment with that name.
func (r *Repository) Environment(name string) (*Environment, error) {
	var known []string
	for i := range r.Environments {
		if r.Environments[i].Name == name {
			return &r.Environments[i], nil
		}
		known = append(known, r.Environments[i].Name)
	}
	return nil, &source.Error{
		Kind: source.InvalidArgument, Op: "find environment", Document: FileName,
		Err: errors.New("environment " + quoted(name) + " is unknown"), Fix: "use one of " + strings.Join(known, ", "),
	}
}

// quoted is a name of the command line in quotes.
func quoted(name string) string { return `"` + name + `"` }

func failed(file string, err error) error {
	kind := source.Unavailable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = source.InvalidArgument
	case errors.Is(err, fs.ErrPermission):
		kind = source.PermissionDenied
	}
	// The text of a path error has the path a second time.
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	fix := ""
	if file == FileName && kind == source.InvalidArgument {
		fix = "name the folder with nacre.yaml with --dir; docs/config-as-code.md describes the file"
	}
	return exit.With(exit.Local(err), &source.Error{Kind: kind, Op: "read", Document: file, Err: err, Fix: fix}, "")
}

var errTooLarge = errors.New("the file has more than 10 MiB")

// readFile reads a file of the repository, which cannot be outside of it.
func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errTooLarge
	}
	return data, err
}

// files returns the files below a folder that match a pattern, relative to it and sorted. A missing
// folder has none.
func files(root *os.Root, dir, pattern string) ([]string, error) {
	var all []string
	err := fs.WalkDir(root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == dir:
			return fs.SkipAll
		case err != nil:
			return err
		case d.IsDir():
			return nil
		}
		relative := strings.TrimPrefix(name, dir+"/")
		if dir == "." {
			relative = name
		}
		if ok, _ := path.Match(pattern, relative); ok {
			all = append(all, relative)
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}

func isPattern(name string) bool { return strings.ContainsAny(name, `*?[\`) }
