package resource

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
)

// Instance is one resource that was built, from one part of a configuration.
type Instance struct {
	of      *entry
	part    any
	value   any
	needs   []*Instance // its dependencies
	users   tally
	above   tally        // instances that depend on it
	longer  atomic.Int64 // how long their closing may take, in ns
	loose   atomic.Bool  // a caller got it by Loose
	retired atomic.Bool
}

func newInstance(of *entry, part, value any, needs []*Instance) *Instance {
	in := &Instance{of: of, part: part, value: value, needs: needs}
	in.users.init()
	in.above.init()
	for _, n := range needs {
		n.above.add() // it is not retired: its candidate is being built
		n.expect(of.Grace + closing)
	}
	return in
}

// closing is how long the closing of a dependency waits for one Close.
const closing = 5 * time.Second

// expect records that an instance that depends on this one may take up to d until it is closed. The
// dependencies of this one then have to wait for both.
func (in *Instance) expect(d time.Duration) {
	for {
		known := in.longer.Load()
		if known >= int64(d) {
			return
		}
		if in.longer.CompareAndSwap(known, int64(d)) {
			break
		}
	}
	for _, n := range in.needs {
		n.expect(in.of.Grace + closing + d)
	}
}

// Loose returns the resource to a caller that does not report when it is done: a replaced instance
// stays open for the full grace period. It reports false if the instance is retired; then another
// one is live.
func (in *Instance) Loose() (any, bool) {
	if !in.loose.Load() {
		// retire stores retired before it loads loose, so one of the two sees the other.
		in.loose.Store(true)
		if in.retired.Load() {
			return nil, false
		}
	}
	return in.value, true
}

// Hold returns the resource to a caller that calls Release when it is done. It reports false if the
// instance is retired; then another one is live.
func (in *Instance) Hold() (any, bool) {
	if !in.users.add() {
		return nil, false
	}
	if in.retired.Load() {
		in.users.done()
		return nil, false
	}
	return in.value, true
}

// Release ends a Hold.
func (in *Instance) Release() { in.users.done() }

// Value returns the resource, open or closed.
func (in *Instance) Value() any { return in.value }

// retire closes the instance when it has no more users, since no set has it. A second call does
// nothing.
func (in *Instance) retire() {
	if in.retired.Swap(true) {
		return
	}
	r := in.of.registry
	counted := r.running.add()
	in.of.retire(in)
	loose := in.loose.Load()
	in.users.done()
	in.above.done()
	go func() {
		if counted {
			defer r.running.done()
		}
		in.await(loose)
		in.close()
	}()
}

// await waits for the last user and for the instances that depend on this one, at most for the time
// that each has.
func (in *Instance) await(loose bool) {
	r, grace := in.of.registry, in.of.Grace
	users, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if loose {
		select {
		case <-users.Done():
		case <-r.hurry:
		}
	}
	select {
	case <-in.users.zero:
	case <-users.Done():
	case <-r.force:
	}
	// What depends on it was retired with it or earlier and has a grace period of its own. The wait
	// is bounded, because a Close may hang.
	above := time.NewTimer(time.Duration(in.longer.Load()))
	defer above.Stop()
	select {
	case <-in.above.zero:
	case <-above.C:
	case <-r.force:
	}
}

// close closes the instance and releases its dependencies.
func (in *Instance) close() {
	left := max(0, in.users.n.Load())
	err := rescue.Do(func() error {
		if in.of.Close == nil {
			return nil
		}
		return in.of.Close(in.value)
	})
	in.of.closed(in, left, err)
	for _, n := range in.needs {
		n.above.done()
	}
	if h := in.of.registry.hooks.Closed; h != nil {
		h(in.of.Name, left, err)
	}
}
