package apicheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// API is what a module exports.
type API struct {
	// Module is the import path of the module.
	Module string
	// Packages are the packages that a user can import, in the order of their paths.
	Packages []*types.Package
}

// Load reads the packages of the module in dir that a user can import: not programs, not internal
// packages, and none below a folder of skip, such as "examples". It compiles what is not in the
// build cache.
func Load(ctx context.Context, dir string, skip ...string) (*API, error) {
	listed, err := list(ctx, dir)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, p := range listed {
		exports[p.ImportPath] = p.Export
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	api := &API{}
	for _, p := range listed {
		if p.Module == nil || !p.Module.Main {
			continue
		}
		api.Module = p.Module.Path
		if err := p.read(); err != nil {
			return nil, err
		}
		if !api.public(p, skip) {
			continue
		}
		pkg, err := imports.Import(p.ImportPath)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", p.ImportPath, err)
		}
		api.Packages = append(api.Packages, pkg)
	}
	if len(api.Packages) == 0 {
		return nil, fmt.Errorf("the module in %s has no package that a user can import", dir)
	}
	slices.SortFunc(api.Packages, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
	return api, nil
}

// listedPackage is what "go list" says about a package.
type listedPackage struct {
	ImportPath, Name, Dir, Export string
	GoFiles                       []string
	DepOnly                       bool
	Module                        *struct {
		Path string
		Main bool
	}
}

// read opens each file of the package, so that the test cache knows that a result depends on them.
func (p listedPackage) read() error {
	for _, name := range p.GoFiles {
		if _, err := os.ReadFile(filepath.Join(p.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// public reports whether a user of the module can import a package of it, and whether it has any
// code.
func (a *API) public(p listedPackage, skip []string) bool {
	if p.Name == "main" || len(p.GoFiles) == 0 {
		return false
	}
	rel := a.rel(p.ImportPath)
	for _, folder := range skip {
		if rel == folder || strings.HasPrefix(rel, folder+"/") {
			return false
		}
	}
	return !isInternal(rel)
}

// rel returns the path of a package inside the module: "." for the root, "" for a package of
// another module.
func (a *API) rel(importPath string) string {
	if importPath == a.Module {
		return "."
	}
	rest, ok := strings.CutPrefix(importPath, a.Module+"/")
	if !ok {
		return ""
	}
	return rest
}

// isInternal reports whether a path inside the module has an element "internal".
func isInternal(rel string) bool { return slices.Contains(strings.Split(rel, "/"), "internal") }

// list runs the go command. Compiling reports the errors of a package that does not build.
func list(ctx context.Context, dir string) ([]listedPackage, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Name,Dir,Export,GoFiles,DepOnly,Module", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	var all []listedPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}
