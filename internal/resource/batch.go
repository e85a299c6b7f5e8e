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

// Batch builds the resources for one decision, which may look at several candidates. It reuses what
// it built for one candidate in the next one that needs the same, and does not repeat a failed
// build.
type Batch struct {
	registry *Registry
	live     []*Set // may be reused; not closed by the batch
	made     map[*entry][]*attempt
}

// attempt is one build and its result.
type attempt struct {
	part  any
	needs []*Instance
	in    *Instance
	err   error
}

// Begin begins a decision, which reuses instances of the live sets. The caller must call End.
func (r *Registry) Begin(live ...*Set) *Batch {
	b := &Batch{registry: r, live: live, made: map[*entry][]*attempt{}}
	for e, failures := range r.failed {
		b.made[e] = slices.Clone(failures)
	}
	return b
}

// End ends a decision. It closes what the batch built and the set used, which may be nil, does not
// have.
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

// maxFailed is how many failed builds of a resource are kept.
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

// Build returns the set of a candidate. It builds resources concurrently, except that a build waits
// for the ones that it asks for. If any build fails, Build returns all failures and no set.
func (b *Batch) Build(ctx context.Context, config any) (*Set, []Failure) {
	return b.build(ctx, config, b.registry.list(), false)
}

// errBelow is the error of a resource that depends on one whose build failed; that failure is
// reported on its own.
var errBelow = wording.NewError("a resource that it depends on could not be built")

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
	if !whole && failures == nil { // a build reports that another one failed, but none did
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

// one returns the instance of one resource for a candidate: a live one, one that was built in this
// decision, or a new one.
func (b *Batch) one(ctx context.Context, config any, e *entry, slots []*slot, mu *sync.Mutex) (*Instance, error) {
	var part any
	if err := guard(func() { part = e.Select(config) }); err != nil {
		return nil, wording.Wrap("select its part of the configuration: ", err)
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
			return nil, wording.Wrap("compare its part of the configuration: ", err)
		}
		if !same {
			continue
		}
		if reusable, err := sameNeeds(a.needs, slots); err != nil {
			return nil, err
		} else if reusable {
			return a.in, a.err
		}
	}
	a := b.make(ctx, e, part, slots)
	if errors.Is(a.err, errBelow) {
		return nil, a.err // it may succeed in this decision with another instance of the dependency
	}
	mu.Lock()
	b.made[e] = append(b.made[e], a)
	mu.Unlock()
	return a.in, a.err
}

// guard calls f and returns a panic as an error.
func guard(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = rescue.NewPanic(v)
		}
	}()
	f()
	return nil
}

// sameNeeds reports whether the candidate has exactly these instances.
func sameNeeds(needs []*Instance, slots []*slot) (bool, error) {
	same := true
	for _, n := range needs {
		s := slots[n.of.number]
		<-s.ready // it was added earlier, so there is no cycle
		if s.err != nil {
			return false, errBelow
		}
		same = same && s.in == n
	}
	return same, nil
}

// make builds an instance, and gives up when ctx ends or the timeout has passed.
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
	var settled atomic.Bool // set by whichever comes first: the end of the build, or giving up on it
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
			_ = rescue.Do(func() error { return e.Close(value) }) // it came too late
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
			r.err = wording.Wrap(fmt.Sprintf("not built within %v: ", e.BuildTimeout), ctx.Err())
		}
	}
	e.built(time.Since(began), r.err)
	a.needs = scope.end()
	if a.err = r.err; a.err == nil {
		a.in = newInstance(e, part, r.value, slices.Clip(a.needs))
	}
	return a
}
