package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Tables are the generated blocks of the docs, by name. Each is a Markdown table with the rows of
// the rules.
func (r *Rules) Tables() map[string]string {
	imports := table("Package", "What it does", "May import, besides the standard library", "In its tests also")
	packages := table("Package", "What it does", "Imports of this module")
	for _, row := range r.Rows {
		name := "root"
		if row.Package != "." {
			name = code(row.Package)
		}
		imports.row(name, row.Does, list(row.May, "nothing"), list(row.Tests, ""))
		if !row.program() && !row.testsAlone() {
			own := slices.DeleteFunc(slices.Clone(row.May), func(p string) bool { return !standard(p) && p != "." })
			packages.row(name, row.Does, list(own, "nothing"))
		}
	}
	return map[string]string{"imports": imports.String(), "packages": packages.String()}
}

// program reports whether the packages of the row are programs.
func (r Row) program() bool {
	first, _, _ := strings.Cut(r.Package, "/")
	return slices.Contains([]string{"ci", "cmd", "examples"}, first)
}

// testsAlone reports whether the packages of the row hold nothing but tests, or what only tests
// use.
func (r Row) testsAlone() bool {
	return strings.HasSuffix(r.Package, "test") && r.Package != "source/sourcetest" && len(r.May) == 0
}

// markdownTable is a table of Markdown.
type markdownTable struct{ strings.Builder }

func table(heads ...string) *markdownTable {
	t := &markdownTable{}
	t.row(heads...)
	t.WriteString(strings.Repeat("|---", len(heads)) + "|\n")
	return t
}

func (t *markdownTable) row(cells ...string) {
	for _, cell := range cells {
		t.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
	}
	t.WriteString("|\n")
}

func code(path string) string { return "`" + path + "`" }

// list returns the patterns of imports as code, or none. A pattern for a module and all below it is
// shown as the module.
func list(patterns []string, none string) string {
	var all []string
	for _, p := range patterns {
		if !standard(p) {
			p = strings.TrimSuffix(p, "/**")
		}
		if p == "." {
			all = append(all, "root")
			continue
		}
		all = append(all, code(p))
	}
	if len(all) == 0 {
		return none
	}
	return strings.Join(all, ", ")
}

// Generated returns a Markdown text with the block of that name replaced by its new content. The
// block is what is between the two comments that name it.
func Generated(text, name, content string) (string, error) {
	begin := fmt.Sprintf("<!-- generated %s: go test ./internal/archtest -run Tables -update -->\n", name)
	end := fmt.Sprintf("<!-- end %s -->", name)
	before, rest, found := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("there is no block between the lines %q and %q", strings.TrimSpace(begin), end)
	}
	return before + begin + content + end + after, nil
}
