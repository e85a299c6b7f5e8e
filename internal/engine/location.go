package engine

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
)

// location is what a live value has at a path, by the rules of binding: also where the merged tree
// has nothing, and a default holds.
type location struct {
	path   tree.Path
	shape  *tree.Shape // nil where nothing is known of it
	secret bool
	node   *tree.Node // in the merged tree; nil where that has nothing or null
	// gone reports whether what would hold the path does not exist, so that no default applies.
	gone bool
	// within is the place above that has a text for all of it, such as "a,b" for a list; nil where
	// there is none.
	within *location
}

func (v view) locate(p tree.Path) location {
	at := location{shape: v.shape, secret: v.shape != nil && v.shape.Secret, node: v.live.Merged}
	for i := range p {
		at = at.step(p[:i+1])
	}
	return at
}

// below is the shape of what is in a map or list of a field of type any, or of a reserved key:
// known, and not shown.
var below = &tree.Shape{Reserved: true}

// step goes one segment down, to the end of path.
func (p location) step(path tree.Path) location {
	segment := path[len(path)-1]
	next := location{path: path, shape: p.shape.At(segment), node: p.node.Child(segment), gone: p.gone, within: p.within}
	if next.shape == nil && p.shape != nil && p.shape.Kind == tree.Any {
		next.shape = below // it is known, as is what it is in
	}
	next.secret = p.secret || next.shape != nil && next.shape.Secret
	there := next.node != nil
	if there && next.node.Kind == tree.Null {
		next.node = nil
	}
	if next.shape == nil || p.gone || p.within != nil {
		return next
	}
	_, field := p.shape.Fields[segment]
	switch {
	case p.node != nil && p.node.Kind == tree.Scalar, p.node == nil && p.shape.Defaulted:
		around := p // which does not leave the stack otherwise
		next.within = &around
	case p.shape.Pointer && p.node == nil:
		next.gone = true
	case field:
		for _, keys := range next.shape.Needs {
			next.gone = next.gone || !p.hasOne(keys)
		}
	case !there:
		next.gone = !p.isItem(segment)
	}
	return next
}

// hasOne reports whether the tree has a value for one of these keys of a map.
func (p location) hasOne(keys []string) bool {
	for _, key := range keys {
		if n := p.node.Child(key); n != nil && n.Kind != tree.Null {
			return true
		}
	}
	return false
}

// isItem reports whether a segment is an item of an array, which has all of them whatever the tree
// has.
func (p location) isItem(segment string) bool {
	if p.node != nil || p.shape.Go == nil || p.shape.Go.Kind() != reflect.Array {
		return false
	}
	for i := range p.shape.Go.Len() {
		if tree.Item(i) == segment {
			return true
		}
	}
	return false
}

// decider is the place as what holds the value of another.
func (p location) decider() *observe.LayerValue {
	d := &observe.LayerValue{Key: p.path.String(), Value: p.shape.Default}
	switch {
	case p.node != nil:
		d.Position, d.Value = p.node.Position(), show(p.node, p.shape, p.secret)
	case p.secret || p.shape.HidesText():
		d.Value = wording.Redacted
	}
	return d
}

// maxDefaultDepth is how deep keys with a default are looked for: a struct may contain itself.
const maxDefaultDepth = 16

// defaults gathers the paths at and below a place at which a default may hold.
func (p location) defaults(into map[string]tree.Path, depth int) {
	if depth > maxDefaultDepth || p.shape == nil || p.gone || p.within != nil {
		return
	}
	if p.shape.Defaulted {
		into[p.path.String()] = p.path
	}
	for _, key := range p.shape.Order {
		p.step(p.path.Join(key)).defaults(into, depth+1)
	}
	if p.shape.Elem == nil || p.node == nil || p.node.Kind != tree.Map {
		return
	}
	for _, e := range p.node.Entries {
		if p.shape.Fields[e.Key] == nil {
			p.step(p.path.Join(e.Key)).defaults(into, depth+1)
		}
	}
}
