package inspect

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

// ExplainAll explains all keys at a canonical path and below it.
func (v View) ExplainAll(below tree.Path) (all []observe.Explanation) {
	paths := map[string]tree.Path{}
	at, _ := v.Shape.Lookup(below)
	live := v.Live.Merged.Lookup(below)
	leaves(below, at, live, live, paths) // includes keys that a restart will remove
	for _, root := range v.Roots {
		leaves(below, at, root.Lookup(below), live, paths)
	}
	v.locate(below).defaults(paths, 0)
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		if !v.passes(paths[key]) {
			all = append(all, v.Explain(paths[key]))
		}
	}
	return all
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
func (v View) passes(p tree.Path) bool {
	shape := v.Shape
	for _, segment := range p {
		below := shape.At(segment)
		if below == nil {
			return shape != nil && (shape.Kind == tree.StructOf || shape.Kind == tree.RemainderOf) && tree.Passes(segment)
		}
		shape = below
	}
	return false
}

// View is a consistent copy of the state that an explanation needs.
type View struct {
	Live    *pipeline.State
	Shape   *tree.Shape
	Merger  *layer.Merger
	Roots   []*tree.Node
	Pending []pipeline.PendingKey
	Layers  map[string]Layer
	Notes   map[source.Position]string // keyed by layer and document
}

// Layer is what a view has of the live content of a layer.
type Layer struct {
	Revision source.Revision
	Since    time.Time
}

// position returns the position of a node, with the revision of its layer's content.
func (v View) position(n *tree.Node) source.Position {
	at := n.Position()
	at.Revision = v.Layers[at.Layer].Revision
	return at
}

// Explain returns where the value at a path comes from.
func (v View) Explain(p tree.Path) observe.Explanation {
	p = p.Canonical(v.Shape)
	at := v.locate(p)
	x := observe.Explanation{Key: p.String(), Known: at.shape != nil, Secret: at.secret}
	if at.shape != nil {
		x.Type, x.Default, x.HasDefault, x.Deprecated = at.shape.Type, at.shape.Default, at.shape.Defaulted, at.shape.Deprecated
		if x.HasDefault && (at.secret || at.shape.HidesText()) {
			x.Default = wording.Redacted
		}
	}
	live := v.Live.Merged.Lookup(p)
	x.Secret = x.Secret || live != nil && live.Ref != ""
	switch {
	case live != nil:
		x.Value = ValueText(live, at.shape, at.secret)
	case at.within != nil:
		x.PartOf = v.layerValue(at.within)
	case at.parentMissing:
		x.ParentMissing = true
	default:
		x.Value = x.Default
	}
	var effective []*tree.Node
	for _, c := range slices.Backward(v.Merger.Candidates(p, v.Roots...)) {
		where := v.position(c.Node)
		value := observe.LayerValue{Position: where, Value: ValueText(c.Node, at.shape, at.secret), Since: v.Layers[where.Layer].Since,
			Note: v.Notes[source.Position{Layer: where.Layer, Document: where.Document}]}
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
func (v View) removedBy(p tree.Path) *observe.LayerValue {
	i, n := v.Merger.Decides(p, v.Roots...)
	if n == nil {
		return nil
	}
	shape, secret := v.Shape.Lookup(p[:i])
	return &observe.LayerValue{Key: p[:i].String(), Position: v.position(n), Value: ValueText(n, shape, secret)}
}

// waits reports whether the effective values of a key, highest first, wait for a restart.
func (v View) waits(key string, shape *tree.Shape, live *tree.Node, effective []*tree.Node) bool {
	for _, q := range v.Pending {
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

// ValueText returns the text of a node, redacted if it may be a secret.
func ValueText(n *tree.Node, shape *tree.Shape, secret bool) string {
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
