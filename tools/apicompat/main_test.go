package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// version writes a module with the named files and returns its folder.
func version(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/mod\n\ngo 1.26.0\n"
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestIncompatible(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after map[string]string
		want          []string
	}{
		"a function is added": {
			before: map[string]string{"a.go": "package mod\n\nfunc F() {}\n"},
			after:  map[string]string{"a.go": "package mod\n\nfunc F() {}\n\nfunc G() {}\n"},
		},
		"a function is removed": {
			before: map[string]string{"a.go": "package mod\n\nfunc F() {}\n\nfunc G() {}\n"},
			after:  map[string]string{"a.go": "package mod\n\nfunc F() {}\n"},
			want:   []string{"G: removed"},
		},
		"a struct can no longer be compared": {
			before: map[string]string{"a.go": "package mod\n\ntype T struct{ a int }\n"},
			after:  map[string]string{"a.go": "package mod\n\ntype T struct{ a []int }\n"},
			want:   []string{"T: old is comparable, new is not"},
		},
		"a package is removed": {
			before: map[string]string{"a.go": "package mod\n", "b/b.go": "package b\n"},
			after:  map[string]string{"a.go": "package mod\n"},
			want:   []string{"package example.com/mod/b: removed"},
		},
		"what a user cannot import": {
			before: map[string]string{
				"a.go": "package mod\n", "internal/i/i.go": "package i\n\nfunc F() {}\n",
				"examples/e/e.go": "package e\n\nfunc F() {}\n", "cmd/main.go": "package main\n\nfunc F() {}\n\nfunc main() {}\n",
			},
			after: map[string]string{"a.go": "package mod\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := incompatible(version(t, test.before), version(t, test.after), []string{"examples"})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("incompatible are %q, want %q", got, test.want)
			}
		})
	}
}

func TestABrokenVersion(t *testing.T) {
	t.Parallel()
	good := version(t, map[string]string{"a.go": "package mod\n"})
	broken := version(t, map[string]string{"a.go": "package mod\n\nvar x = y\n"})
	for _, dirs := range [][2]string{{good, broken}, {broken, good}} {
		if _, err := incompatible(dirs[0], dirs[1], nil); err == nil || !strings.Contains(err.Error(), "undefined: y") {
			t.Errorf("the error of a version that does not compile is %v; it must say why", err)
		}
	}
}
