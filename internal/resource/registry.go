package resource

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
)

// Registry knows the resources of one config.
type Registry struct {
	hooks   Hooks
	hurry   chan struct{} // closed when the registry stops waiting for users that came by Loose
	force   chan struct{} // closed when it stops waiting for any user
	running tally         // work in the background: builds that were given up, and instances that are being closed

	failed map[*entry][]*attempt // builds that are not tried again yet; owned by the writer

	mu      sync.Mutex
	entries []*entry // only the writer adds
}

// entry is one resource that was added.
type entry struct {
	Spec
	registry *Registry
	number   int
	gone     bool // removed; guarded by Registry.mu, and only the writer changes it

	mu    sync.Mutex
	stats Stats
	old   map[*Instance]bool // retired and not closed
}

// Stats are a resource's counts.
type Stats struct {
	Name     string
	Since    time.Time // when the newest instance was built
	Builds   int64     // successful builds
	Failures int64     // builds that failed or were given up
	Panics   int64     // in build and close
	Closed   int64     // closed instances
	Forced   int64     // instances that were closed while they had users
	Took     time.Duration
	// LastErr is the error of the last build or close.
	LastErr error
	// Old is how many instances were replaced and are still open.
	Old int
	// Users is how many users hold the live instance.
	Users int64
}

// New returns a registry without resources.
func New(hooks Hooks) *Registry {
	r := &Registry{hooks: hooks, hurry: make(chan struct{}), force: make(chan struct{})}
	r.running.init()
	return r
}

// Forget lets the next decision try failed builds again. Until then a decision reuses the failure,
// so that a database that is down does not delay every other change by the time of a build.
func (r *Registry) Forget() { r.failed = nil }

func (r *Registry) list() []*entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries)
}

func (r *Registry) isGone(e *entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return e.gone
}

// Add builds one more resource for the live configuration. It calls keep with the number of the
// resource and the live set with the resource in it. keep makes that set live, or returns false to
// drop the resource.
func (r *Registry) Add(ctx context.Context, spec Spec, live *Set, config any, keep func(number int, with *Set) bool) error {
	entries := r.list()
	e := &entry{Spec: spec, registry: r, number: len(entries), old: map[*Instance]bool{}}
	e.stats.Name = spec.Name
	b := r.Begin(live)
	set, failures := b.build(ctx, config, append(entries, e), true)
	if len(failures) > 0 {
		b.End(nil)
		return failures[0].Err
	}
	if !keep(e.number, set) {
		b.End(nil)
		return nil
	}
	b.End(set)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	return nil
}

// Remove removes a resource: no later candidate builds it. The first of the sets is the live one.
// Remove returns it without the resource; the caller makes the returned set live and adopts it. The
// error names a resource in any of the sets that depends on it: remove that one first.
func (r *Registry) Remove(number int, sets ...*Set) (without *Set, err error) {
	e := r.list()[number]
	for _, set := range sets {
		for _, other := range set.all() {
			if in := set.At(number); other != nil && in != nil && slices.Contains(other.needs, in) {
				return nil, fmt.Errorf("%s depends on it", other.of.Name)
			}
		}
	}
	r.mu.Lock()
	e.gone = true
	r.mu.Unlock()
	delete(r.failed, e)
	without = &Set{instances: slices.Clone(sets[0].all())}
	if sets[0].At(number) != nil {
		without.instances[number] = nil
	}
	return without, nil
}

// Adopt retires the instances of old that none of the sets in stay has.
func (r *Registry) Adopt(old *Set, stay ...*Set) {
	for _, in := range slices.Backward(old.all()) {
		if in != nil && !slices.ContainsFunc(stay, func(s *Set) bool { return s.has(in) }) {
			in.retire()
		}
	}
}

// Stats returns the counts of all resources in the order of Add.
func (r *Registry) Stats(live *Set) []Stats {
	var all []Stats
	for _, e := range r.list() {
		e.mu.Lock()
		s := e.stats
		s.Old = len(e.old)
		e.mu.Unlock()
		if s.Old == 0 && r.isGone(e) {
			continue
		}
		if in := live.At(e.number); in != nil {
			s.Users = max(0, in.users.n.Load()-1)
		}
		all = append(all, s)
	}
	return all
}

// Reads are the keys that a resource reads, with those of the resources that it depends on. Known
// reports whether they are known.
type Reads struct {
	Name  string
	Keys  []string
	Known bool
}

// Reads returns what the resources of the live set read in the live configuration.
func (r *Registry) Reads(live *Set, config any) (all []Reads) {
	own := map[*entry]*Reads{}
	entries := r.list()
	for _, e := range entries {
		read := &Reads{Name: e.Name}
		if e.Spec.Reads != nil {
			read.Keys = e.Spec.Reads(config)
		}
		read.Known = read.Keys != nil
		own[e] = read
	}
	for _, e := range entries {
		in := live.At(e.number)
		if in == nil {
			continue // removed, or not built yet
		}
		read := Reads{Name: e.Name, Known: true}
		in.visit(func(of *entry) {
			if one := own[of]; one != nil {
				read.Known = read.Known && one.Known
				read.Keys = append(read.Keys, one.Keys...)
			}
		})
		slices.Sort(read.Keys)
		read.Keys = slices.Compact(read.Keys)
		all = append(all, read)
	}
	return all
}

// visit calls f with the resource of the instance, and with those that it depends on.
func (in *Instance) visit(f func(*entry)) {
	f(in.of)
	for _, n := range in.needs {
		n.visit(f)
	}
}

// Close retires the live sets and closes all open instances. It waits for users until three
// quarters of the time of ctx have passed, and then closes the instances that they hold. It returns
// the names of the resources whose build or close still runs when ctx ends.
func (r *Registry) Close(ctx context.Context, live ...*Set) (running []string) {
	close(r.hurry)
	for i, set := range live {
		r.Adopt(set, live[i+1:]...)
	}
	r.running.done()
	users, cancel := context.WithTimeout(ctx, userTimeout(ctx))
	defer cancel()
	select {
	case <-r.running.zero:
		return nil
	case <-users.Done():
	}
	close(r.force)
	select {
	case <-r.running.zero:
		return nil
	case <-ctx.Done():
	}
	for _, e := range r.list() {
		e.mu.Lock()
		if len(e.old) > 0 {
			running = append(running, e.Name)
		}
		e.mu.Unlock()
	}
	return running
}

// userTimeout returns how long Close waits for users; the rest of the time is for closing.
func userTimeout(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Minute
	}
	return time.Until(end) * 3 / 4
}

// IsEmpty reports whether the registry has no resources.
func (r *Registry) IsEmpty() bool { return len(r.list()) == 0 }

func (e *entry) retire(in *Instance) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.old[in] = true
}

func (e *entry) closed(in *Instance, users int64, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.old, in)
	e.stats.Closed++
	if users > 0 {
		e.stats.Forced++
	}
	if err != nil {
		e.note(err)
	}
}

// built counts a build.
func (e *entry) built(took time.Duration, err error) {
	e.mu.Lock()
	e.stats.Took = took
	if err == nil {
		e.stats.Builds++
		e.stats.Since, e.stats.LastErr = time.Now(), nil
	} else {
		e.stats.Failures++
		e.note(err)
	}
	e.mu.Unlock()
	if h := e.registry.hooks.Built; h != nil {
		h(e.Name, took, err)
	}
}

// note is called with mu held.
func (e *entry) note(err error) {
	e.stats.LastErr = err
	if _, ok := err.(*rescue.Panic); ok { //nolint:errorlint // rescue.Do returns it bare
		e.stats.Panics++
	}
}
