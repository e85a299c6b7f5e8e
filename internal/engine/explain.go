package engine

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Explain tells where the value at a path comes from.
func (e *Engine) Explain(p tree.Path) observe.Explanation { return e.view().explain(p) }

// Report explains all keys at a path and below.
func (e *Engine) Report(below tree.Path) observe.Report {
	v := e.view()
	r := observe.Report{Version: v.live.Version, Sum: hex.EncodeToString(v.live.Sum[:])}
	paths := map[string]tree.Path{}
	for _, root := range v.roots {
		if n := root.Lookup(below); n != nil {
			leaves(below, n, paths)
		}
	}
	shape, _ := v.shape.Lookup(below)
	defaults(below, shape, paths, 0)
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		r.Keys = append(r.Keys, v.explain(paths[key]))
	}
	return r
}

// leaves gathers the paths of scalars, lists and nulls.
func leaves(at tree.Path, n *tree.Node, into map[string]tree.Path) {
	if n.Kind != tree.Map {
		into[at.String()] = at
		return
	}
	for _, e := range n.Entries {
		leaves(at.Join(e.Key), e.Value, into)
	}
}

// maxDefaultDepth is how deep keys with a default are looked for: a struct may contain itself.
const maxDefaultDepth = 16

// defaults gathers the paths of fields with a default.
func defaults(at tree.Path, s *tree.Shape, into map[string]tree.Path, depth int) {
	if depth > maxDefaultDepth || s == nil {
		return
	}
	if s.Defaulted {
		into[at.String()] = at
	}
	for _, key := range s.Order {
		defaults(at.Join(key), s.Fields[key], into, depth+1)
	}
}

// view is what is needed to explain, of one moment.
type view struct {
	live    *State
	shape   *tree.Shape
	roots   []*tree.Node
	pending []observe.Pending
	since   map[source.Position]time.Time // of layer and revision
}

func (e *Engine) view() view {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := view{live: e.cell.Load(), shape: e.plan.shape, roots: e.roots, pending: e.pending, since: map[source.Position]time.Time{}}
	for _, f := range e.feeds {
		if f.applied != nil {
			v.since[source.Position{Layer: f.name, Revision: f.applied.Revision}] = f.appliedAt
		}
	}
	return v
}

func (v view) explain(p tree.Path) observe.Explanation {
	shape, secret := v.shape.Lookup(p)
	x := observe.Explanation{Key: p.String(), Known: shape != nil, Secret: secret}
	if shape != nil {
		x.Type, x.Default, x.HasDefault = shape.Type, shape.Default, shape.Defaulted
		if x.HasDefault && (secret || shape.HidesText()) {
			x.Default = observe.Redacted
		}
	}
	if n := v.live.Merged.Lookup(p); n != nil {
		x.Value = show(n, shape, secret)
	} else {
		x.Value = x.Default
	}
	x.Pending = slices.ContainsFunc(v.pending, func(q observe.Pending) bool { return q.Key == x.Key })
	for _, c := range slices.Backward(layer.Candidates(p, v.roots...)) {
		at := c.Node.Position()
		x.Claims = append(x.Claims, observe.Claim{Position: at, Value: show(c.Node, shape, secret), Wins: !c.Hidden && c.Node.Kind != tree.Null,
			Since: v.since[source.Position{Layer: at.Layer, Revision: at.Revision}]})
	}
	return x
}

// show is the text of a node that nobody needs to hide.
func show(n *tree.Node, shape *tree.Shape, secret bool) string {
	switch n.Kind {
	case tree.Map:
		return fmt.Sprintf("{%d keys}", len(n.Entries))
	case tree.List:
		return fmt.Sprintf("[%d items]", len(n.Items))
	case tree.Null:
		return "null"
	}
	// What no field takes may be a secret under a wrong name.
	if secret || shape == nil || shape.Reserved || shape.HidesText() {
		return observe.Redacted
	}
	if n.Ref != "" {
		return strconv.Quote(n.Ref) // what it stands for is not shown, whatever field takes it
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
