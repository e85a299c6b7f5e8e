package engine

import (
	"slices"
	"sync"

	"github.com/nacre-go/nacre/internal/pipeline"
)

// Follower collects every state that becomes live, in order, until Stop. It implements
// Subscription.
type Follower struct {
	engine *Engine
	stop   func()
	done   chan struct{}
	wake   chan struct{}

	mu     sync.Mutex
	states []*pipeline.State
}

// Follow starts a follower. The first state of Take is the live one.
func (e *Engine) Follow() *Follower {
	f := &Follower{engine: e, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	f.stop = sync.OnceFunc(func() {
		e.followers.remove(f)
		close(f.done)
	})
	e.followers.add(f, e.cell.Load)
	return f
}

// put adds a state. It may be called with a lock held.
func (f *Follower) put(s *pipeline.State) {
	f.mu.Lock()
	f.states = append(f.states, s)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Take returns the states since the last call, oldest first.
func (f *Follower) Take() []*pipeline.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	states := f.states
	f.states = nil
	return states
}

// Wake returns a channel that receives after a state was added.
func (f *Follower) Wake() <-chan struct{} { return f.wake }

// Stop ends the follower.
func (f *Follower) Stop() { f.stop() }

// Done is closed by Stop.
func (f *Follower) Done() <-chan struct{} { return f.done }

// Closing returns a channel that is closed when Close begins. No state becomes live afterwards.
func (e *Engine) Closing() <-chan struct{} { return e.life.closing }

// followers are the followers of an engine. The zero followers has none.
type followers struct {
	mu  sync.Mutex
	all []*Follower
}

// add adds a follower, and puts the live state into it.
func (f *followers) add(added *Follower, live func() *pipeline.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, added)
	added.put(live())
}

func (f *followers) remove(removed *Follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = slices.DeleteFunc(f.all, func(other *Follower) bool { return other == removed })
}

// swap calls swap, which makes next live, and puts next into each follower. A follower that is
// added meanwhile gets it too, and once.
func (f *followers) swap(next *pipeline.State, swap func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	swap()
	for _, one := range f.all {
		one.put(next)
	}
}
