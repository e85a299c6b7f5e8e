package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/archtest"
)

// write lays out a folder of files.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// copyModule copies what Load reads of the module that this test stands in.
func copyModule(t *testing.T) string {
	t.Helper()
	root, dir := "../..", t.TempDir()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		switch filepath.Ext(name) {
		case ".go", ".mod", ".sum", ".md":
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			write(t, dir, map[string]string{filepath.ToSlash(rel): string(text)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestABrokenCopyOfTheHouse breaks rules in a copy of this very module, and runs the whole check on
// it.
func TestABrokenCopyOfTheHouse(t *testing.T) {
	t.Parallel()
	dir := copyModule(t)
	write(t, dir, map[string]string{
		"source/zz.go":     "// Package source is here twice.\npackage source\n\nimport \"github.com/gofrs/flock\"\n\nvar ZZ = flock.New\n",
		"source/zz_lin.go": "//go:build windows\n\npackage source\n\nimport _ \"google.golang.org/grpc\"\n\nfunc init() {}\n",
		"util/doc.go":      "// Package util is all sorts.\npackage util\n",
	})
	mod := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(mod)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"go.mod": string(text) + "\nreplace example.com/a => ./a\n"})

	m, err := archtest.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	rules := archtest.House()
	found := archtest.Check(m, rules)
	row := rules.Rows[slices.IndexFunc(rules.Rows, func(r archtest.Row) bool { return r.Package == "source" })]
	reach := rules.Reach[slices.IndexFunc(rules.Reach, func(r archtest.Reach) bool { return slices.Contains(r.From, "source") })]
	expect(t, found, "imports", "source/zz.go", "imports github.com/gofrs/flock", row.Why)
	expect(t, found, "imports", "source/zz_lin.go", "imports google.golang.org/grpc", row.Why)
	expect(t, found, "reach", "source", "reaches google.golang.org/grpc by source → google.golang.org/grpc", reach.Why)
	expect(t, found, "package doc", "source/zz.go", "which belongs in source/doc.go",
		"a reader opens doc.go first; two package comments are joined in the order of file names")
	expect(t, found, "exported", "source/zz.go", "ZZ has no comment", "an exported name is a promise, and the comment is where it is written")
	for _, what := range []string{"has an init function", "imports google.golang.org/grpc for its side effects"} {
		expect(t, found, "side effects", "source/zz_lin.go", what,
			"importing a package must do nothing: no registry, no order of imports, no cost without a use")
	}
	expect(t, found, "imports", "util", "has no row in the table of imports",
		"a new package needs a decision about what it may know: add its row to internal/archtest/table.go, then run go test ./internal/archtest -run Tables -update")
	expect(t, found, "go.mod", "go.mod", "replaces example.com/a",
		"a module that requires this one ignores its replaces: the code would be tested with one thing and used with another")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":               "module example.com/m\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.2.3\n\texample.com/b v1.0.0 // indirect\n)\n\nreplace example.com/a => ./a\n",
		"a/go.mod":             "module example.com/a\n",
		"a/a.go":               "package a\n",
		"b/b.go":               "package b\n\nimport \"strings\"\n\nvar _ = strings.ToLower\n",
		"b/b_windows.go":       "package b\n\nimport \"example.com/m/c\"\n\nvar _ = c.C\n",
		"b/testdata/t.go":      "package broken broken\n",
		"b/_hidden/h.go":       "package broken broken\n",
		".hidden/h.go":         "package broken broken\n",
		"c/c.go":               "package c\n\nvar C = 1\n",
		"d/d.go":               "package d\n\nimport \"example.com/nowhere\"\n\nvar _ = nowhere.N\n",
		"docs/dependencies.md": "| Module | Used in |\n|---|---|\n| `example.com/a` | b |\n\n## Refused\n\n| `example.com/z` | no |\n[dead](../nowhere.md#part)\n[alive](../b/b.go) [far](https://example.com/x) [here](#part)\n```\n[code](x)\n```\n",
	})
	m, err := archtest.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range m.Files {
		paths = append(paths, f.Path)
	}
	if want := []string{"b/b.go", "b/b_windows.go", "c/c.go", "d/d.go"}; !slices.Equal(paths, want) {
		t.Errorf("files = %v, want %v: nested modules, testdata and hidden folders are not the module's", paths, want)
	}
	if m.Path != "example.com/m" || !slices.Equal(m.Replaces, []string{"example.com/a"}) || !slices.Equal(m.Described, []string{"example.com/a"}) {
		t.Errorf("path = %q, replaces = %v, described = %v", m.Path, m.Replaces, m.Described)
	}
	want := []archtest.Require{{Path: "example.com/a", Version: "v1.2.3"}, {Path: "example.com/b", Version: "v1.0.0", Indirect: true}}
	if !slices.Equal(m.Requires, want) {
		t.Errorf("requires = %v, want %v", m.Requires, want)
	}
	links := []archtest.Link{
		{File: "docs/dependencies.md", Line: 8, Target: "../nowhere.md", Dead: true},
		{File: "docs/dependencies.md", Line: 9, Target: "../b/b.go"},
	}
	if !slices.Equal(m.Links, links) {
		t.Errorf("links = %v, want %v", m.Links, links)
	}
	expect(t, archtest.Check(m, archtest.House()), "links", "docs/dependencies.md", "links to ../nowhere.md, which is not there",
		"a reader who follows a dead link trusts the next one less")
	for _, g := range m.Graphs {
		b := g.Packages["example.com/m/b"]
		if got := slices.Contains(b.Imports, "example.com/m/c"); got != (g.Platform == "windows") {
			t.Errorf("on %s b imports c: %v; each platform must have a graph of its own", g.Platform, got)
		}
		if !g.Packages["strings"].Standard || b.Standard {
			t.Errorf("on %s the standard library is not told from the module", g.Platform)
		}
		if g.Packages["example.com/m/d"].Broken == "" && g.Packages["example.com/nowhere"].Broken == "" {
			t.Errorf("on %s an import of a package that is nowhere passes for whole", g.Platform)
		}
	}
	if _, err := archtest.Load(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder without go.mod passes for a module")
	}
}
