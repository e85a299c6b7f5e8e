package claim

import (
	"cmp"
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

// Owner is a config as the owner of sources.
type Owner struct{ shared []identity }

// owners holds the owner of each claimed source of this process. It keeps no source alive: the
// configs keep the sources in use, and the entry of a closed source is dropped with the source.
var owners = struct {
	sync.Mutex
	of map[identity]*Owner
}{of: map[identity]*Owner{}}

// closedOwner is the owner of sources that were closed with their config. No config can claim them.
var closedOwner = new(Owner)

// identity identifies a source. Only pointers, maps and channels have one: two equal values are two
// sources.
type identity struct {
	typ     reflect.Type
	pointer weak.Pointer[byte]
}

// owned is a source, or a source that it wraps.
type owned struct {
	identity
	pointer       *byte
	endsWithClose bool // Close makes it unusable
	shared        bool // several configs may use it
}

// Claim makes o the owner of a source and of the sources that it wraps, until release is called.
// After that, another config can claim a source without Close, or one that is reusable. A source
// that is sharable has no owner. name is what errors call the source, "" for its own name. On an
// error, which has kind InvalidArgument, Claim claims nothing. Call release after the last call of
// the source's methods.
func (o *Owner) Claim(s source.Source, name string) (release func(), err error) {
	all := ownable(s)
	if owner, t := o.claimAll(all); owner != nil {
		name = cmp.Or(name, s.Name())
		if id := source.DescriptionOf(s).Identity; id != "" {
			name += " (" + id + ")"
		}
		err := &source.Error{Kind: source.InvalidArgument, Op: "open config", Fix: "a source belongs to one config; make a second one with package " + packageOf(t)}
		switch owner {
		case o:
			err.Err = fmt.Errorf("two layers use the same source %s", name)
		case closedOwner:
			err.Err = fmt.Errorf("source %s was closed with the config that had it", name)
		default:
			err.Err = fmt.Errorf("source %s belongs to another config of this process", name)
		}
		return nil, err
	}
	_, closes := source.As[io.Closer](s)
	return sync.OnceFunc(func() { releaseAll(all, closes) }), nil
}

// claimAll claims all sources, or none and returns the owner and type of one that is claimed
// already.
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

// packageOf returns the package of a source's type, or the type itself if it has none.
func packageOf(t reflect.Type) string {
	name := strings.TrimPrefix(t.String(), "*")
	pkg, _, _ := strings.Cut(name, ".")
	return pkg
}

// releaseAll ends the claims on sources.
func releaseAll(all []owned, closed bool) {
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
