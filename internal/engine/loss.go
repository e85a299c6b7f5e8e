package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// admitLosses adds the reasons to hold contents that lose too much: of their document, of their
// layer, or of the live configuration. It does not hold a content that is rejected anyway, since
// the problems say more; that layer is in doubt. It evaluates all contents that lose too much
// together, so that a hundred of them cost as much as one.
func (e *Engine) admitLosses(reasons [][]string) {
	for _, f := range e.layers {
		f.doubt = nil
	}
	if e.MaxKeyLoss <= 0 {
		return
	}
	l := e.newLosses(e.live().contents)
	for i, f := range e.layers {
		c := f.latest
		if c == nil || c == f.applied || reasons[i] != nil {
			continue
		}
		e.decodeContent(f, c)
		if c.ownProblems() != nil {
			continue // it is refused
		}
		l.next[i] = c
		if l.guards(i) && f.applied != nil {
			if why := l.ofDocuments(f.applied, c); why != nil {
				l.hold(i, why)
			}
		}
	}
	l.admit()
	if len(l.held) == 0 {
		return
	}
	with := slices.Clone(l.base)
	for i := range l.held {
		with[i] = e.layers[i].latest
	}
	if problems := e.try(candidate{contents: with, prepareOnly: true, evaluateOnly: true}); problems != nil {
		guilty, _ := e.newBlame(l.base, with).layers(problems)
		if len(l.held) == 1 {
			guilty = slices.Collect(maps.Keys(l.held))
		}
		l.recordDoubt(guilty)
	}
	for i, why := range l.held {
		reasons[i] = why
	}
}

// recordDoubt lets the guilty layers be rejected in place of being held, because their contents are
// not valid with the live contents of the others, unless they are valid with the newest ones.
func (l *losses) recordDoubt(guilty []int) {
	newest := slices.Clone(l.next)
	for _, i := range guilty {
		newest[i] = l.e.layers[i].latest
	}
	if l.e.try(candidate{contents: newest, prepareOnly: true, evaluateOnly: true}) == nil {
		return
	}
	for _, i := range guilty {
		l.e.layers[i].doubt = l.held[i]
		delete(l.held, i)
	}
}

// losses looks for layers that lose too much.
type losses struct {
	e          *Engine
	base, next []*layerContent  // what is live, and what is wanted and not held yet, by layer
	held       map[int][]string // why, by layer
}

func (e *Engine) newLosses(next []*layerContent) *losses {
	return &losses{e: e, base: e.live().contents, next: slices.Clone(next), held: map[int][]string{}}
}

// lossesOf returns why layers would have to be held if just these contents became live.
func (e *Engine) lossesOf(contents []*layerContent) map[int][]string {
	if e.MaxKeyLoss <= 0 {
		return nil
	}
	l := e.newLosses(contents)
	l.admit()
	return l.held
}

// maxJudgeRounds is how often the losses are looked at again since a layer is held: another one may
// have given up what that one has.
const maxJudgeRounds = 8

func (l *losses) admit() {
	for range maxJudgeRounds {
		n := len(l.held)
		l.ofLayers()
		l.ofWhole()
		if len(l.held) == n {
			return
		}
	}
}

// guards reports whether what a layer wants may be held.
func (l *losses) guards(i int) bool {
	return l.next[i] != nil && l.next[i] != l.base[i] && !l.next[i].released && !l.e.layers[i].WithoutChangeGuard
}

// hold holds a layer: its newest content no longer takes part.
func (l *losses) hold(i int, why []string) { l.held[i], l.next[i] = why, l.base[i] }

// ofDocuments is why the documents of a layer lose too much of what is applied of them, each by
// itself.
func (l *losses) ofDocuments(applied, next *layerContent) (all []string) {
	for i, d := range next.named {
		for _, why := range guard.Compare(applied.rootNear(i, d.name), d.root).Reasons(l.e.MaxKeyLoss) {
			all = append(all, d.name+": "+why)
		}
	}
	return all
}

// goneOf returns the documents that a layer no longer has. An absent document is not one of them:
// it keeps its last content, or the layer drops it on purpose.
func goneOf(applied, next *layerContent) (gone []named) {
	for i, d := range applied.named {
		if next.rootNear(i, d.name) == nil && next.document(d.name) == nil {
			gone = append(gone, d)
		}
	}
	return gone
}

// ofLayers holds the layers that lose too much with removed documents. A key that another document
// of the layer has, or that keeps its value in the configuration, is not lost: a file may be
// renamed or move to another folder.
func (l *losses) ofLayers() {
	var config *tree.Node
	why := map[int][]string{}
	for i, applied := range l.base {
		if applied == nil || !l.guards(i) {
			continue
		}
		next := l.next[i]
		gone := goneOf(applied, next)
		if gone == nil {
			continue
		}
		if config == nil {
			config = l.merged()
		}
		var had, lost, left, from int
		for n, d := range next.named {
			loss := guard.Compare(applied.rootNear(n, d.name), d.root)
			had, lost, left = had+loss.Had, lost+loss.Lost, left+loss.Left
		}
		own := layer.Merge(next.roots...)
		for _, d := range gone {
			n := guard.Unsaid(d.root, own, config)
			had, lost, from = had+guard.Keys(d.root), lost+n, from+n
		}
		if from > 0 && (left == 0 && lost == had || guard.TooMany(lost, had, l.e.MaxKeyLoss)) {
			why[i] = []string{fmt.Sprintf("loses %d of its %d documents, and with them %d of %d keys", len(gone), len(applied.named), lost, had)}
		}
	}
	for i := range why {
		l.hold(i, why[i])
	}
}

// ofWhole holds the layers through which the merged configuration loses too much: more than its
// share of all keys, or five by one null. Of those that together take too many it holds the ones
// that take the most, and leaves alone those without which it would not be too many.
func (l *losses) ofWhole() {
	if slices.Equal(l.base, l.next) {
		return
	}
	live := l.e.cell.Load()
	was := live.Merged
	if live.pending != nil { // until the restart it has keys that no layer sets
		was = layer.Merge(live.roots...)
	}
	gone := guard.Missing(was, l.merged())
	if gone.Lost < guard.MinLost {
		return
	}
	had, taken := guard.Keys(was), 0
	charges := map[int]int{}
	for _, i := range l.e.newBlame(l.base, l.next).changed {
		if !l.guards(i) {
			continue
		}
		charge := chargeOf(&gone, l.base[i], l.next[i])
		var nulls []string
		for _, null := range charge.Nulls {
			if null.Keys >= guard.MinLost {
				nulls = append(nulls, fmt.Sprintf("%s: null at %s takes away %d keys", null.At, null.Path, null.Keys))
			}
		}
		switch {
		case nulls != nil:
			l.hold(i, nulls)
		case charge.Keys > 0:
			charges[i] = charge.Keys
			taken += charge.Keys
		}
	}
	most := slices.SortedFunc(maps.Keys(charges), func(a, b int) int { return cmp.Or(charges[b]-charges[a], a-b) })
	for n, i := range most {
		if asMany := n > 0 && charges[i] == charges[most[n-1]]; !asMany && !guard.TooMany(min(taken, gone.Lost), had, l.e.MaxKeyLoss) {
			return
		}
		l.hold(i, []string{fmt.Sprintf("the configuration loses %d of %d keys, of which this layer takes away %d", gone.Lost, had, charges[i])})
		taken -= charges[i]
	}
}

// merged is the configuration as it would be with what is not held yet.
func (l *losses) merged() *tree.Node {
	roots, _, _ := l.e.decode(l.next)
	return l.e.merge(roots).tree
}

// chargeOf is what a layer takes away of what is gone.
func chargeOf(gone *guard.Gone, old, next *layerContent) (all guard.Charge) {
	add := func(c guard.Charge) { all.Keys, all.Nulls = all.Keys+c.Keys, append(all.Nulls, c.Nulls...) }
	for i, d := range next.named {
		add(gone.Charge(old.rootNear(i, d.name), d.root))
	}
	if old == nil {
		return all
	}
	for i, d := range old.named {
		if next.rootNear(i, d.name) == nil {
			add(gone.Charge(d.root, nil))
		}
	}
	return all
}
