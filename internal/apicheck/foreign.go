package apicheck

import (
	"cmp"
	"go/types"
	"slices"
	"strings"
)

// ForeignType is a type in a public signature that a user of the package cannot name, or that binds
// the module to another one.
type ForeignType struct {
	// Place is the exported name whose signature has it, as in "binder.Bind" or
	// "providers/file.fileSource.Next".
	Place string
	// Type is the type, as in "internal/tree.Tree" or "example.com/mod/pkg.Type".
	Type string
}

// Foreign returns the types of internal packages and of other modules in public signatures: in
// parameters, results, fields, embedded types, type parameters, aliases and method sets, in order.
// The standard library is not foreign.
func (a *API) Foreign() []ForeignType {
	f := finder{api: a}
	for _, pkg := range a.Packages {
		rel := a.rel(pkg.Path())
		if rel == "." {
			rel = pkg.Name()
		}
		for _, name := range pkg.Scope().Names() {
			if obj := pkg.Scope().Lookup(name); obj.Exported() {
				f.seen = map[types.Type]bool{}
				f.home = pkg
				f.object(rel+"."+name, obj)
			}
		}
	}
	slices.SortFunc(f.found, func(a, b ForeignType) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Type, b.Type))
	})
	return slices.Compact(f.found)
}

type finder struct {
	api   *API
	home  *types.Package
	seen  map[types.Type]bool
	found []ForeignType
}

func (f *finder) object(place string, obj types.Object) {
	name, ok := obj.(*types.TypeName)
	if !ok {
		f.visit(place, obj.Type())
		return
	}
	if alias, ok := name.Type().(*types.Alias); ok {
		f.visit(place, alias.Rhs())
		return
	}
	if named, ok := name.Type().(*types.Named); ok {
		f.declaration(place, named)
	}
}

// declaration visits what a user sees of a type that the package declares.
func (f *finder) declaration(place string, named *types.Named) {
	if f.seen[named] {
		return
	}
	f.seen[named] = true
	for p := range named.TypeParams().TypeParams() {
		f.visit(place, p.Constraint())
	}
	switch u := named.Underlying().(type) {
	case *types.Struct:
		f.fields(place, u)
	case *types.Interface:
		f.methodsOfInterface(place, u)
	default:
		f.visit(place, u)
	}
	if types.IsInterface(named) {
		return
	}
	// The method set of the pointer has what embedded fields promote as well.
	set := types.NewMethodSet(types.NewPointer(named))
	for m := range set.Methods() {
		if m.Obj().Exported() {
			f.visit(place+"."+m.Obj().Name(), m.Obj().Type())
		}
	}
}

func (f *finder) fields(place string, s *types.Struct) {
	for field := range s.Fields() {
		if field.Exported() {
			f.visit(place+"."+field.Name(), field.Type())
		}
	}
}

func (f *finder) methodsOfInterface(place string, u *types.Interface) {
	for t := range u.EmbeddedTypes() {
		f.visit(place, t)
	}
	for m := range u.ExplicitMethods() {
		if m.Exported() {
			f.visit(place+"."+m.Name(), m.Type())
		}
	}
}

// visit follows a type to the named types in it.
func (f *finder) visit(place string, t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		if f.named(place, t.Obj()) {
			return
		}
		f.visitAll(place, t.TypeArgs())
		f.visit(place, types.Unalias(t))
	case *types.Named:
		f.visitAll(place, t.TypeArgs())
		if !f.named(place, t.Obj()) && t.Obj().Pkg() == f.home && !t.Obj().Exported() {
			f.declaration(place, t.Origin()) // Its exported methods and fields are in reach of a user.
		}
	case *types.Pointer:
		f.visit(place, t.Elem())
	case *types.Slice:
		f.visit(place, t.Elem())
	case *types.Array:
		f.visit(place, t.Elem())
	case *types.Chan:
		f.visit(place, t.Elem())
	case *types.Map:
		f.visit(place, t.Key())
		f.visit(place, t.Elem())
	case *types.Signature:
		for p := range t.TypeParams().TypeParams() {
			f.visit(place, p.Constraint())
		}
		f.tuple(place, t.Params())
		f.tuple(place, t.Results())
	case *types.Struct:
		f.fields(place, t)
	case *types.Interface:
		f.methodsOfInterface(place, t)
	case *types.Union:
		for term := range t.Terms() {
			f.visit(place, term.Type())
		}
	}
}

func (f *finder) tuple(place string, t *types.Tuple) {
	for v := range t.Variables() {
		f.visit(place, v.Type())
	}
}

func (f *finder) visitAll(place string, list *types.TypeList) {
	for t := range list.Types() {
		f.visit(place, t)
	}
}

// named notes the type if it is foreign, and reports whether it is.
func (f *finder) named(place string, obj *types.TypeName) bool {
	if obj.Pkg() == nil { // error, comparable
		return false
	}
	path := obj.Pkg().Path()
	rel := f.api.rel(path)
	switch {
	case rel == "" && standard(path):
		return false
	case rel == "":
		rel = path
	case !isInternal(rel):
		return false
	}
	f.found = append(f.found, ForeignType{Place: place, Type: rel + "." + obj.Name()})
	return true
}

// standard reports whether an import path is one of the standard library.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
