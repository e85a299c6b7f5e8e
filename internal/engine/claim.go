package engine

import (
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/nacre-go/nacre/source"
)

// Owner is a config, as the one to whom sources belong.
type Owner struct{ shared []identity }

// owners are the configs of this process to whom sources belong, by source. It keeps no source alive: those in use are kept by
// their configs, and of those that were closed the entry goes when nobody has them any more.
var owners = struct {
	sync.Mutex
	of map[identity]*Owner
}{of: map[identity]*Owner{}}

// ended is in owners for a source that was closed with its config: nobody can have it any more.
var ended = new(Owner)

// identity tells sources apart. Only what is reached by a pointer has one: two values that are equal are two sources.
type identity struct {
	typ reflect.Type
	at  weak.Pointer[byte]
}

// owned is a source, or one that is embedded in it.
type owned struct {
	identity
	pointer *byte
	ends    bool // with its Close
	shared  bool // it belongs to nobody
}

// Take makes the source of a layer, and those that it embeds, o's, until it was closed with the config; one without Close, or
// that is as new after it, can then be another's. Nothing is taken on an error, which is of kind InvalidArgument. A source that may be
// shared belongs to nobody.
func (o *Owner) Take(l *Layer) error {
	all := ownable(reflect.ValueOf(l.Source), 0)
	if owner, t := o.take(all); owner != nil {
		name := l.Source.Name()
		if id, ok := l.Source.(source.Identifier); ok {
			name += " (" + id.Identity() + ")"
		}
		err := &source.Error{Kind: source.InvalidArgument, Op: "open config", Fix: "a source belongs to one config; make a second one with package " + packageOf(t)}
		switch owner {
		case o:
			err.Err = fmt.Errorf("two layers are the same source %s", name)
		case ended:
			err.Err = fmt.Errorf("source %s was closed with the config that had it", name)
		default:
			err.Err = fmt.Errorf("source %s belongs to another config of this process", name)
		}
		return err
	}
	_, closes := l.Source.(io.Closer)
	l.release = sync.OnceFunc(func() { giveBack(all, closes) })
	return nil
}

// take takes all, or none and returns to whom which of them belongs.
func (o *Owner) take(all []owned) (owner *Owner, which reflect.Type) {
	owners.Lock()
	defer owners.Unlock()
	for _, s := range all {
		if slices.Contains(o.shared, s.identity) {
			return o, s.typ
		}
		if owner := owners.of[s.identity]; owner != nil {
			return owner, s.typ
		}
	}
	for _, s := range all {
		if s.shared {
			o.shared = append(o.shared, s.identity)
		} else {
			owners.of[s.identity] = o
		}
	}
	return nil, nil
}

// packageOf returns the package of a source's type; the type itself where it has none.
func packageOf(t reflect.Type) string {
	name := strings.TrimPrefix(t.String(), "*")
	pkg, _, _ := strings.Cut(name, ".")
	return pkg
}

// giveBack gives back what was taken, when the engine calls no method of it any more.
func giveBack(all []owned, closed bool) {
	owners.Lock()
	defer owners.Unlock()
	for _, s := range all {
		switch {
		case s.shared:
		case closed && s.ends:
			owners.of[s.identity] = ended
			runtime.AddCleanup(s.pointer, forget, s.identity)
		default:
			delete(owners.of, s.identity)
		}
	}
}

func forget(id identity) {
	owners.Lock()
	defer owners.Unlock()
	delete(owners.of, id)
}

var (
	sourceType   = reflect.TypeFor[source.Source]()
	sharableType = reflect.TypeFor[source.Sharable]()
	closerType   = reflect.TypeFor[io.Closer]()
	reusableType = reflect.TypeFor[source.Reusable]()
)

// deepest is how many decorators are looked through.
const deepest = 16

// ownable returns a source and those that it embeds, as a decorator does: who calls the one calls the other. Sources in other
// fields are the decorator's own affair.
func ownable(v reflect.Value, depth int) (all []owned) {
	if depth > deepest {
		return nil
	}
	switch v.Kind() {
	case reflect.Interface:
		return ownable(v.Elem(), depth+1)
	case reflect.Struct:
		return embedded(v, depth)
	case reflect.Pointer, reflect.Map, reflect.Chan:
	default:
		return nil
	}
	t := v.Type()
	if v.IsNil() {
		return nil
	}
	if t.Implements(sourceType) && (v.Kind() != reflect.Pointer || t.Elem().Size() > 0) {
		p := (*byte)(v.UnsafePointer())
		s := owned{identity: identity{t, weak.Make(p)}, pointer: p}
		closes := t.Implements(closerType)
		s.ends, s.shared = closes && !t.Implements(reusableType), !closes && t.Implements(sharableType)
		if s.shared && depth > 0 {
			return nil
		}
		if all = append(all, s); s.shared {
			return all
		}
	}
	if v.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		all = append(all, embedded(v.Elem(), depth)...)
	}
	return all
}

// embedded reads no field but those by which a decorator embeds a source, which nobody changes.
func embedded(v reflect.Value, depth int) (all []owned) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && (f.Type.Implements(sourceType) || reflect.PointerTo(f.Type).Implements(sourceType)) {
			all = append(all, ownable(v.Field(i), depth+1)...)
		}
	}
	return all
}
