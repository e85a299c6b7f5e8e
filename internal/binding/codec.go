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

// codec is what is known of one type. Compiling makes one a type, so that a recursive type is a
// ring of codecs.
type codec struct {
	typ   reflect.Type
	shape *tree.Shape
	bind  binding
	// fill gives v its defaults where the tree has nothing for it; nil where there are none below
	// this type.
	fill func(r *run, v reflect.Value)
	// plainly is bind without hooks; nil where there are none. readKey reads a key of a map.
	plainly binding
	readKey keyReader
	// fields are a struct's.
	fields *fields
	// nilable says that null in a list has a value of this type.
	nilable bool
	// plain says that a value may be copied: nothing in it can be changed through the copy.
	plain bool
}

// compiler makes codecs and collects what is wrong with the struct.
type compiler struct {
	plan     *plan
	settings settings
	codecs   map[reflect.Type]*codec
	mistakes []mistake
	path     tree.Path
	goPath   []string
	later    []func() // what needs finished codecs
	shapes   []func() // what needs finished shapes
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
)

// codec returns the codec of t. Where there is none it notes a mistake and returns one that binds
// nothing.
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

// build fills k by the first rule that fits its type.
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
		default:
			c.buildKind(k)
		}
	}
}

// buildKind fills k by the kind of its type.
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
		k.bind = func(r *run, n *tree.Node, _ reflect.Value) { r.wrongly(n, "no hook makes a "+k.typ.String()+" of it") }
	}
}

// buildPointer allocates what is pointed to once there is something to put into it.
func (c *compiler) buildPointer(k *codec) {
	k.nilable = true
	base := k.typ.Elem()
	seen := map[reflect.Type]bool{k.typ: true}
	for base.Kind() == reflect.Pointer && base != reflect.PointerTo(locationType) {
		if seen[base] {
			c.mistake(fmt.Sprintf("%s points to nothing but itself", k.typ))
			return
		}
		seen[base] = true
		base = base.Elem()
	}
	// Noted before the type below is looked at, which may contain this one.
	c.shapes = append(c.shapes, func() {
		*k.shape = *c.codecs[base].shape
		k.shape.Pointer = true
	})
	elem := c.codec(k.typ.Elem())
	t := k.typ.Elem()
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		p := reflect.New(t)
		elem.bind(r, n, p.Elem())
		v.Set(p)
	}
}
