package archtest_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/archtest"
)

var update = flag.Bool("update", false, "write the tables of the docs")

// TestTables holds that the tables in the docs are those of the rules.
func TestTables(t *testing.T) {
	t.Parallel()
	tables := archtest.House().Tables()
	for file, name := range map[string]string{"../../CONTRIBUTING.md": "imports", "../../docs/architecture.md": "packages"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := archtest.Generated(string(text), name, tables[name])
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if want == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s differs from internal/archtest/table.go; run go test ./internal/archtest -run Tables -update", file)
			continue
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range archtest.House().Rows {
		if row.Does == "" {
			t.Errorf("the row of %s does not say what the package does", row.Package)
		}
	}
}

func TestTheRowsOfATable(t *testing.T) {
	t.Parallel()
	rules := &archtest.Rules{Rows: []archtest.Row{
		{Package: ".", Does: "all", May: []string{"a/**", "example.com/mod/**", "example.com/one"}, Tests: []string{"."}},
		{Package: "a", Does: "this | that"},
		{Package: "ci/x", Does: "a check", May: []string{"a"}},
	}}
	const imports = "| Package | What it does | May import, besides the standard library | In its tests also |\n|---|---|---|---|\n" +
		"| root | all | `a/**`, `example.com/mod`, `example.com/one` | root |\n" +
		"| `a` | this \\| that | nothing |  |\n" +
		"| `ci/x` | a check | `a` |  |\n"
	const packages = "| Package | What it does | Imports of this module |\n|---|---|---|\n" +
		"| root | all | `a/**` |\n" +
		"| `a` | this \\| that | nothing |\n"
	tables := rules.Tables()
	if tables["imports"] != imports {
		t.Errorf("the table of imports is\n%s\nwant\n%s", tables["imports"], imports)
	}
	if tables["packages"] != packages {
		t.Errorf("the table of packages is\n%s\nwant\n%s", tables["packages"], packages)
	}
}

func TestGenerated(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- generated x: go test ./internal/archtest -run Tables -update -->\n", "<!-- end x -->"
	got, err := archtest.Generated("before\n"+begin+"old\n"+end+"\nafter\n", "x", "new\n")
	if want := "before\n" + begin + "new\n" + end + "\nafter\n"; err != nil || got != want {
		t.Errorf("the text is %q, %v; want %q", got, err, want)
	}
	for _, text := range []string{"", begin, end, "nothing"} {
		if _, err := archtest.Generated(text, "x", "new\n"); err == nil || !strings.Contains(err.Error(), "there is no block") {
			t.Errorf("a text without the block gives the error %v", err)
		}
	}
}
