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
var closedOwner = new(Owner)

// identity tells sources apart. Only what is reached by a pointer has one: two values that are equal are two sources.
type identity struct {
	typ     reflect.Type
	pointer weak.Pointer[byte]
}

// owned is a source, or one that it wraps.
type owned struct {
	identity
	pointer       *byte
	endsWithClose bool // with its Close
	shared        bool // it belongs to nobody
}

// Take makes the source of a layer, and those that it wraps, o's, until it was closed with the config; one without Close, or
// that is as new after it, can then be another's. Nothing is taken on an error, which is of kind InvalidArgument. A source that may be
// shared belongs to nobody.
func (o *Owner) Claim(l *Layer) error {
	all := ownable(l.Source)
	if owner, t := o.claimAll(all); owner != nil {
		name := l.Source.Name()
		if id := source.DescriptionOf(l.Source).Identity; id != "" {
			name += " (" + id + ")"
		}
		err := &source.Error{Kind: source.InvalidArgument, Op: "open config", Fix: "a source belongs to one config; make a second one with package " + packageOf(t)}
		switch owner {
		case o:
			err.Err = fmt.Errorf("two layers are the same source %s", name)
		case closedOwner:
			err.Err = fmt.Errorf("source %s was closed with the config that had it", name)
		default:
			err.Err = fmt.Errorf("source %s belongs to another config of this process", name)
		}
		return err
	}
	_, closes := source.As[io.Closer](l.Source)
	l.releaseClaim = sync.OnceFunc(func() { releaseClaims(all, closes) })
	return nil
}

// take takes all, or none and returns to whom which of them belongs.
func (o *Owner) claimAll(all []owned) (owner *Owner, which reflect.Type) {
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
func releaseClaims(all []owned, closed bool) {
	owners.Lock()
	defer owners.Unlock()
	for _, s := range all {
		switch {
		case s.shared:
		case closed && s.endsWithClose:
			owners.of[s.identity] = closedOwner
			runtime.AddCleanup(s.pointer, dropOwner, s.identity)
		default:
			delete(owners.of, s.identity)
		}
	}
}

func dropOwner(id identity) {
	owners.Lock()
	defer owners.Unlock()
	delete(owners.of, id)
}
