package notify

import (
	"context"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
)

// Handler is called with each state. It reports whether it had anything to do; otherwise the call
// is not counted.
type Handler[S any] func(context.Context, S) (called bool, err error)

// Stats are a subscriber's counts.
type Stats struct {
	Name        string
	Calls       int64 // ended calls
	Failures    int64 // calls that returned an error
	Panics      int64 // calls that panicked or ended their goroutine
	Slow        int64 // calls that passed their deadline
	LastVersion int64 // of the last ended call; 0 before the first
	LastErr     error // of the last ended call
	// Running is when the call that runs now began; zero when none does.
	Running time.Time
	// Pending reports whether a newer state waits in the mailbox.
	Pending bool
}

// Subscriber is one receiver of states.
type Subscriber[S any] struct {
	name     string
	concerns Concerns[S] // nil means that every state does
	handle   Handler[S]
	hub      *Hub[S]
	turn     turn // of concerns and handle

	deadlines Deadlines

	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	first  chan error // the error of the first call
	done   chan struct{}

	mu      sync.Mutex
	note    any
	slot    *S
	round   int64 // the number of the last round whose state was put
	stats   Stats
	stopped bool // Stop was called
	// busy is whether a call runs or is being reported. settled is closed when it has ended and the
	// slot is empty; nil if no caller waits for that.
	busy    bool
	settled chan struct{}
}

// SetNote keeps a value of the caller with the subscriber, for those who list the subscribers.
func (s *Subscriber[S]) SetNote(note any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note = note
}

// Note returns the name of the subscriber, and the value of the last SetNote, or nil.
func (s *Subscriber[S]) Note() (name string, note any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name, s.note
}

// Put delivers a state to this subscriber only.
func (s *Subscriber[S]) Put(state S) { s.put(state) }

func (s *Subscriber[S]) put(state S) {
	s.mu.Lock()
	s.fill(state)
	s.mu.Unlock()
	s.rouse()
}

// putRound puts the state of a round, unless the subscriber has got it already, or a newer one.
func (s *Subscriber[S]) putRound(r *round[S]) {
	s.mu.Lock()
	if r.number <= s.round {
		s.mu.Unlock()
		return
	}
	s.round = r.number
	s.fill(r.state)
	s.mu.Unlock()
	s.rouse()
}

// fill fills the slot. The caller holds s.mu.
func (s *Subscriber[S]) fill(state S) {
	if s.slot != nil && s.hub.Fold != nil {
		state = s.hub.Fold(*s.slot, state)
	}
	s.slot = &state
}

func (s *Subscriber[S]) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Subscriber[S]) take() *S {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.slot
	s.slot = nil
	if state != nil {
		s.stats.Running, s.busy = time.Now(), true
	}
	return state
}

// Stop ends the subscription. The context of the running call ends, and no other call begins. Stop
// does not wait, so that a handler may stop its own subscription; see Done. The hub forgets the
// subscriber when the running call has ended.
func (s *Subscriber[S]) Stop() {
	s.cancel()
	s.mu.Lock()
	s.stopped = true
	idle := s.stats.Running.IsZero()
	s.mu.Unlock()
	if idle {
		s.hub.forget(s)
	}
}

// First returns a channel that receives the error of the first call when it has ended, or nil.
func (s *Subscriber[S]) First() <-chan error { return s.first }

// Stopped is closed when the subscription is stopped or the hub closed. A call may still run.
func (s *Subscriber[S]) Stopped() <-chan struct{} { return s.ctx.Done() }

// Done is closed when the subscriber has stopped and its last call has ended.
func (s *Subscriber[S]) Done() <-chan struct{} { return s.done }

// Stats returns the current counts.
func (s *Subscriber[S]) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Name = s.name
	stats.Pending = s.slot != nil
	return stats
}

func (s *Subscriber[S]) run() {
	ended := false
	defer func() {
		if ended {
			s.turn.lock() // concerns may run, for the last time
			s.turn.unlock()
			s.mu.Lock()
			stopped := s.stopped
			s.mu.Unlock()
			if stopped {
				s.hub.forget(s)
			}
			close(s.done)
			return
		}
		go s.run() // the handler ended this goroutine (runtime.Goexit): the subscription continues in a new one
	}()
	for {
		select {
		case <-s.ctx.Done():
			ended = true
			return
		case <-s.wake:
		}
		if s.ctx.Err() != nil { // both were ready: a stop wins
			ended = true
			return
		}
		if state := s.take(); state != nil {
			s.call(*state)
		}
	}
}

func (s *Subscriber[S]) call(state S) {
	defer s.settle()
	called, returned := true, false
	var err error = &rescue.Panic{Value: "the subscriber ended its goroutine", Own: true} // unless it returns
	defer func() {
		if !returned {
			if v := recover(); v != nil {
				err = rescue.NewPanic(v)
			}
		}
		if took := s.count(state, called, !returned, err); called && s.hub.Report != nil {
			s.hub.Report(s.name, state, took, err)
		}
		if called {
			select {
			case s.first <- err:
			default: // not the first call
			}
		}
	}()
	ctx, end := s.within(state)
	defer end()
	s.turn.lock()
	defer s.turn.unlock()
	called, err = s.handle(ctx, state)
	returned = true
}

// within returns the context of a call, and a function to call when the call has ended.
func (s *Subscriber[S]) within(state S) (context.Context, func()) {
	deadline := s.deadlines.Call
	if d := s.deadlines.First; d > 0 && s.Stats().Calls == 0 && (deadline <= 0 || d < deadline) {
		deadline = d
	}
	if deadline <= 0 {
		return s.ctx, func() {}
	}
	ctx, cancel := context.WithTimeout(s.ctx, deadline)
	timer := time.AfterFunc(deadline, func() {
		s.mu.Lock()
		s.stats.Slow++
		s.mu.Unlock()
		if s.hub.Slow != nil {
			s.hub.Slow(s.name, state, deadline)
		}
	})
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

func (s *Subscriber[S]) count(state S, called, panicked bool, err error) (took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took = time.Since(s.stats.Running)
	s.stats.Running = time.Time{}
	if !called {
		return took
	}
	s.stats.Calls++
	s.stats.LastErr = err
	if s.hub.Version != nil {
		s.stats.LastVersion = s.hub.Version(state)
	}
	switch {
	case panicked:
		s.stats.Panics++
	case err != nil:
		s.stats.Failures++
	}
	return took
}
