package notify

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Concerns reports whether a state concerns a subscriber. It is called for each state before the
// handler, in a goroutine that subscribers share, and never at the same time as the handler of the
// subscriber. Where it returns false, the subscriber is not called.
type Concerns[S any] func(S) bool

// stuckAfter is how long a Concerns may run until another goroutine asks the others; it may be
// twice as long.
const stuckAfter = 5 * time.Millisecond

// sieve asks the subscribers whether a state concerns them, and delivers it to those that say so.
// One goroutine does so for all of them, so that a state that concerns none wakes none.
type sieve[S any] struct {
	mu      sync.Mutex
	rounds  int64 // so many were put
	running *round[S]
	waiting []*round[S]   // they begin one after the other
	idle    chan struct{} // closed when none runs; nil if no caller waits for that
}

// round is a state and the subscribers to ask.
type round[S any] struct {
	number int64 // from 1, in the order of the states
	state  S
	subs   []*Subscriber[S]
	// at is what the goroutine of the round works at: the index of a subscriber. Another goroutine
	// has another at.
	at    *atomic.Int64
	check *time.Timer
}

// left is the value of an at whose goroutine was found stuck. It no longer has a part in the round.
const left = -1

// put begins to ask subscribers. A state for the same ones that waits is folded into the next one.
func (v *sieve[S]) put(state S, subs []*Subscriber[S], fold func(missed, next S) S) {
	if len(subs) == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(v.waiting); n > 0 && v.waiting[n-1].of(subs) {
		if fold != nil {
			state = fold(v.waiting[n-1].state, state)
		}
		v.waiting = v.waiting[:n-1]
	}
	v.rounds++
	v.waiting = append(v.waiting, &round[S]{number: v.rounds, state: state, subs: subs})
	if v.running == nil {
		v.begin()
	}
}

// of reports whether a round is for these subscribers.
func (r *round[S]) of(subs []*Subscriber[S]) bool {
	return len(r.subs) == len(subs) && &r.subs[0] == &subs[0]
}

// begin begins the next round. The caller holds v.mu.
func (v *sieve[S]) begin() {
	r := v.waiting[0]
	v.running, v.waiting = r, slices.Delete(v.waiting, 0, 1)
	v.askFrom(r, 0)
	r.check = time.AfterFunc(stuckAfter, func() { v.rescue(r, left) })
}

// askFrom has a new goroutine ask the subscribers from an index on. The caller holds v.mu.
func (v *sieve[S]) askFrom(r *round[S], i int64) {
	r.at = &atomic.Int64{}
	r.at.Store(i)
	go v.ask(r, i, r.at)
}

// ask asks the subscribers of a round from an index on, one after the other.
func (v *sieve[S]) ask(r *round[S], i int64, at *atomic.Int64) {
	asking := false
	defer func() {
		if !asking {
			return
		}
		_ = recover() // Concerns panicked, or ended this goroutine: its handler will, and is counted
		r.subs[i].turn.unlock()
		r.subs[i].putRound(r)
		if at.CompareAndSwap(i, i+1) {
			go v.ask(r, i+1, at)
		}
	}()
	for ; i < int64(len(r.subs)); i++ {
		if s := r.subs[i]; !s.turn.try() { // its handler runs, and has the state next
			s.putRound(r)
		} else {
			asking = true
			concerns := s.ctx.Err() == nil && s.concerns(r.state)
			asking = false
			s.turn.unlock()
			if concerns {
				s.putRound(r)
			}
		}
		if !at.CompareAndSwap(i, i+1) {
			return // another goroutine asks the others
		}
	}
	v.end(r)
}

// end ends a round, and begins the next one if there is one.
func (v *sieve[S]) end(r *round[S]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r.check.Stop()
	v.running = nil
	if len(v.waiting) > 0 {
		v.begin()
		return
	}
	if v.idle != nil {
		close(v.idle)
		v.idle = nil
	}
}

// rescue has another goroutine continue a round that has not come further than before. The
// subscriber whose function does not return gets the state: the call of its handler, which waits
// for that function, shows and counts the wait.
func (v *sieve[S]) rescue(r *round[S], before int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.running != r {
		return
	}
	i := r.at.Load()
	if i == before && i < int64(len(r.subs)) && r.at.CompareAndSwap(i, left) {
		r.subs[i].putRound(r)
		v.askFrom(r, i+1)
	}
	r.check = time.AfterFunc(stuckAfter, func() { v.rescue(r, i) })
}

// settle waits until no subscriber is left to ask, or until ctx ends.
func (v *sieve[S]) settle(ctx context.Context) {
	v.mu.Lock()
	if v.running == nil {
		v.mu.Unlock()
		return
	}
	if v.idle == nil {
		v.idle = make(chan struct{})
	}
	idle := v.idle
	v.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}
