package apicheck

import (
	"go/types"
	"slices"
	"strings"
)

// Names returns what each package exports, by its path inside the module ("." is the root). Each
// name is one line, in order: package-level names, declared methods of exported types, exported
// fields of exported structs, and methods of exported interfaces. Embedded fields and interfaces
// count as one name; what they promote does not count again.
func (a *API) Names() map[string][]string {
	all := map[string][]string{}
	for _, pkg := range a.Packages {
		all[a.rel(pkg.Path())] = namesOf(pkg)
	}
	return all
}

func namesOf(pkg *types.Package) []string {
	w := writer{pkg: pkg}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Const:
			w.line("const ", name, " ", w.text(obj.Type()), " = ", obj.Val().ExactString())
		case *types.Var:
			w.line("var ", name, " ", w.text(obj.Type()))
		case *types.Func:
			w.line("func ", name, w.signature(obj.Signature()))
		case *types.TypeName:
			w.typeName(obj)
		}
	}
	slices.Sort(w.lines)
	return w.lines
}

// writer writes the names of one package as lines.
type writer struct {
	pkg   *types.Package
	lines []string
}

func (w *writer) line(parts ...string) { w.lines = append(w.lines, strings.Join(parts, "")) }

func (w *writer) text(t types.Type) string {
	return types.TypeString(withoutNames(t), func(p *types.Package) string {
		if p == w.pkg {
			return ""
		}
		return p.Path()
	})
}

// withoutNames returns the type without the names of parameters and results, which a caller does
// not depend on, in the functions that it consists of.
func withoutNames(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Pointer:
		return types.NewPointer(withoutNames(t.Elem()))
	case *types.Slice:
		return types.NewSlice(withoutNames(t.Elem()))
	case *types.Array:
		return types.NewArray(withoutNames(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(withoutNames(t.Key()), withoutNames(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), withoutNames(t.Elem()))
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, unnamed(t.Params()), unnamed(t.Results()), t.Variadic())
	}
	return t
}

func unnamed(t *types.Tuple) *types.Tuple {
	var all []*types.Var
	for v := range t.Variables() {
		all = append(all, types.NewParam(v.Pos(), nil, "", withoutNames(v.Type())))
	}
	return types.NewTuple(all...)
}

// signature returns type parameters, parameters and results. Parameters have no names, since
// renaming one breaks no caller.
func (w *writer) signature(s *types.Signature) string {
	var b strings.Builder
	b.WriteString(w.typeParams(s.TypeParams()))
	b.WriteString("(")
	for i := range s.Params().Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		t := s.Params().At(i).Type()
		if last := i == s.Params().Len()-1; last && s.Variadic() {
			b.WriteString("..." + strings.TrimPrefix(w.text(t), "[]"))
			continue
		}
		b.WriteString(w.text(t))
	}
	b.WriteString(")")
	var results []string
	for v := range s.Results().Variables() {
		results = append(results, w.text(v.Type()))
	}
	switch len(results) {
	case 0:
	case 1:
		b.WriteString(" " + results[0])
	default:
		b.WriteString(" (" + strings.Join(results, ", ") + ")")
	}
	return b.String()
}

func (w *writer) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.Obj().Name()+" "+w.text(p.Constraint()))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (w *writer) typeName(obj *types.TypeName) {
	if alias, ok := obj.Type().(*types.Alias); ok {
		w.line("type ", obj.Name(), w.typeParams(alias.TypeParams()), " = ", w.text(alias.Rhs()))
		return
	}
	named, ok := obj.Type().(*types.Named)
	if !ok {
		w.line("type ", obj.Name(), " = ", w.text(obj.Type()))
		return
	}
	head := "type " + obj.Name() + w.typeParams(named.TypeParams())
	switch u := named.Underlying().(type) {
	case *types.Struct:
		w.line(head, " struct")
		for f := range u.Fields() {
			switch {
			case !f.Exported():
			case f.Embedded():
				w.line("type ", obj.Name(), " struct, embedded ", w.text(f.Type()))
			default:
				w.line("type ", obj.Name(), " struct, ", f.Name(), " ", w.text(f.Type()))
			}
		}
	case *types.Interface:
		w.line(head, " interface", sealed(u))
		for m := range u.ExplicitMethods() {
			if m.Exported() {
				w.line("type ", obj.Name(), " interface, ", m.Name(), w.signature(m.Signature()))
			}
		}
		for t := range u.EmbeddedTypes() {
			w.line("type ", obj.Name(), " interface, embedded ", w.text(t))
		}
	default:
		w.line(head, " ", w.text(u))
	}
	for m := range named.Methods() {
		if m.Exported() {
			w.line("method (", w.text(m.Signature().Recv().Type()), ") ", m.Name(), w.signature(m.Signature()))
		}
	}
}

// sealed says whether only the package itself can implement an interface.
func sealed(u *types.Interface) string {
	for m := range u.Methods() {
		if !m.Exported() {
			return " (sealed)"
		}
	}
	return ""
}
