package engine

import (
	"io"
	"reflect"
	"weak"

	"github.com/nacre-go/nacre/source"
)

var (
	sourceType = reflect.TypeFor[source.Source]()
	closerType = reflect.TypeFor[io.Closer]()
)

// A chain is bounded in depth and in number, so that decorators that wrap each other end.
const (
	maxDepth = 16
	maxChain = 256
)

// chain collects a source and those that it wraps.
type chain struct {
	all     []owned
	seen    map[identity]bool
	visited int
}

// ownable returns a source and those that it wraps: a call of the one is a call of the others. A
// decorator wraps what it embeds and what its Unwrap method returns; sources in other fields are
// not looked at.
func ownable(s source.Source) []owned {
	c := &chain{seen: map[identity]bool{}}
	c.add(reflect.ValueOf(s), 0)
	return c.all
}

func (c *chain) add(v reflect.Value, depth int) {
	if c.visited++; c.visited > maxChain || depth > maxDepth {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		c.add(v.Elem(), depth+1)
		return
	case reflect.Struct:
		c.embedded(v, depth)
		c.unwrapped(v, depth)
		return
	case reflect.Pointer, reflect.Map, reflect.Chan:
	default:
		return
	}
	t := v.Type()
	if v.IsNil() {
		return
	}
	if t.Implements(sourceType) && (v.Kind() != reflect.Pointer || t.Elem().Size() > 0) {
		p := (*byte)(v.UnsafePointer())
		s := owned{identity: identity{t, weak.Make(p)}, pointer: p}
		if c.seen[s.identity] {
			return
		}
		c.seen[s.identity] = true
		d := ownDescription(v)
		s.endsWithClose, s.shared = t.Implements(closerType) && !d.Reusable, d.Sharable && !closes(v)
		if s.shared && depth > 0 {
			return
		}
		if c.all = append(c.all, s); s.shared {
			return
		}
	}
	if v.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		c.embedded(v.Elem(), depth)
	}
	c.unwrapped(v, depth)
}

// embedded reads only the fields by which a decorator embeds a source. They do not change.
func (c *chain) embedded(v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && (f.Type.Implements(sourceType) || reflect.PointerTo(f.Type).Implements(sourceType)) {
			c.add(v.Field(i), depth+1)
		}
	}
}

func (c *chain) unwrapped(v reflect.Value, depth int) {
	if d, ok := methodsOf(v).(interface{ Unwrap() source.Source }); ok {
		c.add(reflect.ValueOf(d.Unwrap()), depth+1)
	}
}

// closes reports whether a source, or one that it wraps, has a Close.
func closes(v reflect.Value) bool {
	s, ok := methodsOf(v).(source.Source)
	if ok {
		_, ok = source.As[io.Closer](s)
	}
	return ok || v.Type().Implements(closerType)
}

// ownDescription returns what a source says of itself, not of what it wraps.
func ownDescription(v reflect.Value) source.Description {
	if d, ok := methodsOf(v).(source.Describer); ok {
		return d.Describe()
	}
	return source.Description{}
}

// methodsOf returns a value whose methods can be called; nil for what is in an unexported field and
// not a pointer. It copies no struct that is in use.
func methodsOf(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Pointer:
		return reflect.NewAt(v.Type().Elem(), v.UnsafePointer()).Interface()
	case !v.CanInterface():
		return nil
	case v.CanAddr():
		return v.Addr().Interface()
	}
	return v.Interface()
}
