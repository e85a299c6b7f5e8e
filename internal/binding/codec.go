package binding

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
)

// binding fills v, which is zero and settable, from n, which is neither nil nor null.
type binding func(r *run, n *tree.Node, v reflect.Value)

// codec holds what is known about one type. There is one codec for each type, so the codecs of a
// recursive type refer to each other.
type codec struct {
	typ   reflect.Type
	shape *tree.Shape
	bind  binding
	// fill sets the defaults of v if the tree has no value for it; nil if there are no defaults
	// below this type.
	fill func(r *run, v reflect.Value)
	// plainly is bind without hooks; nil where there are none. readKey reads a key of a map.
	plainly binding
	readKey keyReader
	// fields are those of a struct.
	fields *fields
	// nilable reports whether an item of a list may be null.
	nilable bool
	// plain reports whether a copy of a value shares no memory with it.
	plain bool

	// For binding what changed; see renew.go.

	elem     *codec // of a pointer, list or map
	loose    bool   // an interface that takes anything
	textKeys bool   // the keys of the map are those of the tree
	// sealed reports whether digest covers all memory of a value, so that a value that was not
	// written into can be used again. clonable reports whether clone can copy that memory.
	sealed, clonable bool
	// validates reports whether checking a value calls a method of the service on it.
	validates bool
	digest    digest
	renew     renewing
}

// compiler makes codecs and collects the mistakes in the struct.
type compiler struct {
	plan     *plan
	settings settings
	codecs   map[reflect.Type]*codec
	mistakes []mistake
	path     tree.Path
	goPath   []string
	later    []func() // run when all codecs are complete
	shapes   []func() // run, in order, to complete the shapes
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	locationType = reflect.TypeFor[time.Location]()
	urlType      = reflect.TypeFor[url.URL]()
	ipNetType    = reflect.TypeFor[net.IPNet]()
	rawType      = reflect.TypeFor[json.RawMessage]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	selfType     = reflect.TypeFor[selfUnmarshaler]()
	revealerType = reflect.TypeFor[interface{ Reveal() string }]()
	anyType      = reflect.TypeFor[any]()
	jsonType     = reflect.TypeFor[json.Unmarshaler]()
	errorType    = reflect.TypeFor[error]()
)

// codec returns the codec of t. For a type that cannot be bound, it records a mistake and returns a
// codec that binds nothing.
func (c *compiler) codec(t reflect.Type) *codec {
	if k, ok := c.codecs[t]; ok {
		return k
	}
	k := &codec{typ: t, shape: &tree.Shape{Kind: tree.Leaf, Type: nameOf(t)}, bind: func(*run, *tree.Node, reflect.Value) {}}
	c.codecs[t] = k
	c.build(k)
	k.shape.Go = t
	if t.Implements(revealerType) || reflect.PointerTo(t).Implements(revealerType) {
		k.shape.Secret, k.shape.Type = true, "secret"
	}
	if len(c.settings.hooks) > 0 {
		k.bind = hooked(c.settings.hooks, k)
	}
	return k
}

// build completes k by the first rule that fits its type.
func (c *compiler) build(k *codec) {
	t := k.typ
	if parse, ok := c.settings.parsers[t]; ok {
		buildParsed(k, parse)
		return
	}
	switch t {
	case durationType:
		buildDuration(k)
	case timeType:
		buildTime(k)
	case fileModeType:
		buildFileMode(k)
	case reflect.PointerTo(locationType):
		buildParsedBy(k, time.LoadLocation, "time zone", "a time zone such as UTC or Europe/Berlin")
	case urlType:
		buildParsedBy(k, parseURL, "URL", "a URL such as https://host:8080/path")
	case ipNetType:
		buildParsedBy(k, parseNet, "network", "a network such as 10.0.0.0/8")
	case rawType:
		buildRaw(k)
	case locationType:
		c.mistake("a time zone is bound to a *time.Location, not to a time.Location")
	default:
		switch {
		case reflect.PointerTo(t).Implements(selfType):
			buildSelf(k)
		case reflect.PointerTo(t).Implements(textType):
			buildText(k)
		case c.refuses(t):
			delete(c.codecs, t) // each field of this type is a mistake of its own
		default:
			c.buildKind(k)
		}
	}
}

// refuses records a mistake for a type that reads itself only from JSON or YAML. A hook may convert
// it.
func (c *compiler) refuses(t reflect.Type) bool {
	method := readsItselfFrom(t)
	if method == "" || len(c.settings.hooks) > 0 {
		return false
	}
	c.mistake(fmt.Sprintf("the type %s has the method %s, which nacre does not call - add the method UnmarshalText, or set Options.Binder to a binder.Parse or binder.Hook for the type",
		nameOf(t), method))
	return true
}

// readsItselfFrom returns the method by which a type reads itself from one format, if it has one.
// Bound field by field, such a type would have another value than its own method gives it.
func readsItselfFrom(t reflect.Type) string {
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return "" // its element is examined
	}
	p := reflect.PointerTo(t)
	if p.Implements(jsonType) {
		return "UnmarshalJSON"
	}
	// The libraries differ in the parameter. The name is a constant, so that the linker can still
	// drop unused methods.
	if m, ok := p.MethodByName("UnmarshalYAML"); ok && m.Type.NumIn() == 2 && m.Type.NumOut() == 1 && m.Type.Out(0) == errorType {
		return "UnmarshalYAML"
	}
	return ""
}

// buildKind completes k by the kind of its type.
func (c *compiler) buildKind(k *codec) {
	switch k.typ.Kind() {
	case reflect.Bool:
		buildBool(k)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		buildInt(k)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		buildUint(k)
	case reflect.Float32, reflect.Float64:
		buildFloat(k)
	case reflect.String:
		buildString(k)
	case reflect.Pointer:
		c.buildPointer(k)
	case reflect.Slice:
		if k.typ.Elem() == reflect.TypeFor[byte]() {
			buildBytes(k)
		} else {
			c.buildList(k)
		}
	case reflect.Array:
		c.buildList(k)
	case reflect.Map:
		c.buildMap(k)
	case reflect.Struct:
		c.buildStruct(k)
	default:
		if k.typ == anyType || k.typ.Kind() == reflect.Interface && k.typ.NumMethod() == 0 {
			buildAny(k)
			return
		}
		what := fmt.Sprintf("a field of type %s cannot be bound without a hook or a parser", k.typ)
		if len(c.settings.hooks) == 0 {
			c.mistake(what)
			delete(c.codecs, k.typ) // each field of this type is a mistake of its own
		}
		k.bind = func(r *run, n *tree.Node, _ reflect.Value) { r.wrongly(n, "no hook converts it to a "+k.typ.String()) }
	}
}

// buildPointer allocates the value that a pointer refers to when the tree has one.
func (c *compiler) buildPointer(k *codec) {
	k.nilable = true
	base := k.typ.Elem()
	seen := map[reflect.Type]bool{k.typ: true}
	for base.Kind() == reflect.Pointer && base != reflect.PointerTo(locationType) {
		if seen[base] {
			c.mistake(fmt.Sprintf("%s points only to itself", k.typ))
			return
		}
		seen[base] = true
		base = base.Elem()
	}
	// This comes before the codec of the type below, which may contain this type.
	c.shapes = append(c.shapes, func() {
		if below := c.codecs[base]; below != nil { // nil for a type that is a mistake
			*k.shape = *below.shape
		}
		k.shape.Pointer = true
	})
	elem := c.codec(k.typ.Elem())
	k.elem, k.renew = elem, k.renewPointer
	t := k.typ.Elem()
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		p := reflect.New(t)
		elem.bind(r, n, p.Elem())
		v.Set(p)
	}
}
