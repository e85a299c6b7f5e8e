package archtest

import (
	"path"
	"slices"
	"strings"
)

// checkPackageDocs wants one package comment in each folder, where a reader looks for it.
func checkPackageDocs(m *Module, _ *Rules, ex *exceptions) []Finding {
	const why = "a reader opens doc.go first; two package comments are joined in the order of file names"
	var found []Finding
	report := func(where, what string) {
		if !ex.allow("package doc", where) {
			found = append(found, Finding{Rule: "package doc", Where: where, What: what, Why: why})
		}
	}
	for _, d := range m.folders() {
		home := []string{path.Join(d.Path, "doc.go")}
		if d.command() {
			home = append(home, path.Join(d.Path, "main.go"))
		}
		documented := false
		for _, f := range d.Files {
			switch {
			case f.Ignored || f.Doc == "":
				continue
			case f.Test && strings.HasSuffix(f.Package, "_test"):
				continue
			case !slices.Contains(home, f.Path):
				report(f.Path, "has a package comment, which belongs in "+strings.Join(home, " or "))
				continue
			case documented:
				report(f.Path, "is the second file here with a package comment")
			}
			documented = true
			if begin := docBegins(m, d, f); !strings.HasPrefix(f.Doc, begin) {
				report(f.Path, "has a package comment that does not begin with "+strings.TrimSpace(begin))
			}
		}
		if !documented {
			report(d.Path, "has no package comment in "+strings.Join(home, " or "))
		}
	}
	return found
}

func docBegins(m *Module, d folder, f File) string {
	if f.Package == "main" {
		return "Command " + path.Base(path.Join(m.Path, d.Path)) + " "
	}
	return "Package " + f.Package + " "
}

// checkNames refuses package names that say nothing, and test names in the wrong folder.
func checkNames(m *Module, r *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, d := range m.folders() {
		names := []string{path.Base(d.Path)}
		for _, f := range d.Files {
			names = append(names, strings.TrimSuffix(f.Package, "_test"))
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if slices.Contains(r.Limits.NeverNames, name) && !ex.allow("name", d.Path) {
				found = append(found, Finding{
					Rule: "name", Where: d.Path, What: "is called " + name,
					Why: "a package is named by what it gives; a name that fits anything fills with anything",
				})
			}
		}
	}
	return found
}

// checkExported wants a comment at every exported name of a library, internal ones too.
func checkExported(m *Module, _ *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, f := range m.Files {
		if f.Test || f.Ignored || f.Package == "main" {
			continue
		}
		for _, u := range f.Undocumented {
			if !ex.allow("exported", f.Path) {
				found = append(found, Finding{
					Rule: "exported", Where: f.Path, Line: u.Line, What: u.Name + " has no comment",
					Why: "an exported name is a promise, and the comment is where it is written",
				})
			}
		}
	}
	return found
}

// checkSizes bounds the lines of a file.
func checkSizes(m *Module, r *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, f := range m.Files {
		limit := r.Limits.CodeLines
		if f.Test {
			limit = r.Limits.TestLines
		}
		if limit == 0 || f.Lines <= limit || ex.allow("size", f.Path) {
			continue
		}
		found = append(found, Finding{
			Rule: "size", Where: f.Path, What: "has " + plural(f.Lines, "line") + ", and the limit is " + plural(limit, "line"),
			Why: "a file holds one concept, and one that has grown past this holds two",
		})
	}
	return found
}

// checkSideEffects refuses what runs because something was imported.
func checkSideEffects(m *Module, _ *Rules, ex *exceptions) []Finding {
	const why = "importing a package must do nothing: no registry, no order of imports, no cost without a use"
	var found []Finding
	for _, f := range m.Files {
		if f.Test || f.Ignored {
			continue
		}
		for _, i := range f.Inits {
			if !ex.allow("side effects", f.Path) {
				found = append(found, Finding{Rule: "side effects", Where: f.Path, Line: i.Line, What: "has an init function", Why: why})
			}
		}
		for _, imp := range f.Imports {
			if imp.Blank && imp.Path != "embed" && !ex.allow("side effects", f.Path) {
				found = append(found, Finding{
					Rule: "side effects", Where: f.Path, Line: imp.Line, What: "imports " + short(m, imp.Path) + " for its side effects", Why: why,
				})
			}
		}
	}
	return found
}

// checkSleeps refuses time.Sleep outside a synctest bubble.
func checkSleeps(m *Module, _ *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, d := range m.folders() {
		bubbles := append(d.bubbles(), synctestTest)
		for _, f := range d.Files {
			why := "a wait must end with its context; use a timer and ctx.Done"
			if f.Test {
				why = "a sleep is a guess about a machine; wait for the event, or run in a synctest bubble"
			}
			for _, s := range f.Sleeps {
				if f.Ignored || slices.ContainsFunc(s.Within, bubbles.contains) || ex.allow("sleep", f.Path) {
					continue
				}
				found = append(found, Finding{Rule: "sleep", Where: f.Path, Line: s.Line, What: "calls time.Sleep", Why: why})
			}
		}
	}
	return found
}

// checkLeaks wants a package that starts goroutines to prove that none stays.
func checkLeaks(m *Module, _ *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, d := range m.folders() {
		if d.command() {
			continue
		}
		var starts *File
		checked, tests, bubbled := false, 0, 0
		bubbles := append(d.bubbles(), synctestTest)
		for _, f := range d.Files {
			if !f.Test && !f.Ignored && len(f.Goroutines) > 0 && starts == nil {
				starts = &f
			}
			checked = checked || f.Test && f.LeakChecked
			for _, t := range f.Tests {
				tests++
				if slices.ContainsFunc(t.Calls, bubbles.contains) {
					bubbled++
				}
			}
		}
		if starts == nil || checked || tests > 0 && tests == bubbled || ex.allow("leaks", d.Path) {
			continue
		}
		found = append(found, Finding{
			Rule: "leaks", Where: starts.Path, Line: starts.Goroutines[0].Line,
			What: "starts a goroutine, and the tests of " + d.Path + " do not prove that none stays",
			Why:  "a leaked goroutine stays unnoticed until there are a million; call goleak in TestMain, or run every test in a synctest bubble",
		})
	}
	return found
}
