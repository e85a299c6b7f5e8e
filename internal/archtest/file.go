package archtest

import (
	"bytes"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
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
	// Inits are init functions, Sleeps calls of time.Sleep outside a synctest bubble, Goroutines go statements and
	// WaitGroup.Go calls.
	Inits, Sleeps, Goroutines []Mark
	// LeakChecked says that the file calls goleak. Tests counts test functions, Bubbled those of them that run in a
	// synctest bubble, which fails by itself when a goroutine stays.
	LeakChecked    bool
	Tests, Bubbled int
}

// Import is one import declaration.
type Import struct {
	Path  string
	Blank bool
	Line  int
}

// Mark is a name and where it stands.
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
	v := &visitor{file: &f, fset: fset, bubbles: f.imports("testing/synctest")}
	for _, d := range tree.Decls {
		v.declaration(d)
	}
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

// ignored reports whether a build constraint names the tag that no build sets. Eval asks for every tag.
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
	bubbles bool // the file imports testing/synctest
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
		v.body(d, v.bubbles)
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
	if test {
		v.file.Tests++
		if callsSynctest(d.Body) {
			v.file.Bubbled++
		}
	}
	// A helper beside a bubble is taken to run inside one; a test function itself is not.
	v.body(d.Body, v.bubbles && !test)
}

// general looks for exported types, constants and variables without a comment of their own or of their group.
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

// body walks code for sleeps, goroutines and leak checks. Inside says that time is a bubble's.
func (v *visitor) body(n ast.Node, inside bool) {
	if n == nil || n == (*ast.BlockStmt)(nil) {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			v.file.Goroutines = append(v.file.Goroutines, v.mark("go", n))
		case *ast.CallExpr:
			switch pkg, fn := selector(n.Fun); {
			case pkg == "synctest" && fn == "Test" && v.bubbles && !inside:
				for _, arg := range n.Args {
					v.body(arg, true)
				}
				return false
			case pkg == "time" && fn == "Sleep" && v.file.imports("time") && !inside:
				v.file.Sleeps = append(v.file.Sleeps, v.mark("time.Sleep", n))
			case fn == "Go" && len(n.Args) == 1:
				v.file.Goroutines = append(v.file.Goroutines, v.mark("Go", n))
			case pkg == "goleak":
				v.file.LeakChecked = true
			}
		}
		return true
	})
}

func callsSynctest(body *ast.BlockStmt) bool {
	found := false
	if body == nil {
		return false
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if pkg, fn := selector(call.Fun); pkg == "synctest" && fn == "Test" {
				found = true
			}
		}
		return !found
	})
	return found
}

// selector splits x.f into "x" and "f"; x is empty where it is not a plain name.
func selector(e ast.Expr) (x, f string) {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		x = id.Name
	}
	return x, sel.Sel.Name
}

// exportedReceiver reports whether a function is no method, or a method of an exported type.
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
