package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Explain returns where the value at a path comes from.
func (e *Engine) Explain(p tree.Path) observe.Explanation { return e.view().explain(p) }

// ExplainAll explains all keys at a path and below it.
func (e *Engine) ExplainAll(below tree.Path) observe.Report {
	v := e.view()
	below = below.Canonical(v.shape)
	r := observe.Report{Version: v.live.Version}
	paths := map[string]tree.Path{}
	at, _ := v.shape.Lookup(below)
	live := v.live.Merged.Lookup(below)
	leaves(below, at, live, live, paths) // includes keys that a restart will remove
	for _, root := range v.roots {
		leaves(below, at, root.Lookup(below), live, paths)
	}
	v.locate(below).defaults(paths, 0)
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		if !v.passes(paths[key]) {
			r.Keys = append(r.Keys, v.explain(paths[key]))
		}
	}
	r.Readers = e.readers(v.live, below)
	return r
}

// leaves adds the paths of scalars, lists and nulls to into. A list whose items are merged one by
// one counts as its items in live, the merged value of the same place.
func leaves(at tree.Path, shape *tree.Shape, n, live *tree.Node, into map[string]tree.Path) {
	switch {
	case n == nil:
	case n.Kind == tree.Map:
		for _, e := range n.Entries {
			leaves(at.Join(e.Key), shape.At(e.Key), e.Value, live.Child(e.Key), into)
		}
	case shape != nil && shape.Kind == tree.ListOf && shape.Merge.Joins() && live != nil && len(live.Items) > 0:
		if n == live {
			for i, item := range live.Items {
				leaves(at.Join(tree.Item(i)), shape.Elem, item, item, into)
			}
		}
	default:
		into[at.String()] = at
	}
}

// passes reports whether a path leads to a key that is accepted where no field has it, and that
// nothing reports.
func (v view) passes(p tree.Path) bool {
	shape := v.shape
	for _, segment := range p {
		below := shape.At(segment)
		if below == nil {
			return shape != nil && (shape.Kind == tree.StructOf || shape.Kind == tree.RemainderOf) && tree.Passes(segment)
		}
		shape = below
	}
	return false
}

// view is a consistent copy of the state that an explanation needs.
type view struct {
	live    *pipeline.State
	shape   *tree.Shape
	merger  *layer.Merger
	roots   []*tree.Node
	pending []pipeline.PendingKey
	layers  map[string]viewedLayer
	notes   map[source.Position]string // keyed by layer and document
}

// viewedLayer is what a view has of the live content of a layer.
type viewedLayer struct {
	revision source.Revision
	since    time.Time
}

func (e *Engine) view() view {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := view{live: e.cell.Load(), shape: e.schema().Shape, merger: e.schema().Merger, roots: e.roots, pending: e.pending, layers: map[string]viewedLayer{}, notes: map[source.Position]string{}}
	for _, l := range e.layers {
		if l.applied == nil {
			continue
		}
		v.layers[l.name] = viewedLayer{l.applied.Shown(), l.appliedAt}
		for _, d := range l.applied.Documents {
			if d.Note != "" {
				v.notes[source.Position{Layer: l.name, Document: d.Name}] = pipeline.Note(d.Note)
			}
		}
	}
	return v
}

// position returns the position of a node, with the revision of its layer's content.
func (v view) position(n *tree.Node) source.Position {
	at := n.Position()
	at.Revision = v.layers[at.Layer].revision
	return at
}

func (v view) explain(p tree.Path) observe.Explanation {
	p = p.Canonical(v.shape)
	at := v.locate(p)
	x := observe.Explanation{Key: p.String(), Known: at.shape != nil, Secret: at.secret}
	if at.shape != nil {
		x.Type, x.Default, x.HasDefault, x.Deprecated = at.shape.Type, at.shape.Default, at.shape.Defaulted, at.shape.Deprecated
		if x.HasDefault && (at.secret || at.shape.HidesText()) {
			x.Default = wording.Redacted
		}
	}
	live := v.live.Merged.Lookup(p)
	x.Secret = x.Secret || live != nil && live.Ref != ""
	switch {
	case live != nil:
		x.Value = valueText(live, at.shape, at.secret)
	case at.within != nil:
		x.PartOf = v.layerValue(at.within)
	case at.parentMissing:
		x.ParentMissing = true
	default:
		x.Value = x.Default
	}
	var effective []*tree.Node
	for _, c := range slices.Backward(v.merger.Candidates(p, v.roots...)) {
		where := v.position(c.Node)
		value := observe.LayerValue{Position: where, Value: valueText(c.Node, at.shape, at.secret), Since: v.layers[where.Layer].since,
			Note: v.notes[source.Position{Layer: where.Layer, Document: where.Document}]}
		if c.Written != nil {
			value.Key = c.Written.String()
		}
		// The merged tree keeps nulls only as items of a list.
		if value.Effective = !c.Hidden && (c.Node.Kind != tree.Null || c.Node == live); value.Effective {
			effective = append(effective, c.Node)
		}
		x.LayerValues = append(x.LayerValues, value)
	}
	if effective == nil {
		x.RemovedBy = v.removedBy(p)
	}
	if x.RemovedBy != nil && x.PartOf != nil && x.RemovedBy.Key == x.PartOf.Key {
		x.RemovedBy = nil // PartOf says the same
	}
	x.Pending = v.waits(x.Key, at.shape, live, effective)
	return x
}

// removedBy returns the value that removes a path from the layers below it.
func (v view) removedBy(p tree.Path) *observe.LayerValue {
	i, n := v.merger.Decides(p, v.roots...)
	if n == nil {
		return nil
	}
	shape, secret := v.shape.Lookup(p[:i])
	return &observe.LayerValue{Key: p[:i].String(), Position: v.position(n), Value: valueText(n, shape, secret)}
}

// waits reports whether the effective values of a key, highest first, wait for a restart.
func (v view) waits(key string, shape *tree.Shape, live *tree.Node, effective []*tree.Node) bool {
	for _, q := range v.pending {
		if q.Key == key {
			return true
		}
		if rest, below := strings.CutPrefix(key, q.Key); below && (rest[0] == '.' || rest[0] == '[') {
			if len(effective) == 0 {
				return live != nil
			}
			slices.Reverse(effective)
			return !tree.Same(layer.MergeValues(shape, effective...), live)
		}
	}
	return false
}

// valueText returns the text of a node, redacted if it may be a secret.
func valueText(n *tree.Node, shape *tree.Shape, secret bool) string {
	switch n.Kind {
	case tree.Map:
		return fmt.Sprintf("{%d keys}", len(n.Entries))
	case tree.List:
		return fmt.Sprintf("[%d items]", len(n.Items))
	case tree.Null:
		return "null"
	}
	// A value without a field may be a secret under a misspelled key.
	if secret || shape == nil || shape.Reserved || shape.HidesText() {
		return wording.Redacted
	}
	if n.Ref != "" {
		return strconv.Quote(n.Ref) // show the reference, never its value
	}
	switch v := n.Value.(type) {
	case string:
		return strconv.Quote(v)
	case source.Text:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(n.Value)
}
