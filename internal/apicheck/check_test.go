package apicheck_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/apicheck"
)

const module = "example.com/mod"

// packages are the packages that a test type-checks, by import path.
type packages map[string]*types.Package

func (p packages) Import(path string) (*types.Package, error) {
	if pkg := p[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("the test has no package %s", path)
}

// check type-checks the source of one package.
func (p packages) check(t *testing.T, path, src string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path+".go", "package "+filepath.Base(path)+"\n"+src, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: p}).Check(path, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p[path] = pkg
	return pkg
}

// names are those of one package with the source src.
func names(t *testing.T, src string) map[string][]string {
	t.Helper()
	pkg := packages{}.check(t, module+"/p", src)
	return (&apicheck.API{Module: module, Packages: []*types.Package{pkg}}).Names()
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after string
		incompatible  []string
		added         []string
	}{
		"a parameter is renamed":  {before: "func F(f func(a int) (b error), m map[string]func(c ...int)) {}", after: "func F(g func(x int) error, n map[string]func(...int)) {}"},
		"nothing changed":         {before: "func F(a int) {}", after: "func F(b int) {}"},
		"a function is added":     {before: "func F() {}", after: "func F() {}\nfunc G() {}", added: []string{"p: func G()"}},
		"a function is removed":   {before: "func F() {}\nfunc G() {}", after: "func F() {}", incompatible: []string{"p: func G() is gone or changed"}},
		"a parameter is changed":  {before: "func F(a int) {}", after: "func F(a int64) {}", incompatible: []string{"p: func F(int) is gone or changed"}, added: []string{"p: func F(int64)"}},
		"a parameter is variadic": {before: "func F(a []int) {}", after: "func F(a ...int) {}", incompatible: []string{"p: func F([]int) is gone or changed"}, added: []string{"p: func F(...int)"}},
		"a result is added":       {before: "func F() error { return nil }", after: "func F() (int, error) { return 0, nil }", incompatible: []string{"p: func F() error is gone or changed"}, added: []string{"p: func F() (int, error)"}},
		"a constant's value":      {before: "const C = 1", after: "const C = 2", incompatible: []string{"p: const C untyped int = 1 is gone or changed"}, added: []string{"p: const C untyped int = 2"}},
		"a variable's type":       {before: "var V int", after: "var V string", incompatible: []string{"p: var V int is gone or changed"}, added: []string{"p: var V string"}},
		"a field is added":        {before: "type T struct{ A int }", after: "type T struct{ A, B int; c string }", added: []string{"p: type T struct, B int"}},
		"a field is removed":      {before: "type T struct{ A, B int }", after: "type T struct{ A int }", incompatible: []string{"p: type T struct, B int is gone or changed"}},
		"an embedded type":        {before: "type T struct{ E }\ntype E struct{}", after: "type T struct{}\ntype E struct{}", incompatible: []string{"p: type T struct, embedded E is gone or changed"}},
		"a method is removed":     {before: "type T struct{}\nfunc (*T) M() {}", after: "type T struct{}", incompatible: []string{"p: method (*T) M() is gone or changed"}},
		"a type is unexported":    {before: "type T struct{ A int }", after: "type t struct{ A int }", incompatible: []string{"p: type T struct is gone or changed", "p: type T struct, A int is gone or changed"}},
		"a kind is changed":       {before: "type T int", after: "type T string", incompatible: []string{"p: type T int is gone or changed"}, added: []string{"p: type T string"}},
		"a constraint":            {before: "type T[A any] struct{}", after: "type T[A comparable] struct{}", incompatible: []string{"p: type T[A any] struct is gone or changed"}, added: []string{"p: type T[A comparable] struct"}},
		"an alias":                {before: "type A = int", after: "type A = string", incompatible: []string{"p: type A = int is gone or changed"}, added: []string{"p: type A = string"}},
		"an open interface grows": {before: "type I interface{ A() }", after: "type I interface{ A(); B() }", incompatible: []string{"p: type I interface, B() is new, and implementations lack it"}},
		"a sealed one grows":      {before: "type I interface{ A(); a() }", after: "type I interface{ A(); B(); a() }", added: []string{"p: type I interface, B()"}},
		"an interface is sealed":  {before: "type I interface{ A() }", after: "type I interface{ A(); a() }", incompatible: []string{"p: type I interface is gone or changed"}, added: []string{"p: type I interface (sealed)"}},
		"a new interface":         {before: "", after: "type I interface{ A() }", added: []string{"p: type I interface", "p: type I interface, A()"}},
		"unexported changes":      {before: "func f() {}\ntype T struct{ a int }", after: "type T struct{ b string }\nfunc (T) m() {}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := apicheck.Compare(names(t, test.before), names(t, test.after))
			if !slices.Equal(got.Incompatible, test.incompatible) {
				t.Errorf("incompatible are %q, want %q", got.Incompatible, test.incompatible)
			}
			if !slices.Equal(got.Added, test.added) {
				t.Errorf("added are %q, want %q", got.Added, test.added)
			}
		})
	}
}

// TestRecord holds that a record reads as it was written, that a package that is gone leaves no
// file, and that a function that is gone from the code is found in the record.
func TestRecord(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "api")
	if got, err := apicheck.ReadRecord(dir); err != nil || len(got) != 0 {
		t.Fatalf("a record that is not there reads as %v, %v; want an empty one", got, err)
	}
	before := map[string][]string{".": {"func F()", "func G()"}, "a/b": {"func H()"}, "empty": nil}
	if err := apicheck.WriteRecord(dir, before); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, apicheck.LimitFile), []byte("7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := apicheck.ReadRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	if changes := apicheck.Compare(got, before); len(changes.Incompatible)+len(changes.Added) > 0 {
		t.Errorf("the record reads otherwise than it was written: %+v", changes)
	}
	after := map[string][]string{".": {"func F()"}}
	want := []string{".: func G() is gone or changed", "a/b: func H() is gone or changed"}
	if changes := apicheck.Compare(got, after); !slices.Equal(changes.Incompatible, want) {
		t.Errorf("incompatible are %q, want %q", changes.Incompatible, want)
	}
	if err := apicheck.WriteRecord(dir, after); err != nil {
		t.Fatal(err)
	}
	if got, err = apicheck.ReadRecord(dir); err != nil || fmt.Sprint(got) != fmt.Sprint(after) {
		t.Errorf("after an update the record is %v, %v; want %v", got, err, after)
	}
	if n, err := apicheck.ReadLimit(dir); n != 7 || err != nil {
		t.Errorf("the limit is %d, %v; want 7, which an update keeps", n, err)
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	const imports = "import \"example.com/mod/internal/in\"\nimport \"other.org/lib\"\nimport \"time\"\nvar _ in.T\nvar _ lib.T\nvar _ time.Time\n"
	const inT, libT = "internal/in.T", "other.org/lib.T"
	for src, want := range map[string][]apicheck.ForeignType{
		"func F(t time.Time) error { return nil }":                           nil,
		"func f(in.T) {}":                                                    nil,
		"type T struct{ t in.T }\nfunc (T) m(lib.T) {}":                      nil,
		"type I interface{ A(); m(in.T) }":                                   nil,
		"func F(in.T) {}":                                                    {{Place: "p.F", Type: inT}},
		"func F() (int, *lib.T) { return 0, nil }":                           {{Place: "p.F", Type: libT}},
		"func F(f func(map[string][]in.T)) {}":                               {{Place: "p.F", Type: inT}},
		"func F(o ...lib.T) {}":                                              {{Place: "p.F", Type: libT}},
		"var V chan [2]in.T":                                                 {{Place: "p.V", Type: inT}},
		"type A = lib.T":                                                     {{Place: "p.A", Type: libT}},
		"type F func(in.T)":                                                  {{Place: "p.F", Type: inT}},
		"type T struct{ A in.T }":                                            {{Place: "p.T.A", Type: inT}},
		"type T struct{ lib.T }":                                             {{Place: "p.T.T", Type: libT}},
		"type T struct{}\nfunc (*T) M(in.T) {}":                              {{Place: "p.T.M", Type: inT}},
		"type I interface{ M() in.T }":                                       {{Place: "p.I.M", Type: inT}},
		"type I interface{ in.I }":                                           {{Place: "p.I", Type: "internal/in.I"}},
		"type G[A any] struct{}\nfunc F(G[in.T]) {}":                         {{Place: "p.F", Type: inT}},
		"type G[A in.I] struct{}":                                            {{Place: "p.G", Type: "internal/in.I"}},
		"func F[A interface{ ~int | lib.T }]() {}":                           {{Place: "p.F", Type: libT}},
		"type t struct{}\nfunc (t) M(in.T) {}\nfunc F() t { return t{} }":    {{Place: "p.F.M", Type: inT}},
		"type t struct{}\nfunc (*t) M(in.T) {}\ntype T struct{ *t }":         {{Place: "p.T.M", Type: inT}},
		"type T struct{ e }\ntype e struct{ in.E }":                          {{Place: "p.T.M", Type: inT}},
		"type T[A any] struct{ N *T[A] }\nfunc (T[A]) M() T[A] { panic(0) }": nil,
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			all := packages{}
			all.check(t, module+"/internal/in", "type T struct{}\ntype I interface{ Z() }\ntype E struct{}\nfunc (E) M(T) {}")
			all.check(t, "other.org/lib", "type T struct{}")
			all.check(t, "time", "type Time struct{}")
			api := &apicheck.API{Module: module, Packages: []*types.Package{all.check(t, module+"/p", imports+src)}}
			if got := api.Foreign(); !slices.Equal(got, want) {
				t.Errorf("foreign types are %v, want %v", got, want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module example.com/mod\n\ngo 1.26.0\n",
		"root.go":          "package mod\n\nimport \"example.com/mod/internal/in\"\n\nfunc F() in.T { return in.T{} }\n",
		"a/a.go":           "package a\n\nconst C = 1\n",
		"a/a_test.go":      "package a\n\nfunc OnlyInTests() {}\n",
		"internal/in/i.go": "package in\n\ntype T struct{}\n",
		"a/internal/i.go":  "package internal\n\nfunc I() {}\n",
		"cmd/x/main.go":    "package main\n\nfunc Exported() {}\n\nfunc main() {}\n",
		"examples/e/e.go":  "package e\n\nfunc E() {}\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	api, err := apicheck.Load(t.Context(), dir, "examples")
	if err != nil {
		t.Fatal(err)
	}
	got := api.Names()
	want := map[string][]string{".": {"func F() example.com/mod/internal/in.T"}, "a": {"const C untyped int = 1"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the names are %v, want %v: those of packages that a user can import", got, want)
	}
	if n := apicheck.Count(got); n != 2 {
		t.Errorf("the count is %d, want 2", n)
	}
	if found := api.Foreign(); len(found) != 1 || found[0].Place != "mod.F" {
		t.Errorf("foreign types are %v, want that of mod.F", found)
	}

	if err := os.WriteFile(filepath.Join(dir, "broken.go"), []byte("package mod\n\nvar x = y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := apicheck.Load(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "undefined: y") {
		t.Errorf("the error of a module that does not compile is %v; it must say why", err)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := apicheck.ReadLimit(dir); err == nil {
		t.Error("a record without a limit is accepted, so that nothing is limited")
	}
	for text, want := range map[string]int{"700\n": 700, "0\n": 0, "-1": 0, "many": 0, "": 0} {
		if err := os.WriteFile(filepath.Join(dir, apicheck.LimitFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := apicheck.ReadLimit(dir)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("the limit %q reads as %d, %v", text, n, err)
		}
	}
}
