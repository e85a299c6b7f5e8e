package archtest

import (
	"fmt"
	"path"
	"slices"
)

// checkBroken reports packages that cannot be loaded: what cannot be seen cannot be checked.
func checkBroken(m *Module, _ *Rules, _ *exceptions) []Finding {
	var found []Finding
	seen := map[string]bool{}
	for _, g := range m.Graphs {
		for p, n := range g.Packages {
			if n.Broken != "" && !seen[p] {
				seen[p] = true
				found = append(found, Finding{
					Rule: "loads", Where: p, What: "cannot be loaded on " + g.Platform + ": " + n.Broken,
					Why: "what cannot be loaded cannot be checked",
				})
			}
		}
	}
	return found
}

// checkImports holds every import that is written in the module against the row of its package.
func checkImports(m *Module, r *Rules, ex *exceptions) []Finding {
	var found []Finding
	noRow := map[string]bool{}
	for _, f := range m.Files {
		pkg := path.Dir(f.Path)
		i := slices.IndexFunc(r.Rows, func(row Row) bool { return matches(row.Package, pkg) })
		if i < 0 {
			noRow[pkg] = true
			continue
		}
		for _, imp := range f.Imports {
			if f.Ignored || standard(imp.Path) || r.allows(m, r.Rows[i], f, pkg, imp.Path) || ex.allow("imports", f.Path) {
				continue
			}
			found = append(found, Finding{
				Rule: "imports", Where: f.Path, Line: imp.Line,
				What: "imports " + short(m, imp.Path), Why: r.Rows[i].Why,
			})
		}
	}
	for pkg := range noRow {
		found = append(found, Finding{
			Rule: "imports", Where: pkg, What: "has no row in the table of imports",
			Why: "a new package needs a decision about what it may know: add its row to internal/archtest/table.go, then run go test ./internal/archtest -run Tables -update",
		})
	}
	return found
}

func (r *Rules) allows(m *Module, row Row, f File, pkg, imp string) bool {
	name := imp
	if own := m.rel(imp); own != "" {
		name = own
	}
	if anyMatches(row.May, name) {
		return true
	}
	return f.Test && (name == pkg || anyMatches(r.TestsMay, name) || anyMatches(row.Tests, name))
}

// checkAmbient forbids imports of the standard library that change a whole process.
func checkAmbient(m *Module, r *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, f := range m.Files {
		if f.Ignored {
			continue
		}
		pkg := path.Dir(f.Path)
		for _, imp := range f.Imports {
			i := slices.IndexFunc(r.Ambient, func(a Ambient) bool {
				return (a.InTests || !f.Test) && matches(a.Import, imp.Path) && !anyMatches(a.Save, pkg)
			})
			if i < 0 || ex.allow("ambient", f.Path) {
				continue
			}
			found = append(found, Finding{
				Rule: "ambient", Where: f.Path, Line: imp.Line, What: "imports " + imp.Path, Why: r.Ambient[i].Why,
			})
		}
	}
	return found
}

// short is how a path is shown: inside the module without the module's own path.
func short(m *Module, importPath string) string {
	switch own := m.rel(importPath); own {
	case "":
		return importPath
	case ".":
		return "the root package"
	default:
		return own
	}
}

// plural is "1 package" or "2 packages".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
