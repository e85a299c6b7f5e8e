package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// finding is one place that breaks a rule.
type finding struct {
	file string
	line int
	// wording is what is refused there, in lower case and on one line; empty where the line is too
	// long.
	wording string
	write   string
}

func (f finding) String() string {
	if f.wording == "" {
		return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.write)
	}
	return fmt.Sprintf("%s:%d: %q: write %s instead", f.file, f.line, f.wording, f.write)
}

// checker applies rules to files.
type checker struct {
	rules   []compiled
	allowed []allowance
	used    []bool
}

func newChecker(all []rule, allowed []allowance) *checker {
	return &checker{rules: compile(all), allowed: allowed, used: make([]bool, len(allowed))}
}

// tree checks every Markdown and Go file below the root of a file system, except hidden folders
// other than .github and folders called testdata.
func (c *checker) tree(root fs.FS) ([]finding, error) {
	var found []finding
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if entry.IsDir() {
			if base == "testdata" || strings.HasPrefix(base, ".") && base != "." && base != ".github" {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); ext != ".go" && ext != ".md" || slices.Contains(skipped, name) {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		more, err := c.file(name, string(text))
		found = append(found, more...)
		return err
	})
	return found, err
}

// file checks one file. Of the words of tests it looks at none: no user reads them.
func (c *checker) file(name, text string) ([]finding, error) {
	if path.Ext(name) == ".md" {
		return c.both(name, []unit{markdown(text)}, wideMarkdown(text)), nil
	}
	fset := token.NewFileSet()
	code, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(code) {
		return nil, err
	}
	var units []unit
	if !strings.HasSuffix(name, "_test.go") {
		units = goUnits(fset, code)
	}
	return c.both(name, units, wideComments(fset, code, text)), nil
}

// both returns what is wrong with the words and the width of a file, in the order of lines.
func (c *checker) both(name string, units []unit, wide []int) []finding {
	var found []finding
	for _, u := range units {
		for _, r := range c.rules {
			for _, at := range r.find(u.text) {
				wording := strings.ToLower(strings.Join(strings.Fields(u.text[at[0]:at[1]]), " "))
				if !c.allow(name, wording) {
					found = append(found, finding{file: name, line: u.lineAt(at[0]), wording: wording, write: r.write})
				}
			}
		}
	}
	for _, line := range wide {
		found = append(found, finding{file: name, line: line, write: fmt.Sprintf("has more than %d columns: wrap it", maxWidth)})
	}
	slices.SortStableFunc(found, func(a, b finding) int { return a.line - b.line })
	return found
}

func (c *checker) allow(name, wording string) bool {
	i := slices.IndexFunc(c.allowed, func(a allowance) bool { return a.file == name && a.wording == wording })
	if i < 0 {
		return false
	}
	c.used[i] = true
	return true
}

// unused returns the allowances that nothing needed.
func (c *checker) unused() []allowance {
	var all []allowance
	for i, a := range c.allowed {
		if !c.used[i] {
			all = append(all, a)
		}
	}
	return all
}
