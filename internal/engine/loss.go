package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// addLossReasons adds the hold reasons of contents that lose too many keys of their document, their
// layer or the merged configuration. A content that would be rejected anyway is not held, since the
// rejection explains more; its hold is suppressed. All contents that lose too much are evaluated
// together, so that a hundred of them cost as much as one. Only the writer calls it.
func (e *Engine) addLossReasons(reasons [][]string) {
	for _, l := range e.layers {
		l.suppressedHold = nil
	}
	if e.MaxKeyLoss <= 0 {
		return
	}
	check := e.newLossCheck(e.liveCandidate().contents)
	for i, l := range e.layers {
		c := l.latest
		if c == nil || c == l.applied || reasons[i] != nil {
			continue
		}
		e.evaluator.DecodeContent(l.index, c)
		if c.OwnProblems() != nil {
			continue // rejected anyway
		}
		check.wanted[i] = c
		if check.isGuarded(i) && l.applied != nil {
			if reasonsOfLayer := check.documentReasons(l.applied, c); reasonsOfLayer != nil {
				check.hold(i, reasonsOfLayer)
			}
		}
	}
	check.run()
	if len(check.held) == 0 {
		return
	}
	with := slices.Clone(check.live)
	for i := range check.held {
		with[i] = e.layers[i].latest
	}
	if problems := e.tryEvaluate(with); problems != nil {
		suspects, _ := e.change(check.live, with).Suspects(problems)
		if len(check.held) == 1 {
			suspects = slices.Collect(maps.Keys(check.held))
		}
		check.suppressHolds(suspects)
	}
	for i, reasonsOfLayer := range check.held {
		reasons[i] = reasonsOfLayer
	}
}

// suppressHolds leaves layers to be rejected instead of held, since they are not good together with
// the live contents of the others. It does nothing if they are good together with the newest
// contents of the others.
func (c *lossCheck) suppressHolds(layers []int) {
	newest := slices.Clone(c.wanted)
	for _, i := range layers {
		newest[i] = c.e.layers[i].latest
	}
	if c.e.tryEvaluate(newest) == nil {
		return
	}
	for _, i := range layers {
		c.e.layers[i].suppressedHold = c.held[i]
		delete(c.held, i)
	}
}

// lossCheck looks for layers that lose too many keys.
type lossCheck struct {
	e            *Engine
	live, wanted []*pipeline.Content // the live contents and those to apply that are not held, by layer
	held         map[int][]string    // reasons, by layer
	unused       bool                // a content has keys that no field has
}

func (e *Engine) newLossCheck(next []*pipeline.Content) *lossCheck {
	c := &lossCheck{e: e, live: e.liveCandidate().contents, wanted: slices.Clone(next), held: map[int][]string{}}
	for i, l := range e.layers {
		for _, content := range []*pipeline.Content{c.live[i], c.wanted[i], l.latest} {
			c.unused = c.unused || content != nil && content.Decoded().Notices.Unused != nil
		}
	}
	return c
}

// lossHoldReasons returns the layers that the change guard would hold if exactly these contents
// became live, with the reasons.
func (e *Engine) lossHoldReasons(contents []*pipeline.Content) map[int][]string {
	if e.MaxKeyLoss <= 0 {
		return nil
	}
	check := e.newLossCheck(contents)
	check.run()
	return check.held
}

// maxLossRounds is the number of rounds of a loss check. Each hold needs another round, since a
// held layer may still have the keys that another layer gave up.
const maxLossRounds = 8

func (c *lossCheck) run() {
	for range maxLossRounds {
		n := len(c.held)
		c.checkLayers()
		c.checkWhole()
		if len(c.held) == n {
			return
		}
	}
}

// isGuarded reports whether the change guard may hold a layer.
func (c *lossCheck) isGuarded(i int) bool {
	return c.wanted[i] != nil && c.wanted[i] != c.live[i] && !c.wanted[i].Approved && !c.e.layers[i].WithoutChangeGuard
}

// hold holds a layer: its live content stays.
func (c *lossCheck) hold(i int, reasons []string) { c.held[i], c.wanted[i] = reasons, c.live[i] }

// documentReasons returns the reasons for documents of a layer that lose too many of their applied
// keys.
func (c *lossCheck) documentReasons(applied, next *pipeline.Content) (all []string) {
	for i, d := range next.Decoded().Named {
		for _, reason := range guard.Reasons(c.used(applied.RootAt(i, d.Name)), c.used(d.Root), c.e.schema().Shape, c.e.MaxKeyLoss) {
			all = append(all, d.Name+": "+reason)
		}
	}
	return all
}

// goneDocuments returns the documents that a layer no longer lists. An absent document is still
// listed: the layer keeps its last content, or drops it as configured. The further YAML documents
// of a document can be gone although it is there.
func goneDocuments(applied, next *pipeline.Content) (gone []pipeline.NamedRoot) {
	for i, d := range applied.Decoded().Named {
		if next.RootAt(i, d.Name) != nil {
			continue
		}
		if listed := next.Document(d.Document); listed == nil || !listed.Absent && d.Name != d.Document {
			gone = append(gone, d)
		}
	}
	return gone
}

// checkLayers holds the layers that lose too many keys with documents that they no longer list.
// Keys that another document of the layer has, or that the merged configuration still has, are not
// lost; for example, a file was renamed or moved to another folder.
func (c *lossCheck) checkLayers() {
	var config *tree.Node
	reasons := map[int][]string{}
	for i, applied := range c.live {
		if applied == nil || !c.isGuarded(i) {
			continue
		}
		next := c.wanted[i]
		gone := goneDocuments(applied, next)
		if gone == nil {
			continue
		}
		if config == nil {
			config = c.mergedTree()
		}
		var had, lost, left, from int
		for n, d := range next.Decoded().Named {
			loss := guard.Compare(c.used(applied.RootAt(n, d.Name)), c.used(d.Root), c.e.schema().Shape)
			had, lost, left = had+loss.Had, lost+loss.Lost, left+loss.Left
		}
		merged, _ := c.e.schema().Merger.Merge(next.Decoded().Roots...)
		for _, d := range gone {
			root := c.used(d.Root)
			n := guard.Unsaid(root, merged, config, c.e.schema().Shape)
			had, lost, from = had+guard.Keys(root, c.e.schema().Shape), lost+n, from+n
		}
		if from > 0 && (left == 0 && lost == had || guard.TooMany(lost, had, c.e.MaxKeyLoss)) {
			reasons[i] = []string{fmt.Sprintf("loses %d of its %d documents with %d of %d keys", len(gone), len(applied.Decoded().Named), lost, had)}
		}
	}
	for i := range reasons {
		c.hold(i, reasons[i])
	}
}

// checkWhole holds the layers through which the merged configuration loses too many keys: more than
// the allowed share, or five by one null. If several layers together take too many keys, it holds
// those that take the most, until the rest is within the limit.
func (c *lossCheck) checkWhole() {
	if slices.Equal(c.live, c.wanted) {
		return
	}
	live := c.e.cell.Load()
	before := live.Merged
	if live.Pending != nil { // Merged keeps restart-only keys that no layer sets
		before, _ = c.e.schema().Merger.Merge(live.Roots...)
	}
	before = c.used(before)
	missing := guard.Missing(before, c.used(c.mergedTree()), c.e.schema().Shape)
	if missing.Lost < guard.MinLost {
		return
	}
	had, charged := guard.Keys(before, c.e.schema().Shape), 0
	charges := map[int]int{}
	for _, i := range c.e.change(c.live, c.wanted).Layers {
		if !c.isGuarded(i) {
			continue
		}
		charge := chargeOf(&missing, c.live[i], c.wanted[i])
		var nulls []string
		for _, null := range charge.Nulls {
			if null.Keys >= guard.MinLost {
				nulls = append(nulls, fmt.Sprintf("%s: null at %s removes %d keys", null.At, null.Path, null.Keys))
			}
		}
		switch {
		case nulls != nil:
			c.hold(i, nulls)
		case charge.Keys > 0:
			charges[i] = charge.Keys
			charged += charge.Keys
		}
	}
	byCharge := slices.SortedFunc(maps.Keys(charges), func(a, b int) int { return cmp.Or(charges[b]-charges[a], a-b) })
	for n, i := range byCharge {
		if sameCharge := n > 0 && charges[i] == charges[byCharge[n-1]]; !sameCharge && !guard.TooMany(min(charged, missing.Lost), had, c.e.MaxKeyLoss) {
			return
		}
		c.hold(i, []string{fmt.Sprintf("configuration loses %d of %d keys, %d of them through this layer", missing.Lost, had, charges[i])})
		charged -= charges[i]
	}
}

// used returns a tree without the keys that nothing reads. Losing them loses nothing, and the
// version of the service that does not have a key must not hold a change of it.
func (c *lossCheck) used(root *tree.Node) *tree.Node {
	if !c.unused {
		return root
	}
	return tree.WithoutUnused(root)
}

// mergedTree returns the merged configuration of the live contents and those that are not held.
func (c *lossCheck) mergedTree() *tree.Node {
	roots, _, _ := c.e.evaluator.DecodeAll(c.wanted)
	return c.e.evaluator.Merge(roots).Tree
}

// chargeOf returns the part of the loss that a layer causes.
func chargeOf(gone *guard.Gone, old, next *pipeline.Content) (all guard.Charge) {
	add := func(c guard.Charge) { all.Keys, all.Nulls = all.Keys+c.Keys, append(all.Nulls, c.Nulls...) }
	for i, d := range next.Decoded().Named {
		add(gone.Charge(old.RootAt(i, d.Name), d.Root))
	}
	if old == nil {
		return all
	}
	for i, d := range old.Decoded().Named {
		if next.RootAt(i, d.Name) == nil {
			add(gone.Charge(d.Root, nil))
		}
	}
	return all
}

// lossProblems returns why contents would lose too many keys if they became live without the
// others: the keys may have moved to a layer that is rejected. It returns nothing at boot, when the
// change guard is off.
func (e *Engine) lossProblems(contents []*pipeline.Content) (problems source.Problems, layers []int) {
	if e.writer.batch == nil {
		return nil, nil
	}
	held := e.lossHoldReasons(contents)
	layers = slices.Sorted(maps.Keys(held))
	for _, i := range layers {
		at := source.Position{Layer: e.layers[i].name, Document: pipeline.FirstName(contents[i]), Revision: contents[i].Shown()}
		for _, reason := range held[i] {
			problems = append(problems, &source.Problem{Kind: source.Invalid, Position: at, Message: "without the other layers of this change, " + reason})
		}
	}
	return problems, layers
}
