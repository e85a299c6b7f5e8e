// Command apicompat prints the incompatible changes of a module's exported API, as
// golang.org/x/exp/apidiff finds them, one a line and in order.
//
//	apicompat [-skip folder,...] OLD NEW
//
// OLD and NEW are folders with two versions of one module. Programs, internal packages and the
// packages below the folders of -skip are left out. The exit status is 0 whatever is found, and 1
// if a version cannot be loaded.
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

func main() {
	skip := flag.String("skip", "", "folders to leave out, separated by commas")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	lines, err := incompatible(flag.Arg(0), flag.Arg(1), strings.Split(*skip, ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, "apicompat:", err)
		os.Exit(1)
	}
	for _, line := range lines {
		fmt.Println(line)
	}
}

// incompatible returns the incompatible changes between the modules in two folders, in order.
func incompatible(before, after string, skip []string) ([]string, error) {
	old, err := load(before, skip)
	if err != nil {
		return nil, err
	}
	now, err := load(after, skip)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, change := range apidiff.ModuleChanges(old, now).Changes {
		if !change.Compatible {
			lines = append(lines, change.Message)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// load reads the packages that a user of the module in dir can import.
func load(dir string, skip []string) (*apidiff.Module, error) {
	listed, err := packages.Load(&packages.Config{
		Mode: packages.LoadTypes | packages.NeedModule,
		Dir:  dir,
		Env:  append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly"),
	}, "./...")
	if err != nil {
		return nil, err
	}
	module := &apidiff.Module{}
	var broken []error
	for _, p := range listed {
		for _, e := range p.Errors {
			broken = append(broken, e)
		}
		if p.Module == nil || p.Types == nil {
			continue
		}
		module.Path = p.Module.Path
		if p.Name != "main" && public(strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module.Path), "/"), skip) {
			module.Packages = append(module.Packages, p.Types)
		}
	}
	if len(broken) > 0 {
		return nil, errors.Join(broken...)
	}
	if len(module.Packages) == 0 {
		return nil, fmt.Errorf("the module in %s has no package that a user can import", dir)
	}
	slices.SortFunc(module.Packages, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
	return module, nil
}

// public reports whether a user can import the package at a path inside the module.
func public(rel string, skip []string) bool {
	for _, folder := range skip {
		if folder != "" && (rel == folder || strings.HasPrefix(rel, folder+"/")) {
			return false
		}
	}
	return !slices.Contains(strings.Split(rel, "/"), "internal")
}
