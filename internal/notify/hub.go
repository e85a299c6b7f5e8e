package notify

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Hub hands states of type S to its subscribers. The exported fields are set before the first use.
type Hub[S any] struct {
	// Fold merges a state that a subscriber has not seen yet into the next one; nil means that the next replaces it.
	Fold func(missed, next S) S
	// Version returns a state's version, for Stats; may be nil.
	Version func(S) int64
	// Report hears of every call that has ended, in the subscriber's goroutine; may be nil.
	Report func(name string, state S, took time.Duration, err error)
	// Late hears of a call that has not ended within its deadline, when it is over, in a goroutine of its own; may be nil.
	Late func(name string, state S, deadline time.Duration)

	mu     sync.Mutex
	subs   []*Subscriber[S]
	closed bool
}

// Subscribe starts a subscriber, which calls handle for each state that it is given. The context that handle gets ends when
// the subscriber is stopped or the hub closed. On a closed hub the subscriber is already done.
func (h *Hub[S]) Subscribe(name string, handle Handler[S]) *Subscriber[S] {
	return h.SubscribeWithin(0, name, handle)
}

// SubscribeWithin is Subscribe with a deadline for each call: the context that handle gets ends with it too, and a call that goes on
// is counted and told. 0 is none.
func (h *Hub[S]) SubscribeWithin(deadline time.Duration, name string, handle Handler[S]) *Subscriber[S] {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Subscriber[S]{
		name: name, handle: handle, hub: h, deadline: deadline,
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
	go s.run()
	return s
}

func (h *Hub[S]) forget(s *Subscriber[S]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs = slices.DeleteFunc(h.subs, func(other *Subscriber[S]) bool { return other == s })
}

// Publish hands state to every subscriber and never waits.
func (h *Hub[S]) Publish(state S) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.subs {
		s.put(state)
	}
}

// Subscribers returns those that are there, in the order in which they came.
func (h *Hub[S]) Subscribers() []*Subscriber[S] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.subs)
}

// Close stops all subscribers and waits until the running calls have ended, or ctx has. It returns the names of those that
// still run. No call begins after Close has been called.
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
