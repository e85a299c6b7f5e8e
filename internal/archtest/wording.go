package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

// ownWords are the functions that take words of nacre's own, by their last name. What they are
// given is not redacted, so that the text of an error must not be a part of it.
var ownWords = []string{"Own", "NewError", "Wrap", "note", "wrong", "wrongly", "report", "reportAt"}

// wordingPackages are the packages in which messages are made that may embed foreign texts.
var wordingPackages = []string{".", "binder", "validate", "internal/layer", "internal/verify", "internal/guard", "internal/engine", "internal/resource"}

// errorsAsOwn finds the places at which the text of an error is passed on as words of nacre's own.
func (v *visitor) errorsAsOwn(tree *ast.File) {
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := called(n)
			name = name[strings.LastIndex(name, ".")+1:]
			if slices.Contains(ownWords, name) && slices.ContainsFunc(n.Args, tellsError) {
				v.file.ErrorsAsOwn = append(v.file.ErrorsAsOwn, v.mark(name, n))
			}
		case *ast.KeyValueExpr: // a violation of package validate
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "message" && tellsError(n.Value) {
				v.file.ErrorsAsOwn = append(v.file.ErrorsAsOwn, v.mark("message", n))
			}
		}
		return true
	})
}

// tellsError reports whether an expression has the text of an error in it: a call of its Error
// method, or of a function of fmt with err. What is marked is not looked at.
func tellsError(e ast.Expr) (tells bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !tells
		}
		switch name := called(call); {
		case name == "wording.Mark":
			return false
		case strings.HasSuffix(name, ".Error") && len(call.Args) == 0:
			tells = true
		case strings.HasPrefix(name, "fmt.Sprint") && len(call.Args) > 0 && !onlyType(call):
			tells = tells || slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
				id, ok := arg.(*ast.Ident)
				return ok && (id.Name == "err" || id.Name == "cause")
			})
		}
		return !tells
	})
	return tells
}

// onlyType reports whether a call of fmt.Sprintf writes the types of what it is given, and nothing
// else.
func onlyType(call *ast.CallExpr) bool {
	format, ok := call.Args[0].(*ast.BasicLit)
	return ok && strings.Count(format.Value, "%") == strings.Count(format.Value, "%T")
}

// checkWording refuses the text of an error where words of nacre's own are wanted.
func checkWording(m *Module, _ *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, d := range m.folders() {
		if !slices.Contains(wordingPackages, d.Path) {
			continue
		}
		for _, f := range d.Files {
			for _, mark := range f.ErrorsAsOwn {
				if f.Test || f.Ignored || ex.allow("wording", f.Path) {
					continue
				}
				found = append(found, Finding{
					Rule: "wording", Where: f.Path, Line: mark.Line, What: "gives the text of an error to " + mark.Name,
					Why: "what is noted as nacre's own is not redacted, and an error may carry a secret; use wording.OfError or wording.Foreign",
				})
			}
		}
	}
	return found
}
