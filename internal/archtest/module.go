package archtest

import (
	"path"
	"slices"
	"strings"
)

// Module is all that the rules look at. Load reads one from a folder; a test may write one as a
// literal.
type Module struct {
	// Path is the module's import path.
	Path string
	// Files are the Go files of the module, of any build constraint, tests included.
	Files []File
	// Graphs are what is compiled, one for each platform.
	Graphs []Graph
	// Requires are the requirements in go.mod.
	Requires []Require
	// Replaces are the module paths that go.mod replaces.
	Replaces []string
	// Described are the modules that docs/dependencies.md gives a reason for.
	Described []string
	// Links are the links in Markdown files that lead into the module.
	Links []Link
}

// Graph is who imports whom on one platform, by full import path. Tests are not part of it.
type Graph struct {
	Platform string
	Packages map[string]Node
}

// Node is one package of a graph.
type Node struct {
	Standard bool
	Imports  []string
	// Broken says why the package cannot be loaded; empty where it can.
	Broken string
}

// Require is one requirement of go.mod.
type Require struct {
	Path, Version string
	Indirect      bool
}

// rel returns the path of a package inside the module: "." for the root, "" for a package of
// another module.
func (m *Module) rel(importPath string) string {
	if importPath == m.Path {
		return "."
	}
	if rest, ok := strings.CutPrefix(importPath, m.Path+"/"); ok {
		return rest
	}
	return ""
}

// folders returns the packages of the module that have Go files, in order, each with its files.
func (m *Module) folders() []folder {
	byPath := map[string]*folder{}
	var paths []string
	for _, f := range m.Files {
		dir := path.Dir(f.Path)
		if byPath[dir] == nil {
			byPath[dir] = &folder{Path: dir}
			paths = append(paths, dir)
		}
		byPath[dir].Files = append(byPath[dir].Files, f)
	}
	slices.Sort(paths)
	all := make([]folder, len(paths))
	for i, p := range paths {
		all[i] = *byPath[p]
	}
	return all
}

// folder is one folder with Go files.
type folder struct {
	Path  string
	Files []File
}

// command reports whether the folder holds a program.
func (d folder) command() bool {
	return slices.ContainsFunc(d.Files, func(f File) bool { return !f.Test && !f.Ignored && f.Package == "main" })
}

// bubbles are the functions of the folder's tests that run what they are handed in a synctest
// bubble.
func (d folder) bubbles() names {
	var all names
	for _, f := range d.Files {
		if f.Test {
			all = append(all, f.Bubbles...)
		}
	}
	return all
}

// names are names of functions.
type names []string

func (n names) contains(name string) bool { return slices.Contains(n, name) }

// standard reports whether an import path is one of the standard library.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// matches reports whether a path fits a pattern: "a/b" is itself, "a/*" each child of a, "a/**" a
// and all below it, and "**" anything.
func matches(pattern, p string) bool {
	if pattern == "**" {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/**"); ok {
		return p == base || strings.HasPrefix(p, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, below := strings.CutPrefix(p, base+"/")
		return below && !strings.Contains(rest, "/")
	}
	return pattern == p
}

func anyMatches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, p) })
}
