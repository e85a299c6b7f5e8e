package nacre

import (
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
)

// sectionBinder binds and checks the values of a section. Only the writer calls it, except for
// documentProblems.
type sectionBinder[S any] struct {
	at      tree.Path
	plan    *binding.Plan[S]
	checker *validation.Checker[S]
}

// origin is what a value was bound from; see swap.Box.
type origin struct {
	bound *binding.Bound
	whole *tree.Shape
	// changes says where the value may differ from the one before. taken reports that it has parts
	// of that value, which the service reads.
	changes *tree.Changes
	taken   bool
}

// partial is a value that could be bound only in part. It is validated, so that all problems are
// reported at once, and never becomes live.
type partial struct {
	holder  any
	unbound *tree.Paths
}

// bind implements engine.Section.Bind.
func (b *sectionBinder[S]) bind(piece *tree.Node, whole *tree.Shape, live any) (any, source.Problems) {
	next := new(version[S])
	out := b.bindInto(next, piece, whole, live)
	if !out.Complete {
		return partial{next, out.Unbound}, out.Problems
	}
	return next, out.Problems
}

func (b *sectionBinder[S]) bindInto(next *version[S], piece *tree.Node, whole *tree.Shape, live any) (out binding.Outcome) {
	var last *S
	var from *binding.Bound
	if v, ok := live.(*version[S]); ok {
		if o, ok := v.Origin.(*origin); ok {
			last, from = &v.Value, o.bound
		}
	}
	out = b.plan.BindAfter(&next.Value, b.at, piece, whole, last, from)
	next.Origin = &origin{out.Bound, whole, out.Changes, out.Taken}
	return out
}

// validate implements engine.Section.Validate. If the value with parts of the live one is not good,
// it is bound again without them: a check of the whole calls all Validate methods, which must not
// write into what the service reads.
func (b *sectionBinder[S]) validate(value any, piece *tree.Node) source.Problems {
	var unbound *tree.Paths
	if p, ok := value.(partial); ok {
		value, unbound = p.holder, p.unbound
	}
	v, _ := value.(*version[S])
	if o, _ := v.Origin.(*origin); o != nil && o.taken {
		if problems, ok := b.checker.CheckAfter(b.at, &v.Value, piece, o.changes); ok {
			return problems
		}
		v.Value = *new(S)
		if out := b.bindInto(v, piece, o.whole, nil); len(out.Problems) > 0 {
			return out.Problems
		}
	}
	return b.checker.CheckSection(b.at, &v.Value, piece, unbound)
}

// documentProblems implements engine.Section.DocumentProblems.
func (b *sectionBinder[S]) documentProblems(piece *tree.Node, whole *tree.Shape, last *tree.Node) source.Problems {
	return b.plan.DocumentProblems(b.at, piece, whole, last)
}

// written implements engine.Section.Written: it returns the keys of a live value that the service
// has written into since it became live. The value is bound and checked again for this, as
// Validate methods may write into values too.
func (b *sectionBinder[S]) written(value any, piece *tree.Node) (keys []tree.Path) {
	v, ok := value.(*version[S])
	if !ok {
		return nil
	}
	o, _ := v.Origin.(*origin)
	if o == nil || o.bound == nil || !b.plan.Written(&v.Value, o.bound) {
		return nil
	}
	again := new(version[S])
	if out := b.bindInto(again, piece, o.whole, nil); len(out.Problems) > 0 || b.validate(again, piece) != nil {
		return nil
	}
	return b.plan.Differences(&again.Value, &v.Value, maxWritten)
}

// maxWritten is the number of keys that a report of a service that wrote into a live value lists.
const maxWritten = 20
