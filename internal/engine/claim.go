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

// owners are the configs of this process that own sources, by source. It keeps no source alive: the
// configs keep the sources in use, and the entry of a closed one goes with the last reference to
// it.
var owners = struct {
	sync.Mutex
	of map[identity]*Owner
}{of: map[identity]*Owner{}}

// ended is the owner of a source that was closed with its config: no other config can have it.
var ended = new(Owner)

// identity tells sources apart. Only what is reached by a pointer has one: two values that are
// equal are two sources.
type identity struct {
	typ reflect.Type
	at  weak.Pointer[byte]
}

// owned is a source, or one that it wraps.
type owned struct {
	identity
	pointer *byte
	ends    bool // with its Close
	shared  bool // it has no owner
}

// Take makes o the owner of the source of a layer, and of those that it wraps, until the source was
// closed with the config. After that, another config can take a source that has no Close or can be
// reused. On an error, which is of kind InvalidArgument, Take takes nothing. A source that may be
// shared has no owner.
func (o *Owner) Take(l *Layer) error {
	all := ownable(l.Source)
	if owner, t := o.take(all); owner != nil {
		name := l.Source.Name()
		if id := source.DescriptionOf(l.Source).Identity; id != "" {
			name += " (" + id + ")"
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
	_, closes := source.As[io.Closer](l.Source)
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

// giveBack gives back what was taken, when the engine no longer calls a method of it.
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
