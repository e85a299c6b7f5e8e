package engine

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Explain tells where the value at a path comes from.
func (e *Engine[T]) Explain(p tree.Path) observe.Explanation {
	e.mu.Lock()
	roots, pending := e.roots, e.pending
	e.mu.Unlock()
	shape, secret := e.Shape.Lookup(p)
	x := observe.Explanation{Key: p.String(), Known: shape != nil, Secret: secret}
	if shape != nil {
		x.Type, x.Default, x.HasDefault = shape.Type, shape.Default, shape.Defaulted
		if secret && x.HasDefault {
			x.Default = observe.Redacted
		}
	}
	x.Pending = slices.ContainsFunc(pending, func(q observe.Pending) bool { return q.Key == x.Key })
	for _, c := range slices.Backward(layer.Candidates(p, roots...)) {
		x.Claims = append(x.Claims, observe.Claim{
			Position: c.Node.Position(), Value: show(c.Node, shape, secret), Wins: !c.Hidden && c.Node.Kind != tree.Null})
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
	if secret || shape == nil {
		return observe.Redacted
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
