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
	needs   []*Instance // what it stands on
	users   tally
	above   tally        // instances that stand on it
	longer  atomic.Int64 // how long those may take until they are closed, in ns
	loose   atomic.Bool  // somebody got it without saying when he is done
	retired atomic.Bool
}

func newInstance(of *entry, part, value any, needs []*Instance) *Instance {
	in := &Instance{of: of, part: part, value: value, needs: needs}
	in.users.init()
	in.above.init()
	for _, n := range needs {
		n.above.add() // it is not retired: the candidate that it belongs to is being built
		n.expect(of.Grace + closing)
	}
	return in
}

// closing is how long a Close is waited for by what it stands on.
const closing = 5 * time.Second

// expect notes that something that stands on the instance may take so long until it is closed; what the instance stands on then has to wait
// for both.
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

// Loose returns the resource for somebody who will not say when he is done: it stays open for the grace time after it was
// replaced. It reports false when it was retired; then another one is live.
func (in *Instance) Loose() (any, bool) {
	if !in.loose.Load() {
		// Who retires it stores first and then looks at this; so one of the two sees the other.
		in.loose.Store(true)
		if in.retired.Load() {
			return nil, false
		}
	}
	return in.value, true
}

// Hold returns the resource for somebody who calls Release when he is done. It reports false when it was retired; then another
// one is live.
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

// Value returns the resource as it is, open or not.
func (in *Instance) Value() any { return in.value }

// retire lets the instance go, when no set has it any more: it is closed when nobody uses it. Once more does nothing.
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

// await returns when the last user and whatever stands on the instance has gone, or when they have had their time.
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
	// What stands on it was retired with it, or before, and has a grace time of its own; one whose Close hangs is not waited for for ever.
	above := time.NewTimer(time.Duration(in.longer.Load()))
	defer above.Stop()
	select {
	case <-in.above.zero:
	case <-above.C:
	case <-r.force:
	}
}

// close closes the instance, and lets go of what it stands on.
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
