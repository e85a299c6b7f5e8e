package inspect

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
)

// location is the live value at a path by the rules of binding, which include defaults of keys that
// the merged tree does not have.
type location struct {
	path   tree.Path
	shape  *tree.Shape // nil if no field has the path
	secret bool
	node   *tree.Node // in the merged tree; nil for none or null
	// parentMissing says that the enclosing value does not exist, so that no default applies.
	parentMissing bool
	// within is the enclosing value that is one text, such as "a,b" for a list, or nil.
	within *location
}

func (v View) locate(p tree.Path) location {
	at := location{shape: v.Shape, secret: v.Shape != nil && v.Shape.Secret, node: v.Live.Merged}
	for i := range p {
		at = at.step(p[:i+1])
	}
	return at
}

// unboundShape is the shape of values below a field of type any or a reserved key: known, and never
// shown.
var unboundShape = &tree.Shape{Reserved: true}

// step goes down by the last segment of path.
func (at location) step(path tree.Path) location {
	segment := path[len(path)-1]
	next := location{path: path, shape: at.shape.At(segment), node: at.node.Child(segment), parentMissing: at.parentMissing, within: at.within}
	if next.shape == nil && at.shape != nil && at.shape.Kind == tree.Any {
		next.shape = unboundShape // the enclosing field takes it
	}
	next.secret = at.secret || next.shape != nil && next.shape.Secret
	there := next.node != nil
	if there && next.node.Kind == tree.Null {
		next.node = nil
	}
	if next.shape == nil || at.parentMissing || at.within != nil {
		return next
	}
	_, field := at.shape.Fields[segment]
	switch {
	case at.node != nil && at.node.Kind == tree.Scalar, at.node == nil && at.shape.Defaulted:
		around := at // keeps at itself on the stack
		next.within = &around
	case at.shape.Pointer && at.node == nil:
		next.parentMissing = true
	case field:
		for _, keys := range next.shape.Needs {
			next.parentMissing = next.parentMissing || !at.hasAny(keys)
		}
	case !there:
		next.parentMissing = !at.isItem(segment)
	}
	return next
}

// hasAny reports whether the tree has a value for one of these keys of a map.
func (at location) hasAny(keys []string) bool {
	for _, key := range keys {
		if n := at.node.Child(key); n != nil && n.Kind != tree.Null {
			return true
		}
	}
	return false
}

// isItem reports whether a segment is an item of an array, which has all its items whatever the
// tree has.
func (at location) isItem(segment string) bool {
	if at.node != nil || at.shape.Go == nil || at.shape.Go.Kind() != reflect.Array {
		return false
	}
	for i := range at.shape.Go.Len() {
		if tree.Item(i) == segment {
			return true
		}
	}
	return false
}

// layerValue returns a location as the layer value that contains another one.
func (v View) layerValue(at *location) *observe.LayerValue {
	value := &observe.LayerValue{Key: at.path.String(), Value: at.shape.Default}
	switch {
	case at.node != nil:
		value.Position, value.Value = v.position(at.node), ValueText(at.node, at.shape, at.secret)
	case at.secret || at.shape.HidesText():
		value.Value = wording.Redacted
	}
	return value
}

// maxDefaultDepth bounds the search for keys with a default, since a struct may contain itself.
const maxDefaultDepth = 16

// defaults adds the paths at and below a location at which a default may apply.
func (at location) defaults(into map[string]tree.Path, depth int) {
	if depth > maxDefaultDepth || at.shape == nil || at.parentMissing || at.within != nil {
		return
	}
	if at.shape.Defaulted {
		into[at.path.String()] = at.path
	}
	for _, key := range at.shape.Order {
		at.step(at.path.Join(key)).defaults(into, depth+1)
	}
	if at.shape.Elem == nil || at.node == nil || at.node.Kind != tree.Map {
		return
	}
	for _, e := range at.node.Entries {
		if at.shape.Fields[e.Key] == nil {
			at.step(at.path.Join(e.Key)).defaults(into, depth+1)
		}
	}
}
