package notify

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Hub delivers states of type S to its subscribers. Set the exported fields before the first use.
type Hub[S any] struct {
	// Fold merges a state that a subscriber has not seen into the next one. If it is nil, the next
	// state replaces the missed one.
	Fold func(missed, next S) S
	// Version returns the version of a state, for Stats; may be nil.
	Version func(S) int64
	// Report is called after every call, in the goroutine of the subscriber; may be nil.
	Report func(name string, state S, took time.Duration, err error)
	// Slow is called when a call passes its deadline, in a new goroutine; may be nil.
	Slow func(name string, state S, deadline time.Duration)

	mu     sync.Mutex
	subs   []*Subscriber[S] // oldest first
	direct []*Subscriber[S] // those of subs without a Concerns
	asked  []*Subscriber[S] // those with one; rounds of the sieve have older slices of it
	closed bool

	sieve sieve[S]
}

// Subscribe starts a subscriber, which calls handle for each state that it gets. The context of a
// call ends when the subscriber is stopped or the hub is closed. On a closed hub the subscriber is
// already done.
func (h *Hub[S]) Subscribe(name string, handle Handler[S]) *Subscriber[S] {
	return h.SubscribeWithin(Deadlines{}, name, handle)
}

// Deadlines are the times after which the context of a call ends; 0 means none.
type Deadlines struct {
	Call  time.Duration // of each call
	First time.Duration // of the first call, if it is sooner than Call
}

// SubscribeWithin is like Subscribe with deadlines: the context of a call ends then, and a call
// that continues is counted and reported as slow.
func (h *Hub[S]) SubscribeWithin(deadlines Deadlines, name string, handle Handler[S]) *Subscriber[S] {
	return h.SubscribeConcerned(deadlines, name, nil, handle)
}

// SubscribeConcerned is like SubscribeWithin for a subscriber that gets only the states that
// concern it.
func (h *Hub[S]) SubscribeConcerned(deadlines Deadlines, name string, concerns Concerns[S], handle Handler[S]) *Subscriber[S] {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Subscriber[S]{
		name: name, concerns: concerns, handle: handle, hub: h, deadlines: deadlines, first: make(chan error, 1), turn: newTurn(),
		ctx: ctx, cancel: cancel, wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		cancel()
		close(s.done)
		return s
	}
	h.subs = append(h.subs, s)
	if concerns == nil {
		h.direct = append(h.direct, s)
	} else {
		h.asked = append(h.asked, s)
	}
	go s.run()
	return s
}

func (h *Hub[S]) forget(s *Subscriber[S]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	is := func(other *Subscriber[S]) bool { return other == s }
	h.subs = slices.DeleteFunc(h.subs, is)
	h.direct = slices.DeleteFunc(h.direct, is)
	if slices.ContainsFunc(h.asked, is) {
		h.asked = slices.DeleteFunc(slices.Clone(h.asked), is) // a round may have the slice
	}
}

// Publish delivers state to every subscriber that it concerns, and never waits.
func (h *Hub[S]) Publish(state S) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.direct {
		s.put(state)
	}
	h.sieve.put(state, h.asked, h.Fold)
}

// Subscribers returns the current subscribers, oldest first.
func (h *Hub[S]) Subscribers() []*Subscriber[S] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.subs)
}

// Close stops all subscribers and waits until the running calls have ended or ctx ends. It returns
// the names of the subscribers whose call still runs. No call begins after Close was called.
func (h *Hub[S]) Close(ctx context.Context) (running []string) {
	h.mu.Lock()
	h.closed = true
	subs := slices.Clone(h.subs)
	h.mu.Unlock()
	for _, s := range subs {
		s.cancel()
	}
	for _, s := range subs {
		select {
		case <-s.done:
			continue
		default:
		}
		select {
		case <-s.done:
		case <-ctx.Done():
			running = append(running, s.name)
		}
	}
	return running
}
