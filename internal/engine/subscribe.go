package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// maxCauses is the number of causes that a slow subscriber collects.
const maxCauses = 32

// delivery is a state for a subscriber, with the causes of all versions since the last one it
// received.
type delivery struct {
	state  *pipeline.State
	causes []observe.Cause
}

// Handler is called with a state that is newer than the last one, and the causes of all versions
// since. It reports whether the subscriber's function was called.
type Handler func(ctx context.Context, s *pipeline.State, causes []observe.Cause) (called bool, err error)

// Changed reports whether a state that is newer than the last one has anything for a subscriber. It
// is called before the Handler and never together with it, in another goroutine.
type Changed func(s *pipeline.State) bool

// Subscription is a running subscriber.
type Subscription interface {
	Stop()
	Done() <-chan struct{}
}

// Subscribe starts a subscriber. It calls make with the live state, which counts as seen unless
// first is set, and make returns the handler. The subscriber misses no later state.
func (e *Engine) Subscribe(name string, first bool, make func(seen *pipeline.State) Handler) Subscription {
	return e.SubscribeWithin(0, name, first, func(seen *pipeline.State) (Handler, Changed) { return make(seen), nil })
}

// Subscriber is the Subscription of a subscriber.
type Subscriber struct {
	*notify.Subscriber[delivery]
	name  string
	limit time.Duration
	clean func(error) error
}

// initialLimit is how long Subscriber.Initial waits, unless the deadline of a call is longer.
const initialLimit = 10 * time.Second

// SubscribeWithin is Subscribe with a deadline for each call; 0 means none. If first is set, the
// first call has a deadline in any case, and Initial waits for it. A Changed that is not nil says
// which states the Handler is not called with.
func (e *Engine) SubscribeWithin(deadline time.Duration, name string, first bool, make func(seen *pipeline.State) (Handler, Changed)) *Subscriber {
	seen, last := e.cell.Load(), int64(0)
	handle, changed := make(seen)
	limit := max(initialLimit, deadline)
	deadlines := notify.Deadlines{Call: deadline}
	if first {
		deadlines.First = limit
	} else {
		last = seen.Version
	}
	var concerns notify.Concerns[delivery]
	if changed != nil {
		concerns = func(d delivery) bool {
			if d.state.Version <= last {
				return false // seen before
			}
			if changed(d.state) {
				return true
			}
			last = d.state.Version
			return false
		}
	}
	s := e.hub.SubscribeConcerned(deadlines, name, concerns, func(ctx context.Context, d delivery) (bool, error) {
		if d.state.Version <= last {
			return false, nil // seen before
		}
		last = d.state.Version
		return handle(ctx, d.state, d.causes)
	})
	// Deliver a state that was swapped in before the hub knew the subscriber.
	if live := e.cell.Load(); first || live != seen {
		s.Put(delivery{state: live, causes: live.Causes})
	}
	return &Subscriber{Subscriber: s, name: name, limit: limit, clean: e.evaluator.Redactor.Clean}
}

// Initial waits for the first call and returns its error. It returns an error of kind Timeout if
// the call has not ended within its limit, and one of kind Closed if the subscription is stopped
// meanwhile. On an error it stops the subscription; a call that still runs is waited for by Close.
func (s *Subscriber) Initial() error {
	limit := time.NewTimer(s.limit)
	defer limit.Stop()
	err := &source.Error{Op: "subscribe", Document: s.name}
	select {
	case err := <-s.First():
		return s.initialEnded(err)
	case <-limit.C:
		err.Kind, err.Err = source.Timeout, fmt.Errorf("initial call has not ended within %v", s.limit)
		err.Fix = "return from the function when its context ends, or allow more time with SlowAfter"
	case <-s.Stopped():
		err.Kind, err.Err = source.Closed, errors.New("config was closed before the initial call ended")
	}
	select {
	case err := <-s.First(): // both were ready
		return s.initialEnded(err)
	default:
		s.Stop()
		return err
	}
}

// initialEnded returns the error of Initial for the error of the call.
func (s *Subscriber) initialEnded(err error) error {
	if err == nil {
		return nil
	}
	s.Stop()
	return fmt.Errorf("subscribe %s: initial call failed: %w", s.name, s.clean(err))
}

// mergeDeliveries returns the newer of two states with the causes of both.
func mergeDeliveries(missed, next delivery) delivery {
	if next.state.Version <= missed.state.Version {
		return missed
	}
	all := missed.causes
	for _, c := range next.causes {
		if !slices.Contains(all, c) {
			all = append(all[:len(all):len(all)], c)
		}
	}
	if len(all) > maxCauses {
		all = all[len(all)-maxCauses:]
	}
	return delivery{state: next.state, causes: all}
}

// subscriberCalled reports a call of a subscriber.
func (e *Engine) subscriberCalled(name string, d delivery, took time.Duration, err error) {
	e.emit(observe.Event{Kind: observe.SubscriberCalled, Name: name, Version: d.state.Version, Causes: d.causes, Took: took, Err: e.evaluator.Redactor.Clean(err)})
}

// subscriberSlow reports a call that has not ended within its deadline.
func (e *Engine) subscriberSlow(name string, d delivery, deadline time.Duration) {
	e.emit(observe.Event{Kind: observe.SubscriberSlow, Name: name, Version: d.state.Version, Causes: d.causes, Took: deadline})
}

// Clean redacts an error of the service's code, and gives a panic its public type.
func (e *Engine) Clean(err error) error { return e.evaluator.Redactor.Clean(err) }
