package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/wording"
)

// Batch is the building for one decision, in which several candidates may be looked at. What was built for one of them is used for
// the next that needs the same, and what could not be built is not tried again.
type Batch struct {
	registry *Registry
	live     []*Set // that may be used again, and are nobody's to close here
	made     map[*entry][]*attempt
}

// attempt is one build and what came of it.
type attempt struct {
	part  any
	needs []*Instance
	in    *Instance
	err   error
}

// Begin begins a decision. The instances of the live sets are used again where they serve. It must be ended with End.
func (r *Registry) Begin(live ...*Set) *Batch {
	b := &Batch{registry: r, live: live, made: map[*entry][]*attempt{}}
	for e, failures := range r.failed {
		b.made[e] = slices.Clone(failures)
	}
	return b
}

// End ends a decision: what was built and is not in used, which may be nil, is closed.
func (b *Batch) End(used *Set) {
	b.registry.failed = nil
	for e, attempts := range b.made {
		for _, a := range attempts {
			switch {
			case a.in == nil:
				b.registry.keep(e, a)
			case !used.has(a.in):
				a.in.retire()
			}
		}
	}
	b.made = nil
}

// maxFailed is how many failures of a resource are remembered.
const maxFailed = 16

func (r *Registry) keep(e *entry, failure *attempt) {
	if r.failed == nil {
		r.failed = map[*entry][]*attempt{}
	}
	if all := append(r.failed[e], failure); len(all) <= maxFailed {
		r.failed[e] = all
	} else {
		r.failed[e] = all[1:]
	}
}

// Build returns the set of a candidate. Resources are built at the same time, save where one asks for another. If one cannot be
// built there is no set, and all that could not are returned.
func (b *Batch) Build(ctx context.Context, config any) (*Set, []Failure) {
	return b.build(ctx, config, b.registry.list(), false)
}

// errBelow is why a resource is not there when one that it stands on could not be built, which is told by itself.
var errBelow = wording.NewError("a resource that it stands on could not be built")

// slot is a resource of the candidate that is being built.
type slot struct {
	ready chan struct{} // closed when in or err is set
	in    *Instance
	err   error
}

func (b *Batch) build(ctx context.Context, config any, entries []*entry, lastOnly bool) (*Set, []Failure) {
	if len(entries) == 0 {
		return nil, nil
	}
	slots := make([]*slot, len(entries))
	for i := range slots {
		slots[i] = &slot{ready: make(chan struct{})}
	}
	var wait sync.WaitGroup
	var mu sync.Mutex // guards b.made
	for i, e := range entries {
		s := slots[i]
		if b.registry.isGone(e) {
			close(s.ready)
			continue
		}
		if lastOnly && i < len(entries)-1 {
			s.in = b.live[0].At(i)
			close(s.ready)
			continue
		}
		wait.Go(func() {
			defer close(s.ready)
			s.err = rescue.ErrGone // unless it returns
			s.in, s.err = b.one(ctx, config, e, slots, &mu)
		})
	}
	wait.Wait()
	set, whole := &Set{}, true
	var failures []Failure
	for i, s := range slots {
		set.instances = append(set.instances, s.in)
		if s.err != nil {
			whole = false
		}
		if s.err != nil && !errors.Is(s.err, errBelow) {
			failures = append(failures, Failure{Name: entries[i].Name, Err: s.err})
		}
	}
	if !whole && failures == nil { // a build says that another one has failed, which has not
		for i, s := range slots {
			if s.err != nil {
				failures = append(failures, Failure{Name: entries[i].Name, Err: s.err})
			}
		}
	}
	if failures != nil {
		return nil, failures
	}
	return set, nil
}

// one returns the instance of one resource for a candidate: a live one, one that was built in this decision, or a new one.
func (b *Batch) one(ctx context.Context, config any, e *entry, slots []*slot, mu *sync.Mutex) (*Instance, error) {
	var part any
	if err := guard(func() { part = e.Select(config) }); err != nil {
		return nil, wording.Wrap("the part that it is built from: ", err)
	}
	var known []*attempt
	for _, live := range b.live {
		if in := live.At(e.number); in != nil {
			known = append(known, &attempt{part: in.part, needs: in.needs, in: in})
		}
	}
	mu.Lock()
	known = append(known, b.made[e]...)
	mu.Unlock()
	for _, a := range known {
		same := false
		if err := guard(func() { same = e.Equal(a.part, part) }); err != nil {
			return nil, wording.Wrap("whether it must be built anew: ", err)
		}
		if !same {
			continue
		}
		if stands, err := standsOn(a.needs, slots); err != nil {
			return nil, err
		} else if stands {
			return a.in, a.err
		}
	}
	a := b.make(ctx, e, part, slots)
	if errors.Is(a.err, errBelow) {
		return nil, a.err // with another one below it may work, in this very decision
	}
	mu.Lock()
	b.made[e] = append(b.made[e], a)
	mu.Unlock()
	return a.in, a.err
}

// guard calls f and makes a panic into an error.
func guard(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = rescue.NewPanic(v)
		}
	}()
	f()
	return nil
}

// standsOn reports whether the candidate has just those instances.
func standsOn(needs []*Instance, slots []*slot) (bool, error) {
	same := true
	for _, n := range needs {
		s := slots[n.of.number]
		<-s.ready // it comes before in the order, so there is no circle
		if s.err != nil {
			return false, errBelow
		}
		same = same && s.in == n
	}
	return same, nil
}

// make builds an instance, and gives up when ctx ends or the time is over.
func (b *Batch) make(ctx context.Context, e *entry, part any, slots []*slot) *attempt {
	a := &attempt{part: part}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, e.BuildTimeout)
	scope := &scope{number: e.number, slots: slots, registry: b.registry}
	began := time.Now()
	type result struct {
		value any
		err   error
	}
	done := make(chan result, 1)
	var settled atomic.Bool // by the one who comes first: the build that ends, or who gives up on it
	counted := b.registry.running.add()
	go func() {
		if counted {
			defer b.registry.running.done()
		}
		defer cancel()
		var value any
		err := rescue.Do(func() (err error) {
			value, err = e.Build(context.WithValue(ctx, scopeKey{}, scope), part)
			return err
		})
		if settled.CompareAndSwap(false, true) {
			done <- result{value, err}
		} else if err == nil && e.Close != nil {
			_ = rescue.Do(func() error { return e.Close(value) }) // nobody wants it any more
		}
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		if !settled.CompareAndSwap(false, true) {
			r = <-done
			break
		}
		if r.err = whole.Err(); r.err == nil {
			r.err = wording.Wrap(fmt.Sprintf("it was not built within %v: ", e.BuildTimeout), ctx.Err())
		}
	}
	e.built(time.Since(began), r.err)
	a.needs = scope.end()
	if a.err = r.err; a.err == nil {
		a.in = newInstance(e, part, r.value, slices.Clip(a.needs))
	}
	return a
}
