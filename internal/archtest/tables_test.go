package archtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/archtest"
)

const own = "github.com/nacre-go/nacre"

// expect fails unless one of the findings has the rule, the place, the words and the reason.
func expect(t *testing.T, found []archtest.Finding, rule, where, what, why string) {
	t.Helper()
	for _, f := range found {
		if f.Rule != rule || f.Where != where || !strings.Contains(f.What, what) || f.Why != why {
			continue
		}
		if s := f.String(); !strings.Contains(s, where) || !strings.Contains(s, what) || !strings.HasSuffix(s, why) {
			t.Errorf("the finding reads %q: it must name place, fault and reason", s)
		}
		return
	}
	t.Errorf("no finding (%s) at %s that says %q because %q; found:\n%s", rule, where, what, why, lines(found))
}

// expectNone fails if there is a finding of the rule.
func expectNone(t *testing.T, found []archtest.Finding, rule string) {
	t.Helper()
	for _, f := range found {
		if f.Rule == rule {
			t.Errorf("a module that keeps the rule breaks it: %s", f)
		}
	}
}

func lines(found []archtest.Finding) string {
	var b strings.Builder
	for _, f := range found {
		b.WriteString("  " + f.String() + "\n")
	}
	return b.String()
}

// example is a package path that fits a pattern of the tables.
func example(pattern string) string {
	return strings.NewReplacer("/**", "/zz", "/*", "/zz").Replace(pattern)
}

func module(files ...archtest.File) *archtest.Module {
	return &archtest.Module{Path: own, Files: files}
}

func file(pkg, name string, imports ...string) archtest.File {
	f := archtest.File{Path: strings.TrimPrefix(pkg+"/"+name, "./"), Package: "zz", Test: strings.HasSuffix(name, "_test.go")}
	for _, p := range imports {
		f.Imports = append(f.Imports, archtest.Import{Path: p, Line: 3})
	}
	return f
}

func full(p string) string {
	switch {
	case p == ".":
		return own
	case strings.Contains(strings.SplitN(p, "/", 2)[0], "."):
		return p
	}
	return own + "/" + p
}

// TestEachRowBites proves of every row in the table that an import which it does not list is found,
// with its reason, in code and in tests, and that an import which it lists is not.
func TestEachRowBites(t *testing.T) {
	t.Parallel()
	for _, row := range archtest.House().Rows {
		t.Run(row.Package, func(t *testing.T) {
			t.Parallel()
			pkg := example(row.Package)
			if slices.Contains(row.May, "**") {
				t.Skip("may import anything")
			}
			for _, bad := range []string{"example.com/elsewhere", own + "/cmd/zz", own + "/source/zz"} {
				if slices.ContainsFunc(row.May, func(p string) bool { return p == "source/**" }) && bad == own+"/source/zz" {
					continue
				}
				m := module(file(pkg, "zz.go", bad))
				expect(t, archtest.Check(m, archtest.House()), "imports", m.Files[0].Path, "imports "+strings.TrimPrefix(bad, own+"/"), row.Why)
			}
			if !slices.Contains(row.Tests, "**") {
				m := module(file(pkg, "zz_test.go", "example.com/elsewhere"))
				expect(t, archtest.Check(m, archtest.House()), "imports", m.Files[0].Path, "imports example.com/elsewhere", row.Why)
			}
			for _, may := range row.May {
				m := module(file(pkg, "zz.go", full(example(may)), "strings"))
				expectNone(t, archtest.Check(m, archtest.House()), "imports")
			}
			for _, may := range row.Tests {
				m := module(file(pkg, "zz_test.go", full(example(may)), full(pkg), "testing"))
				expectNone(t, archtest.Check(m, archtest.House()), "imports")
			}
		})
	}
}

func TestTheRulesThatTheDesignStates(t *testing.T) {
	t.Parallel()
	// Each line is a sentence of the design: the first may not import the second.
	for _, pair := range [][2]string{
		{"source", "github.com/gofrs/flock"},
		{"source", own + "/internal/tree"},
		{"source/sourcetest", own + "/providers/memory"},
		{"providers/file", own + "/internal/tree"},
		{"providers/file", own},
		{"providers/file", own + "/providers/env"},
		{"providers/file", "github.com/knadh/koanf/v2"},
		{"providers/memory", "github.com/fsnotify/fsnotify"},
		{"providers/nacos", own + "/providers/nacos/nacostest"},
		{"providers/nacos", "github.com/nacos-group/nacos-sdk-go/v2/clients"},
		{"providers/nacos/nacostest", own + "/providers/nacos"},
		{"providers/nacos/internal/fakenacos", own + "/providers/nacos"},
		{"providers/nacos/internal/fakenacos", own + "/source"},
		{"binder", own + "/internal/layer"},
		{"binder", own + "/validate"},
		{"validate", own + "/internal/engine"},
		{"validate", own + "/providers/file"},
		{"observe", "github.com/prometheus/client_golang/prometheus"},
		{"binder", own + "/internal/validation"},
		{"binder", "github.com/go-viper/mapstructure/v2"},
		{"internal/tree", own + "/internal/binding"},
		{"internal/layer", own + "/internal/binding"},
		{"internal/binding", own + "/internal/validation"},
		{"internal/binding", "github.com/go-viper/mapstructure/v2"},
		{"internal/engine", own + "/binder"},
		{".", "github.com/knadh/koanf/v2"},
		{"internal/verify", own + "/internal/layer"},
		{"internal/swap", own + "/internal/notify"},
		{"internal/notify", "go.uber.org/multierr"},
		{"internal/lastgood", own + "/providers/file"},
		{"internal/engine", own + "/providers/file"},
		{"internal/engine", own},
		{"internal/engine", own + "/source/sourcetest"},
		{".", own + "/providers/file"},
		{"examples/quickstart", own + "/internal/tree"},
		{"cmd/nacre", own + "/internal/engine"},
	} {
		m := module(file(pair[0], "zz.go", pair[1]))
		found := archtest.Check(m, archtest.House())
		if !slices.ContainsFunc(found, func(f archtest.Finding) bool { return f.Rule == "imports" && f.Where == m.Files[0].Path && f.Line == 3 }) {
			t.Errorf("%s may import %s; found:\n%s", pair[0], pair[1], lines(found))
		}
	}
}

func TestAPackageWithoutARowIsFound(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"internal/cleverness", "providers/file/deeper"} {
		expect(t, archtest.Check(module(file(pkg, "zz.go")), archtest.House()), "imports", pkg, "has no row in the table of imports",
			"a new package needs a decision about what it may know: add its row to internal/archtest/table.go, then run go test ./internal/archtest -run Tables -update")
	}
}

func TestEachAmbientImportIsFound(t *testing.T) {
	t.Parallel()
	for _, a := range archtest.House().Ambient {
		m := module(file("binder", "zz.go", example(a.Import)))
		expect(t, archtest.Check(m, archtest.House()), "ambient", "binder/zz.go", "imports "+example(a.Import), a.Why)
		inTest := archtest.Check(module(file("binder", "zz_test.go", example(a.Import))), archtest.House())
		if a.InTests {
			expect(t, inTest, "ambient", "binder/zz_test.go", "imports "+example(a.Import), a.Why)
		} else {
			expectNone(t, inTest, "ambient")
		}
		for _, save := range a.Save {
			expectNone(t, archtest.Check(module(file(example(save), "zz.go", example(a.Import))), archtest.House()), "ambient")
		}
	}
	m := module(file("providers/memory", "zz.go", "testing"))
	found := archtest.Check(m, archtest.House())
	if !slices.ContainsFunc(found, func(f archtest.Finding) bool { return f.Rule == "ambient" }) {
		t.Error("only source/sourcetest may import testing")
	}
}

// TestEachReachRuleBites builds, for each rule, a graph in which the forbidden package is two
// imports away.
func TestEachReachRuleBites(t *testing.T) {
	t.Parallel()
	for _, rule := range archtest.House().Reach {
		for _, from := range rule.From {
			for _, never := range rule.Never {
				if from == never {
					continue
				}
				bad, start := full(example(never)), full(example(from))
				m := module()
				m.Graphs = []archtest.Graph{{Platform: "linux", Packages: map[string]archtest.Node{
					start:                 {Imports: []string{"fmt", "example.com/between"}},
					"fmt":                 {Standard: true, Imports: []string{"internal/fmtsort"}},
					"internal/fmtsort":    {Standard: true},
					"example.com/between": {Imports: []string{bad}},
					bad:                   {},
				}}}
				what := "reaches " + strings.TrimPrefix(bad, own+"/")
				if bad == own {
					what = "reaches the root package"
				}
				expect(t, archtest.Check(m, archtest.House()), "reach", example(from), what, rule.Why)
				expect(t, archtest.Check(m, archtest.House()), "reach", example(from), " → example.com/between → ", rule.Why)

				m.Graphs[0].Packages["example.com/between"] = archtest.Node{}
				for _, f := range archtest.Check(m, archtest.House()) {
					if f.Rule == "reach" && strings.Contains(f.What, "reaches") {
						t.Errorf("%s reaches nothing, but is found: %s", from, f)
					}
				}
			}
		}
	}
}

func TestEachBudgetBites(t *testing.T) {
	t.Parallel()
	for _, b := range archtest.House().Budgets {
		for _, size := range []int{b.Max, b.Max + 1} {
			var imports []string
			packages := map[string]archtest.Node{}
			for i := range size {
				p := "example.com/" + strings.Repeat("p", i+1)
				imports = append(imports, p)
				packages[p] = archtest.Node{}
			}
			packages[full(b.From[len(b.From)-1])] = archtest.Node{Imports: append(imports, "fmt")}
			packages["fmt"] = archtest.Node{Standard: true}
			m := module()
			m.Graphs = []archtest.Graph{{Platform: "windows", Packages: packages}}
			found := archtest.Check(m, archtest.House())
			if size > b.Max {
				expect(t, found, "budget", strings.Join(b.From, " + "), "on windows", b.Why)
			} else {
				expectNone(t, found, "budget")
			}
		}
	}
}

func TestARuleAboutNoPackageIsFound(t *testing.T) {
	t.Parallel()
	rules := &archtest.Rules{Reach: []archtest.Reach{{From: []string{"bindre"}, Never: []string{"example.com/**"}}}}
	expect(t, archtest.Check(module(), rules), "reach", "bindre", "is not a package of this module", "a rule that names a wrong package checks nothing")
	rules.Reach[0].From = []string{"binder"}
	m := module()
	m.Graphs = []archtest.Graph{{Packages: map[string]archtest.Node{own + "/binder": {}}}}
	expectNone(t, archtest.Check(m, rules), "reach")
}

func TestABrokenPackageIsFound(t *testing.T) {
	t.Parallel()
	m := module()
	m.Graphs = []archtest.Graph{{Platform: "darwin", Packages: map[string]archtest.Node{own + "/binder": {Broken: "no such thing"}}}}
	expect(t, archtest.Check(m, archtest.House()), "loads", own+"/binder", "cannot be loaded on darwin: no such thing", "what cannot be loaded cannot be checked")
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	rules := archtest.House()
	rules.Exceptions = []archtest.Exception{{Rule: "imports", Place: "binder/zz.go", Why: "a test"}}
	found := archtest.Check(module(file("binder", "zz.go", "example.com/elsewhere")), rules)
	expectNone(t, found, "imports")
	expectNone(t, found, "exceptions")
	expect(t, archtest.Check(module(file("binder", "zz.go")), rules), "exceptions", "binder/zz.go",
		"has an exception from the rule imports that nothing needs",
		"an exception that outlives its cause hides the next break; take it out of the table")
	for _, x := range archtest.House().Exceptions {
		if x.Why == "" {
			t.Errorf("the exception of %s from %q gives no reason", x.Place, x.Rule)
		}
	}
}

func TestGoMod(t *testing.T) {
	t.Parallel()
	const sdk = "github.com/nacos-group/nacos-sdk-go/v2"
	rules := archtest.House()
	good := func() *archtest.Module {
		m := module()
		m.Requires = []archtest.Require{
			{Path: sdk, Version: "v2.3.5"},
			{Path: "google.golang.org/genproto/googleapis/rpc", Version: "v0.0.0-20240814211410-ddb44dafa142", Indirect: true},
		}
		m.Described = []string{sdk}
		return m
	}
	expectNone(t, archtest.Check(good(), rules), "go.mod")
	expectNone(t, archtest.Check(good(), rules), "dependencies")

	m := good()
	m.Replaces = []string{sdk}
	expect(t, archtest.Check(m, rules), "go.mod", "go.mod", "replaces "+sdk,
		"a module that requires this one ignores its replaces: the code would be tested with one thing and used with another")
	for _, version := range []string{"v2.3.2", "v2.3.5-rc1", "v2.2.9", "v1.9.9"} {
		m = good()
		m.Requires[0].Version = version
		expect(t, archtest.Check(m, rules), "go.mod", "go.mod", "requires "+sdk+" "+version+", below v2.3.5", rules.GoMod.Why)
	}
	for _, version := range []string{"v2.3.5", "v2.3.10", "v2.4.0", "v2.10.0"} {
		m = good()
		m.Requires[0].Version = version
		expectNone(t, archtest.Check(m, rules), "go.mod")
	}
	m = good()
	m.Requires = m.Requires[1:]
	expect(t, archtest.Check(m, rules), "go.mod", "go.mod", "does not require "+sdk, rules.GoMod.Why)
	for never, why := range rules.GoMod.Never {
		m = good()
		m.Requires = append(m.Requires, archtest.Require{Path: never, Version: "v0.0.0-20230410155749-daa745c078e1", Indirect: true})
		expect(t, archtest.Check(m, rules), "go.mod", "go.mod", "requires "+never, why)
	}

	m = good()
	m.Requires = append(m.Requires, archtest.Require{Path: "example.com/new", Version: "v1.0.0"})
	expect(t, archtest.Check(m, rules), "dependencies", "go.mod", "requires example.com/new, which docs/dependencies.md does not give a reason for",
		"a dependency is taken on purpose: everyone who uses this module has it in their graph")
	m = good()
	m.Described = append(m.Described, "example.com/gone")
	expect(t, archtest.Check(m, rules), "dependencies", "docs/dependencies.md", "gives a reason for example.com/gone",
		"a list that is wrong in one line is believed in none")
}
