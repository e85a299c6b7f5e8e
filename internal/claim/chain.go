package claim

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

// The limits end a search through decorators that wrap each other.
const (
	maxDepth = 16
	maxChain = 256
)

// chain collects a source and the sources that it wraps.
type chain struct {
	all     []owned
	seen    map[identity]bool
	visited int
}

// ownable returns a source and the sources that it wraps, since a call of one is a call of the
// others. A decorator wraps the sources that it embeds and the one that its Unwrap method returns.
// ownable does not look at sources in other fields.
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

// embedded adds the sources that a decorator embeds. It reads no other field, since other fields
// may change.
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

// closes reports whether a source, or one that it wraps, has a Close method.
func closes(v reflect.Value) bool {
	s, ok := methodsOf(v).(source.Source)
	if ok {
		_, ok = source.As[io.Closer](s)
	}
	return ok || v.Type().Implements(closerType)
}

// ownDescription returns the description of a source itself, without the sources that it wraps.
func ownDescription(v reflect.Value) source.Description {
	if d, ok := methodsOf(v).(source.Describer); ok {
		return d.Describe()
	}
	return source.Description{}
}

// methodsOf returns a value whose methods can be called, or nil for a value in an unexported field
// that is not a pointer. It copies no struct that is in use.
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
