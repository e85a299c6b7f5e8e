package lastgood

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// MaxSeed is the largest size of a seed document, in bytes.
const MaxSeed = 64 << 20

// extensions are those that a seed may add to the name of a document without a format.
var extensions = []string{".yaml", ".yml", ".json", ".toml", ".properties", ".env"}

// SeedID names the document of a layer, in the terms of its source.
type SeedID struct{ Namespace, Group, Name string }

// Seed is a seed document of a layer.
type Seed struct {
	Path     string
	Document source.Document
}

// ReadSeeds reads the documents of layers from a folder, or from a single file that is named after
// its document. In a folder, the document of a layer is the first of NAMESPACE/GROUP/NAME,
// GROUP/NAME and NAME that exists, where NAME may have an extension in addition. A path that means
// the documents of several layers is an error. The results are in the order of the layers; nil for
// a layer without a seed. Links are followed, as a ConfigMap needs.
func ReadSeeds(path string, layers []SeedID) (seeds []*Seed, errs []error) {
	seeds = make([]*Seed, len(layers))
	info, err := os.Stat(path)
	if err != nil {
		return seeds, []error{seedError(path, err, "correct Options.LastKnownGoodSeed, or mount the folder")}
	}
	used := false
	for i, id := range layers {
		for _, name := range id.names() {
			places := []seedPlace{{path, SeedID{Name: name}}}
			if info.IsDir() {
				places = id.places(path, name)
			} else if filepath.Base(path) != name {
				continue
			}
			seed, err := readFirst(places, id, layers)
			if err != nil {
				errs = append(errs, err)
			}
			if seed != nil || err != nil {
				seeds[i], used = seed, true
				break
			}
		}
	}
	if !used && !info.IsDir() {
		errs = append(errs, seedError(path, errors.New("no layer has a document of this name"), "name the file after its document, or give a folder"))
	}
	return seeds, errs
}

// names returns the names that the file of a document may have.
func (id SeedID) names() []string {
	if !isFileName(id.Name) {
		return nil
	}
	if source.FormatOf(id.Name) != "" {
		return []string{id.Name}
	}
	var all []string
	for _, e := range extensions {
		all = append(all, id.Name+e)
	}
	return append(all, id.Name)
}

// seedPlace is a path and what it says of its document; empty fields say nothing.
type seedPlace struct {
	path string
	says SeedID
}

// places returns the places of a document in a folder, the most specific first.
func (id SeedID) places(folder, name string) (all []seedPlace) {
	if isFileName(id.Group) {
		if isFileName(id.Namespace) {
			all = append(all, seedPlace{filepath.Join(folder, id.Namespace, id.Group, name), SeedID{id.Namespace, id.Group, name}})
		}
		all = append(all, seedPlace{filepath.Join(folder, id.Group, name), SeedID{Group: id.Group, Name: name}})
	}
	return append(all, seedPlace{filepath.Join(folder, name), SeedID{Name: name}})
}

// meaning returns the number of layers whose document a place that says id can mean.
func (id SeedID) meaning(layers []SeedID) (n int) {
	for _, l := range layers {
		if slices.Contains(l.names(), id.Name) && (id.Group == "" || id.Group == l.Group) && (id.Namespace == "" || id.Namespace == l.Namespace) {
			n++
		}
	}
	return n
}

// isFileName reports whether a name of a source is one of a single file or folder.
func isFileName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\`)
}

// readFirst reads the first of the places that exists. It returns nil, nil if none does.
func readFirst(places []seedPlace, id SeedID, layers []SeedID) (*Seed, error) {
	for _, p := range places {
		data, info, err := readSeed(p.path)
		format := source.FormatOf(p.says.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, seedError(p.path, err, "")
		case format == "":
			return nil, seedError(p.path, errors.New("the extension does not name a format"), "add the extension of the format to the name, such as .yaml")
		}
		if n := p.says.meaning(layers); n > 1 {
			return nil, seedError(p.path, fmt.Errorf("%d layers have a document of this name", n), "put each into a folder: NAMESPACE/GROUP/NAME")
		}
		return &Seed{Path: p.path, Document: source.Document{Name: id.Name, Format: format, Data: data, Location: p.path, Modified: info.ModTime()}}, nil
	}
	return nil, nil
}

func readSeed(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, errIrregular
	case info.Size() > MaxSeed:
		return nil, nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSeed+1))
	if err == nil && len(data) > MaxSeed {
		err = errTooLarge
	}
	return data, info, err
}

var errTooLarge = fmt.Errorf("more than %d bytes: %w", MaxSeed, source.TooLarge)

func seedError(path string, cause error, fix string) error {
	kind := source.KindOf(cause)
	if of, ok := errors.AsType[*fs.PathError](cause); ok {
		cause = of.Err
	}
	return &source.Error{Kind: cmp.Or(kind, source.InvalidArgument), Op: "read seed", Document: path, Err: cause, Fix: fix}
}
