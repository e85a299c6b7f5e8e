package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Explain tells where the value at a path comes from.
func (e *Engine[T]) Explain(p tree.Path) observe.Explanation {
	e.mu.Lock()
	roots, merged := e.roots, e.merged
	e.mu.Unlock()
	shape, secret := e.Shape.Lookup(p)
	x := observe.Explanation{Key: p.String(), Known: shape != nil, Secret: secret}
	if shape != nil {
		x.Type, x.Default, x.HasDefault = shape.Type, shape.Default, shape.Defaulted
		if secret && x.HasDefault {
			x.Default = observe.Redacted
		}
	}
	live := merged.Lookup(p)
	for i := len(roots) - 1; i >= 0; i-- {
		n := roots[i].Lookup(p)
		if n == nil {
			continue
		}
		c := observe.Claim{Position: n.Position(), Value: show(n, shape, secret), Wins: n == live}
		if n.Kind == tree.Map && live != nil && live.Kind == tree.Map {
			c.Wins = partOf(n, live)
		}
		x.Claims = append(x.Claims, c)
	}
	return x
}

// partOf reports whether any leaf of n is live.
func partOf(n, live *tree.Node) bool {
	if n == live {
		return true
	}
	if n.Kind != tree.Map || live == nil {
		return false
	}
	for i := range n.Entries {
		if partOf(n.Entries[i].Value, live.Child(n.Entries[i].Key)) {
			return true
		}
	}
	return false
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
