package admission

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/blame"
	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// LossGuard holds contents that lose too many keys of their document, their layer or the merged
// configuration.
type LossGuard struct {
	Evaluator *pipeline.Evaluator
	// Names are those of the layers, and Unguarded says which of them may lose any number of keys.
	Names     []string
	Unguarded []bool
	// Max is the share of its keys that a document may lose in a change; 0 disables the guard.
	Max float64
	// Try returns why contents cannot become live, or nil.
	Try func(contents []*pipeline.Content) source.Problems
}

// Hold returns the layers whose newest content is held, with the reasons. live is the live version,
// and applied has its contents by layer. A layer for which skip is set is not looked at.
//
// A content that would be rejected anyway is not held, since the rejection explains more: it is in
// suppressed. All contents that lose too much are evaluated together, so that a hundred of them
// cost as much as one.
func (g *LossGuard) Hold(live *pipeline.State, applied, newest []*pipeline.Content, skip []bool) (held, suppressed map[int][]string) {
	if g.Max <= 0 {
		return nil, nil
	}
	check := g.newCheck(live, applied, newest, applied)
	for i, c := range newest {
		if c == nil || c == applied[i] || skip[i] {
			continue
		}
		g.Evaluator.DecodeContent(i, c)
		if c.OwnProblems() != nil {
			continue // rejected anyway
		}
		check.wanted[i] = c
		if check.isGuarded(i) && applied[i] != nil {
			if reasons := check.documentReasons(applied[i], c); reasons != nil {
				check.hold(i, reasons)
			}
		}
	}
	check.run()
	if len(check.held) == 0 {
		return nil, nil
	}
	with := slices.Clone(applied)
	for i := range check.held {
		with[i] = newest[i]
	}
	if problems := g.Try(with); problems != nil {
		suspects, _ := check.change(with).Suspects(problems)
		if len(check.held) == 1 {
			suspects = slices.Collect(maps.Keys(check.held))
		}
		suppressed = check.suppress(suspects, newest)
	}
	return check.held, suppressed
}

// Losses returns the layers that the guard would hold if exactly these contents became live, with
// the reasons.
func (g *LossGuard) Losses(live *pipeline.State, applied, newest, contents []*pipeline.Content) (held map[int][]string) {
	if g.Max <= 0 {
		return nil
	}
	check := g.newCheck(live, applied, newest, contents)
	check.run()
	return check.held
}

// suppress leaves layers to be rejected instead of held, since they are not good together with the
// live contents of the others. It does nothing if they are good together with the newest contents
// of the others.
func (c *lossCheck) suppress(layers []int, newest []*pipeline.Content) (suppressed map[int][]string) {
	with := slices.Clone(c.wanted)
	for _, i := range layers {
		with[i] = newest[i]
	}
	if c.Try(with) == nil {
		return nil
	}
	suppressed = map[int][]string{}
	for _, i := range layers {
		suppressed[i] = c.held[i]
		delete(c.held, i)
	}
	return suppressed
}

// lossCheck looks for layers that lose too many keys.
type lossCheck struct {
	*LossGuard
	version      *pipeline.State     // the live one
	live, wanted []*pipeline.Content // the live contents and those to apply that are not held, by layer
	held         map[int][]string    // reasons, by layer
	unused       bool                // a content has keys that no field has
}

func (g *LossGuard) newCheck(version *pipeline.State, live, newest, wanted []*pipeline.Content) *lossCheck {
	c := &lossCheck{LossGuard: g, version: version, live: live, wanted: slices.Clone(wanted), held: map[int][]string{}}
	for i := range g.Names {
		for _, content := range []*pipeline.Content{c.live[i], c.wanted[i], newest[i]} {
			c.unused = c.unused || content != nil && content.Decoded().Notices.Unused != nil
		}
	}
	return c
}

func (c *lossCheck) schema() *schema.Schema { return c.Evaluator.Schema.Load() }

// change compares contents with the live ones.
func (c *lossCheck) change(contents []*pipeline.Content) *blame.Change {
	return blame.NewChange(c.Names, c.schema().Shape, c.live, contents)
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
	return c.wanted[i] != nil && c.wanted[i] != c.live[i] && !c.wanted[i].Approved && !c.Unguarded[i]
}

// hold holds a layer: its live content stays.
func (c *lossCheck) hold(i int, reasons []string) { c.held[i], c.wanted[i] = reasons, c.live[i] }

// documentReasons returns the reasons for documents of a layer that lose too many of their applied
// keys.
func (c *lossCheck) documentReasons(applied, next *pipeline.Content) (all []string) {
	for i, d := range next.Decoded().Named {
		for _, reason := range guard.Reasons(c.used(applied.RootAt(i, d.Name)), c.used(d.Root), c.schema().Shape, c.Max) {
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
			loss := guard.Compare(c.used(applied.RootAt(n, d.Name)), c.used(d.Root), c.schema().Shape)
			had, lost, left = had+loss.Had, lost+loss.Lost, left+loss.Left
		}
		merged, _ := c.schema().Merger.Merge(next.Decoded().Roots...)
		for _, d := range gone {
			root := c.used(d.Root)
			n := guard.Unsaid(root, merged, config, c.schema().Shape)
			had, lost, from = had+guard.Keys(root, c.schema().Shape), lost+n, from+n
		}
		if from > 0 && (left == 0 && lost == had || guard.TooMany(lost, had, c.Max)) {
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
	before := c.version.Merged
	if c.version.Pending != nil { // Merged keeps restart-only keys that no layer sets
		before, _ = c.schema().Merger.Merge(c.version.Roots...)
	}
	before = c.used(before)
	missing := guard.Missing(before, c.used(c.mergedTree()), c.schema().Shape)
	if missing.Lost < guard.MinLost {
		return
	}
	had, charged := guard.Keys(before, c.schema().Shape), 0
	charges := map[int]int{}
	for _, i := range c.change(c.wanted).Layers {
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
		if sameCharge := n > 0 && charges[i] == charges[byCharge[n-1]]; !sameCharge && !guard.TooMany(min(charged, missing.Lost), had, c.Max) {
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
	roots, _, _ := c.Evaluator.DecodeAll(c.wanted)
	return c.Evaluator.Merge(roots).Tree
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
