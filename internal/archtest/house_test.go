package archtest_test

import (
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
