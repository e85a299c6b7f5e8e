package archtest

import (
	"bytes"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// File is what the rules ask about one Go file.
type File struct {
	// Path is relative to the module, with slashes.
	Path string
	// Package is the name in the package clause.
	Package string
	// Test says that the name ends in _test.go.
	Test bool
	// Ignored says that a constraint keeps the file out of every build ("//go:build ignore").
	Ignored bool
	Lines   int
	Imports []Import
	// Doc is the package comment; empty where there is none.
	Doc string
	// Undocumented are exported names without a comment.
	Undocumented []Mark
	// Inits are init functions, Goroutines go statements and WaitGroup.Go calls.
	Inits, Goroutines []Mark
	// Sleeps are calls of time.Sleep that are not seen to be in a synctest bubble.
	Sleeps []Sleep
	// ErrorsAsOwn are the places at which the text of an error is passed on as words of nacre's
	// own.
	ErrorsAsOwn []Mark
	// LeakChecked says that the file calls goleak.
	LeakChecked bool
	// Tests are the test functions. Bubbles are the names of other functions that open a synctest
	// bubble, in which whatever is handed to them runs.
	Tests   []Test
	Bubbles []string
}

// Sleep is a call of time.Sleep, within function literals that are handed to the named functions.
type Sleep struct {
	Line   int
	Within []string
}

// Test is a test function and the functions of its package that it calls; "synctest.Test" is among
// them where it opens a bubble itself, which fails by itself when a goroutine stays.
type Test struct {
	Name  string
	Calls []string
}

// Import is one import declaration.
type Import struct {
	Path  string
	Blank bool
	Line  int
}

// Mark is a name and its line.
type Mark struct {
	Name string
	Line int
}

// ParseFile reads the facts of one file. Path is relative to the module, with slashes.
func ParseFile(path string, src []byte) (File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	f := File{
		Path:    path,
		Package: tree.Name.Name,
		Test:    strings.HasSuffix(path, "_test.go"),
		Ignored: ignored(tree),
		Lines:   bytes.Count(src, []byte("\n")),
		Doc:     tree.Doc.Text(),
	}
	for _, spec := range tree.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		f.Imports = append(f.Imports, Import{
			Path: p, Blank: spec.Name != nil && spec.Name.Name == "_", Line: fset.Position(spec.Pos()).Line,
		})
	}
	v := &visitor{file: &f, fset: fset, bubbles: f.importsBubbles()}
	for _, d := range tree.Decls {
		v.declaration(d)
	}
	v.errorsAsOwn(tree)
	return f, nil
}

// imports reports whether the file imports a path.
func (f *File) imports(path string) bool {
	for _, imp := range f.Imports {
		if imp.Path == path {
			return true
		}
	}
	return false
}

// importsBubbles reports whether the file imports testing/synctest, or the package that stands for
// it in this module.
func (f *File) importsBubbles() bool {
	return slices.ContainsFunc(f.Imports, func(imp Import) bool {
		return imp.Path == "testing/synctest" || strings.HasSuffix(imp.Path, "/internal/synctest")
	})
}

// ignored reports whether a build constraint names the tag that no build sets. Eval asks for every
// tag.
func ignored(tree *ast.File) bool {
	for _, group := range tree.Comments {
		if group.Pos() > tree.Package {
			break
		}
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil {
				named := false
				expr.Eval(func(tag string) bool { named = named || tag == "ignore"; return true })
				return named
			}
		}
	}
	return false
}

// visitor collects the facts of one file.
type visitor struct {
	file    *File
	fset    *token.FileSet
	bubbles bool     // the file imports testing/synctest
	inTest  []string // what the test function calls that is being walked
}

func (v *visitor) mark(name string, n ast.Node) Mark {
	return Mark{Name: name, Line: v.fset.Position(n.Pos()).Line}
}

func (v *visitor) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		v.function(d)
	case *ast.GenDecl:
		v.general(d)
		v.body(d, v.bubbles, nil)
	}
}

func (v *visitor) function(d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv == nil && name == "init" {
		v.file.Inits = append(v.file.Inits, v.mark(name, d))
	}
	if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
		v.file.Undocumented = append(v.file.Undocumented, v.mark(name, d))
	}
	test := v.file.Test && d.Recv == nil && strings.HasPrefix(name, "Test") && name != "TestMain"
	calls := calledBy(d.Body)
	switch {
	case test:
		v.file.Tests = append(v.file.Tests, Test{Name: name, Calls: calls})
	case slices.Contains(calls, synctestTest):
		v.file.Bubbles = append(v.file.Bubbles, name)
	}
	// A helper next to a bubble is taken to run inside one. A test function itself is not, but the
	// functions that it writes down are taken to be for the bubble that it opens.
	if test {
		v.inTest = calls
	}
	v.body(d.Body, v.bubbles && !test, nil)
	v.inTest = nil
}

// general looks for exported types, constants and variables without a comment of their own or of
// their group.
func (v *visitor) general(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				v.file.Undocumented = append(v.file.Undocumented, v.mark(s.Name.Name, s))
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					v.file.Undocumented = append(v.file.Undocumented, v.mark(n.Name, n))
				}
			}
		}
	}
}

// body walks code for sleeps, goroutines and leak checks. Inside says that time is a bubble's;
// within names the functions that the code is handed to.
func (v *visitor) body(n ast.Node, inside bool, within []string) {
	if n == nil || n == (*ast.BlockStmt)(nil) {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			v.body(n.Body, inside, slices.Concat(within, v.inTest))
			return false
		case *ast.GoStmt:
			v.file.Goroutines = append(v.file.Goroutines, v.mark("go", n))
		case *ast.CallExpr:
			name := called(n)
			switch {
			case name == "time.Sleep" && v.file.imports("time") && !inside:
				v.file.Sleeps = append(v.file.Sleeps, Sleep{Line: v.mark(name, n).Line, Within: within})
			case strings.HasSuffix(name, ".Go") && len(n.Args) == 1:
				v.file.Goroutines = append(v.file.Goroutines, v.mark("Go", n))
			case strings.HasPrefix(name, "goleak."):
				v.file.LeakChecked = true
			case name == synctestTest || name != "" && !strings.Contains(name, "."):
				for _, arg := range n.Args {
					code := ast.Node(arg)
					if lit, ok := arg.(*ast.FuncLit); ok {
						code = lit.Body
					}
					v.body(code, inside || name == synctestTest, slices.Concat(within, []string{name}))
				}
				return false
			}
		}
		return true
	})
}

const synctestTest = "synctest.Test"

// called is what a call names: "f", "x.f", or ".f" where x is not a plain name; empty where there
// is no name.
func called(call *ast.CallExpr) string {
	fun := call.Fun
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	}
	return ""
}

// calledBy returns synctest.Test and the functions of the same package that a body calls.
func calledBy(body *ast.BlockStmt) []string {
	var names []string
	if body == nil {
		return nil
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name := called(call); name == synctestTest || name != "" && !strings.Contains(name, ".") {
				names = append(names, name)
			}
		}
		return true
	})
	return names
}

// exportedReceiver reports whether a function is not a method, or is a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch u := t.(type) {
		case *ast.StarExpr:
			t = u.X
		case *ast.IndexExpr:
			t = u.X
		case *ast.IndexListExpr:
			t = u.X
		case *ast.Ident:
			return u.IsExported()
		default:
			return false
		}
	}
}
