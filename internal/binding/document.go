package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// DocumentProblems returns the problems of BindSection, for a document whose value is not needed.
// last is a piece in which the same section found no problems; only what changed since then is
// bound. With nil, everything is.
func (p *Plan[T]) DocumentProblems(at tree.Path, piece *tree.Node, whole *tree.Shape, last *tree.Node) source.Problems {
	if last != nil && p.p.isGood(&run{plan: p.p, base: at, whole: whole}, piece, last) {
		return nil
	}
	_, report := p.BindSection(at, piece, whole)
	return report.Problems
}

// isGood reports whether a tree has no problems, given that last has none.
func (p *plan) isGood(r *run, n, last *tree.Node) bool {
	if p.hooked || isNull(n) || isNull(last) || tree.GivenOf(n) != nil || tree.GivenOf(last) != nil {
		return false
	}
	r.guard(n, "", func() { r.recheck(p.root, n, last) })
	return len(r.problems) == 0
}

// recheck finds the problems below n, where was has none.
func (r *run) recheck(k *codec, n, was *tree.Node) {
	if tree.Alike(n, was) {
		return
	}
	kind := k.typ.Kind()
	switch {
	case k.renew != nil && kind == reflect.Pointer:
		r.recheck(k.elem, n, was)
	case n.Kind != was.Kind || k.renew == nil:
		r.bindOnly(k, n)
	case k.fields != nil && n.Kind == tree.Map:
		r.recheckStruct(k, n, was)
	case kind == reflect.Slice && n.Kind == tree.List:
		for i, item := range n.Items {
			r.item(n.Place(i))
			if i < len(was.Items) && !isNull(item) && !isNull(was.Items[i]) {
				r.recheck(k.elem, item, was.Items[i])
			} else {
				r.element(k.elem, item, reflect.New(k.elem.typ).Elem())
			}
			r.up()
		}
	case kind == reflect.Map && n.Kind == tree.Map && k.textKeys:
		r.recheckEntries(k, n.Entries, was)
	default:
		r.bindOnly(k, n)
	}
}

// bindOnly binds a value that is not needed.
func (r *run) bindOnly(k *codec, n *tree.Node) { k.bind(r, n, reflect.New(k.typ).Elem()) }

func (r *run) recheckStruct(k *codec, n, was *tree.Node) {
	f := k.fields
	rest := f.visit(r, n, was, func(field int, e, old *tree.Entry) {
		r.written(e.Key, e.Alias)
		if k := f.list[field].codec; old != nil && !isNull(old.Value) {
			r.recheck(k, e.Value, old.Value)
		} else {
			r.bindOnly(k, e.Value)
		}
		r.up()
	})
	switch k := f.remain; {
	case len(rest) == 0:
	case k.codec.textKeys && k.codec.renew != nil:
		r.recheckEntries(k.codec, rest, was)
	default:
		r.bindOnly(k.codec, tree.NewMap(n.Doc, n.Line, n.Column, rest))
	}
}

// stillKnown reports whether a key without a field, which was not a problem in was, is none now.
func stillKnown(e *tree.Entry, was *tree.Node) bool {
	old := was.Entry(e.Key)
	return old != nil && old.Verdict == e.Verdict && old.Alias == e.Alias && tree.Alike(old.Value, e.Value)
}

func (r *run) recheckEntries(k *codec, entries []tree.Entry, was *tree.Node) {
	var into mapping
	next := 0
	for i := range entries {
		e := &entries[i]
		if isNull(e.Value) {
			continue
		}
		var old *tree.Entry
		if old, next = entryNear(was, e.Key, next); old != nil && !isNull(old.Value) {
			r.key(e.Key)
			r.recheck(k.elem, e.Value, old.Value)
			r.up()
			continue
		}
		if !into.m.IsValid() {
			into = mapping{reflect.MakeMap(k.typ), reflect.New(k.typ.Key()).Elem(), reflect.New(k.elem.typ).Elem(), k.elem, k.readKey, "UTF-8 text"}
		}
		r.entry(e, into)
	}
}
