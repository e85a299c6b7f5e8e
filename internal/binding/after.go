package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
)

// Bound says what a good value was bound from, so that the next value can take from it what does
// not change. It is immutable. It refers to the tree.
type Bound struct {
	piece *tree.Node
	whole *tree.Shape
	// sums are the digests of the fields of the value right after it was bound, or the digest of a
	// value that is not a struct.
	sums []uint64
}

// Outcome is what [Plan.BindAfter] found.
type Outcome struct {
	Report
	// Complete reports that every value that T has a field for was bound.
	Complete bool
	// Bound is nil if there are problems, or if the next value can take nothing from this one.
	Bound *Bound
	// Changes says where the value may differ from the last one.
	Changes *tree.Changes
	// Taken reports that the value may share memory with the last one.
	Taken bool
}

// BindAfter is BindSectionInto for a value that follows another one. last is that value, and from
// is what BindAfter returned for it; with nil, everything is bound. It takes from last what did not
// change in the tree, unless it was written into: then it binds these fields again. The
// new value shares memory with last, except for what is below values with a Validate method, which
// may write into them.
//
// The value and the problems are those of BindSectionInto, as long as parsers and UnmarshalText
// methods return the same for the same text. Hooks may see everything, so with hooks everything is
// bound. If the last value was taken, the report does not list unused keys.
func (p *Plan[T]) BindAfter(v *T, at tree.Path, piece *tree.Node, whole *tree.Shape, last *T, from *Bound) Outcome {
	to := reflect.ValueOf(v).Elem()
	if last != nil && from != nil {
		if out, ok := p.p.bindAfter(&run{plan: p.p, base: at, whole: whole}, piece, to, reflect.ValueOf(last).Elem(), from); ok {
			return out
		}
		to.SetZero()
	}
	out := Outcome{Changes: tree.AllChanged}
	out.Report, out.Complete = p.p.bind(&run{base: at, whole: whole}, piece, to)
	if piece = orEmpty(piece); len(out.Problems) == 0 && !p.p.hooked && tree.GivenOf(piece) == nil {
		var h hashing
		out.Bound = &Bound{piece: piece, whole: whole, sums: p.p.sums(&h, to)}
		if h.broken {
			out.Bound = nil
		}
	}
	return out
}

func orEmpty(n *tree.Node) *tree.Node {
	if isNull(n) {
		return emptyMap
	}
	return n
}

// sums returns the digests of a value: of each field of a struct, and of the field for all other
// keys; or of all else as a whole.
func (p *plan) sums(h *hashing, v reflect.Value) []uint64 {
	f := p.root.fields
	if f == nil {
		return []uint64{p.root.digest(h, v, 0)}
	}
	sums := make([]uint64, len(f.list)+1)
	for i := range f.list {
		sums[i] = f.list[i].digest(h, v, fieldPlace(i))
	}
	if f.remain != nil {
		sums[len(f.list)] = f.remain.digest(h, v, fieldPlace(len(f.list)))
	}
	return sums
}

func fieldPlace(i int) place { return place(0).inside().below(i) }

// bindAfter binds by the last value. It reports false if there are problems, or if nothing can be
// taken from the last value.
func (p *plan) bindAfter(r *run, piece *tree.Node, v, last reflect.Value, from *Bound) (out Outcome, ok bool) {
	piece = orEmpty(piece)
	if p.hooked || from.whole != r.whole || tree.GivenOf(piece) != nil {
		return out, false
	}
	var now hashing
	found := p.sums(&now, last)
	intact := make([]bool, len(found))
	all := !now.broken
	for i := range found {
		intact[i] = found[i] == from.sums[i] && !now.broken
		all = all && intact[i]
	}
	ren := &renewal{run: r}
	sums := found
	ok = true
	r.guard(piece, "", func() {
		switch {
		case all && p.root.fields == nil:
			ren.sum = &sums[0]
			out.Changes = ren.renew(p.root, piece, from.piece, v, last, 0)
		case p.root.fields == nil || piece.Kind != tree.Map || from.piece.Kind != tree.Map:
			ok = false
		case all && tree.Alike(piece, from.piece) && ren.take(p.root, v, last):
		default:
			out.Changes, ok = p.renewRoot(ren, piece, from.piece, v, last, sums, intact)
		}
	})
	if !ok || len(r.problems) > 0 || ren.hashing.broken {
		return out, false
	}
	out.Complete, out.Taken = true, true
	out.Bound = &Bound{piece: piece, whole: r.whole, sums: sums}
	return out, true
}

// renewRoot renews the fields of the whole struct, each with a digest of its own.
func (p *plan) renewRoot(r *renewal, n, was *tree.Node, v, last reflect.Value, sums []uint64, intact []bool) (*tree.Changes, bool) {
	if p.root.validates {
		r.private++
	}
	changes, ok := p.root.renewFields(r, n, was, v, last, func(i int) place { r.sum = &sums[i]; return fieldPlace(i) }, func(i int) bool { return intact[i] })
	if changes == nil && !p.root.sealed {
		changes = &tree.Changes{Remade: true}
	}
	return changes, ok
}
