package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// judgeLosses adds why contents are held for what they lose: of their own document or layer, or of what is live as a whole. A content
// that is refused anyway, beside what is live of the others, is not held: the refusal has the better words. All contents that lose too
// much are looked at together, so that a hundred of them cost what one costs.
func (e *Engine) judgeLosses(reasons [][]string) {
	if e.MaxLoss <= 0 {
		return
	}
	l := losses{e: e, base: e.live().contents, held: map[int][]string{}}
	l.next = slices.Clone(l.base)
	for i, f := range e.feeds {
		c := f.latest
		if c == nil || c == f.applied || reasons[i] != nil {
			continue
		}
		e.decodeContent(f, c)
		if c.ownProblems() != nil {
			continue // it is refused
		}
		if guarded := f.applied != nil && !c.released && !f.Unguarded; guarded {
			if why := l.ofLayer(f.applied, c); why != nil {
				l.held[i] = why
				continue
			}
		}
		l.next[i] = c
	}
	l.ofWhole()
	if len(l.held) == 0 {
		return
	}
	with := slices.Clone(l.base)
	for i := range l.held {
		with[i] = e.feeds[i].latest
	}
	if problems := e.try(candidate{contents: with, rehearse: true, dry: true}); problems != nil {
		guilty, _ := e.newBlame(l.base, with).layers(problems)
		if len(l.held) == 1 {
			guilty = slices.Collect(maps.Keys(l.held))
		}
		for _, i := range guilty {
			delete(l.held, i)
		}
	}
	for i, why := range l.held {
		reasons[i] = why
	}
}

// losses looks for layers that lose too much.
type losses struct {
	e          *Engine
	base, next []*content       // what is live, and what is newest and not held yet, by layer
	held       map[int][]string // why, by layer
}

// ofLayer is why a layer loses too much of what is applied of it: a document by itself or, where documents are not there any more,
// the layer. A document that is absent is not one that is gone: it is kept, or the layer is told to drop it.
func (l *losses) ofLayer(applied, next *content) (all []string) {
	var had, lost, left, documents int
	for i, d := range next.named {
		loss := guard.Compare(applied.rootNear(i, d.name), d.root)
		for _, why := range loss.Reasons(l.e.MaxLoss) {
			all = append(all, d.name+": "+why)
		}
		had, lost, left = had+loss.Had, lost+loss.Lost, left+loss.Left
	}
	for i, d := range applied.named {
		if next.rootNear(i, d.name) == nil && next.document(d.name) == nil {
			n := guard.Keys(d.root)
			had, lost, documents = had+n, lost+n, documents+1
		}
	}
	if documents > 0 && all == nil && (left == 0 && had > 0 || guard.TooMany(lost, had, l.e.MaxLoss)) {
		all = append(all, fmt.Sprintf("it loses %d of its %d documents, and with them %d of %d keys", documents, len(applied.named), lost, had))
	}
	return all
}

// ofWhole holds the layers through which the merged configuration loses too much: more than its share of all keys, or a whole map by a null.
func (l *losses) ofWhole() {
	if slices.Equal(l.base, l.next) {
		return
	}
	live := l.e.cell.Load().Merged
	roots, _, _ := l.e.decode(l.next)
	gone := guard.Missing(live, l.e.merge(roots).tree)
	if gone.Lost < guard.MinLost {
		return
	}
	had := guard.Keys(live)
	tooMany := guard.TooMany(gone.Lost, had, l.e.MaxLoss)
	b := l.e.newBlame(l.base, l.next)
	lost := map[int]int{} // by layer
	for _, place := range gone.Places {
		for _, i := range b.changed {
			f := l.e.feeds[i]
			if f.Unguarded || f.latest.released {
				continue
			}
			if at, null := b.nullAt(i, place.Path); null && place.Keys >= guard.MinLost {
				l.held[i] = append(l.held[i], fmt.Sprintf("%s: null at %s takes away %d keys", at, place.Path, place.Keys))
			}
			if b.lost(i, place.Path) || b.shrinks(i, place.Path) || b.hides(i, place.Path) {
				lost[i] += place.Keys
			}
		}
	}
	for i, n := range lost {
		if tooMany && l.held[i] == nil {
			l.held[i] = []string{fmt.Sprintf("the configuration loses %d of %d keys, of which this layer takes away %d", gone.Lost, had, n)}
		}
	}
}

// takesAway reports whether a node is there to take away what lower layers say: a null, or a key without a value.
func takesAway(n *tree.Node) bool { return n != nil && (n.Kind == tree.Null || n.Bare) }

// nullAt returns where a layer has a null at a path, which it did not have before.
func (b *blame) nullAt(layer int, p tree.Path) (at source.Position, null bool) {
	for i, d := range b.next[layer].named {
		n, was := d.root.Lookup(p), b.base[layer].rootNear(i, d.name).Lookup(p)
		if takesAway(n) && !takesAway(was) {
			return n.Position(), true
		}
	}
	return source.Position{}, false
}

// shrinks reports whether a layer has less at a path, or below it, than it had.
func (b *blame) shrinks(layer int, p tree.Path) bool {
	for i, d := range b.next[layer].named {
		if guard.Missing(b.base[layer].rootNear(i, d.name).Lookup(p), d.root.Lookup(p)).Lost > 0 {
			return true
		}
	}
	return false
}

// hides reports whether a layer has something at a path, or above it, that takes the place of what is below, and that it did not have.
func (b *blame) hides(layer int, p tree.Path) bool {
	for i, d := range b.next[layer].named {
		old := b.base[layer].rootNear(i, d.name)
		n := d.root
		for depth := range len(p) {
			if n = n.Child(p[depth]); n == nil {
				break
			}
			was := old.Lookup(p[:depth+1])
			if replaces := n.Kind != tree.Map || n.Bare; replaces && (was == nil || was.Kind != n.Kind || was.Bare != n.Bare) {
				return true
			}
		}
	}
	return false
}
