package archtest_test

import (
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/internal/archtest"
)

// TestHouse holds the module that it stands in against all of the rules.
func TestHouse(t *testing.T) {
	t.Parallel()
	m, err := archtest.Load(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range archtest.Check(m, archtest.House()) {
		t.Error(finding)
	}
	for _, g := range m.Graphs {
		if g.Platform == "linux" {
			files := m.Foreign(g, ".", "providers/file", "providers/env")
			t.Logf("a program of files and environment compiles %d packages of other modules: %v", len(files), files)
		}
	}
}

// TestAdapters holds the modules in observe, which are released with this one, against their rules.
func TestAdapters(t *testing.T) {
	t.Parallel()
	holdModules(t, "observe", archtest.Adapters())
}

// TestStores holds the modules in fleetonce, which are released with this one, against their rules.
func TestStores(t *testing.T) {
	t.Parallel()
	holdModules(t, "fleetonce", archtest.Stores())
}

// TestCommands holds the modules in cmd, which are released with this one, against their rules.
func TestCommands(t *testing.T) {
	t.Parallel()
	holdModules(t, "cmd", archtest.Commands())
}

// holdModules holds each module in a folder of this one against rules.
func holdModules(t *testing.T, folder string, rules *archtest.Rules) {
	t.Helper()
	modules, err := filepath.Glob("../../" + folder + "/*/go.mod")
	if err != nil || len(modules) == 0 {
		t.Fatalf("there are no modules in %s: %v", folder, err)
	}
	for _, file := range modules {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			m, err := archtest.Load(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Files) < 3 {
				t.Errorf("only %d files are found", len(m.Files))
			}
			for _, finding := range archtest.Check(m, rules) {
				if finding.Rule != "go.mod" && finding.Rule != "dependencies" { // its replace line is wanted; docs/dependencies.md is that of the root
					t.Error(finding)
				}
			}
		})
	}
}
