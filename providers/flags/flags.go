package flags

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/source"
)

// layer is the source that New returns.
type layer struct {
	set      *flag.FlagSet
	named    []naming
	only     []string
	dashes   bool
	mistakes error           // in the options; Next returns them
	selected map[string]bool // the keys of only that have a flag
	flags    []*value        // in the order of the struct

	mu       sync.Mutex
	instance string // makes revisions of this source differ from those of any other
	n        int    // counts the changes
	given    []given
	changed  chan struct{} // closed at the next change
}

// naming is what the option Flag says.
type naming struct{ name, key string }

// given is one use of a flag.
type given struct {
	of   *value
	text string
}

var (
	_ source.Source    = (*layer)(nil)
	_ source.Describer = (*layer)(nil)
)

// New defines a flag in set for each key of T, and returns the source of those that are set. Parse
// the flags between New and Open. T is the type of the config; Open reports mistakes in its tags.
//
// The source is local and trusted; see source.Description.
func New[T any](set *flag.FlagSet, opts ...Option) source.Source {
	l := &layer{set: set, selected: map[string]bool{}, instance: rand.Text()[:10], changed: make(chan struct{})}
	for _, o := range opts {
		if o != nil {
			o.apply(l)
		}
	}
	if set == nil {
		l.mistake("", "the set of flags is nil", "give flag.CommandLine")
		return l
	}
	shape := binding.ShapeOf[T]()
	l.paths()
	l.define(nil, shape, nil)
	l.finish(shape)
	return l
}

func (l *layer) mistake(name, why, fix string) {
	if name != "" {
		name = "--" + name
	}
	l.mistakes = errors.Join(l.mistakes, &source.Error{Kind: source.InvalidArgument, Op: "define flag", Document: name, Err: errors.New(why), Fix: fix})
}

// Name returns "flags".
func (l *layer) Name() string { return "flags" }

// Describe says that flags are local, and trusted: anyone who can set them can also start another
// program. Several configs may have the source at the same time.
func (l *layer) Describe() source.Description {
	return source.Description{Local: true, Trusted: true, Sharable: true}
}

// Next returns the flags that are set when they differ from those of revision prev; see package
// source.
func (l *layer) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		l.mu.Lock()
		revision, uses, changed := source.Revision(l.instance+"-"+strconv.Itoa(l.n)), l.given, l.changed
		l.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return source.Content{}, err
		}
		if err := l.fault(uses); err != nil {
			return source.Content{}, err
		}
		if revision != prev {
			return l.content(revision, uses), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

// fault returns why the source has no content: errors that do not end.
func (l *layer) fault(uses []given) error {
	switch {
	case l.mistakes != nil:
		return l.mistakes
	case len(uses) > 0 || l.set.Parsed() || !slices.ContainsFunc(os.Args[min(1, len(os.Args)):], l.defines):
		return nil // pflag does not mark the set as parsed if cobra parses a flag of a parent command
	}
	return &source.Error{Kind: source.InvalidArgument, Op: "read", Document: "flags", Err: errors.New("the command line has flags that were not parsed"),
		Fix: "call flag.Parse, or the Parse of the set, between flags.New and Open"}
}

// defines reports whether an argument is one of the flags.
func (l *layer) defines(arg string) bool {
	name, isFlag := strings.CutPrefix(arg, "-")
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "-"), "=")
	return isFlag && slices.ContainsFunc(l.flags, func(v *value) bool { return v.name == name })
}

// content returns the flags that are set, in the order in which they were.
func (l *layer) content(revision source.Revision, uses []given) source.Content {
	data := []byte{}
	for _, n := range l.named {
		if !slices.ContainsFunc(uses, func(u given) bool { return u.of.name == n.name }) {
			data, _ = environ.Append(data, environ.Variable{Key: n.key, Name: n.name, Path: true, Flag: true, Unset: true})
		}
	}
	for _, u := range uses {
		data, _ = environ.Append(data, environ.Variable{Key: u.of.key, Name: u.of.name, Value: u.text, Path: true, Flag: true})
	}
	return source.Content{Revision: revision, Documents: []source.Document{
		{Name: "flags", Format: environ.Format, Data: data, Location: "command line"},
	}}
}

// use records one use of a flag.
func (l *layer) use(v *value, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := slices.Clone(l.given) // a content in use has the old slice
	i := slices.IndexFunc(next, func(u given) bool { return u.of.key == v.key })
	if i < 0 || v.repeats() {
		next = append(next, given{v, text})
	} else {
		next[i] = given{v, text}
	}
	l.replace(next)
}

// replace replaces the flags that are set. l.mu is held.
func (l *layer) replace(uses []given) {
	if slices.Equal(l.given, uses) {
		return
	}
	l.n++
	l.given = uses
	close(l.changed)
	l.changed = make(chan struct{})
}
