package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
)

// maxCauses bounds the causes that gather for a subscriber that is slow.
const maxCauses = 32

// Handler is called with a state that is newer than the last, and the causes of all versions since. It reports whether
// anything in it was of interest.
type Handler func(ctx context.Context, s *State, causes []observe.Cause) (called bool, err error)

// Subscription is a running subscriber.
type Subscription interface {
	Stop()
	Done() <-chan struct{}
}

// Subscribe starts a subscriber. Make is given the live state, which the subscriber is taken to have seen unless it wants it as the
// first, and returns the handler; no state after that one is missed.
func (e *Engine) Subscribe(name string, first bool, make func(seen *State) Handler) Subscription {
	return e.SubscribeWithin(0, name, first, make)
}

// SubscribeWithin is Subscribe with a deadline for each call; 0 is none.
func (e *Engine) SubscribeWithin(deadline time.Duration, name string, first bool, make func(seen *State) Handler) Subscription {
	seen := e.cell.Load()
	handle, last := make(seen), seen.Version
	if first {
		last = 0
	}
	s := e.hub.SubscribeWithin(deadline, name, func(ctx context.Context, d delivery) (bool, error) {
		if d.state.Version <= last {
			return false, nil // this subscriber has seen it
		}
		last = d.state.Version
		return handle(ctx, d.state, d.causes)
	})
	// What was swapped in between the load above and the hub's knowing of the subscriber.
	if live := e.cell.Load(); first || live != seen {
		s.Put(delivery{state: live, causes: live.Causes})
	}
	return s
}

// fold keeps the newer of two states and what caused both.
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

// delivered hears of every call of a subscriber.
func (e *Engine) subscriberCalled(name string, d delivery, took time.Duration, err error) {
	e.emit(observe.Event{Kind: observe.SubscriberCalled, Name: name, Version: d.state.Version, Took: took, Err: e.clean(err)})
}

// late hears of a call that has not ended within its deadline.
func (e *Engine) subscriberSlow(name string, d delivery, deadline time.Duration) {
	e.emit(observe.Event{Kind: observe.SubscriberSlow, Name: name, Version: d.state.Version, Took: deadline})
}

// said cleans an error of the service's own code, and returns what may be said of it: what is left
// of foreign text in it holds no secret any more.
func (e *Engine) cleanText(err error) (wording.Text, error) {
	err = e.clean(err)
	return wording.Own(errorText(err)), err
}

// clean makes an error of the service's own code fit to be shown.
func (e *Engine) clean(err error) error {
	p, panicked := errors.AsType[*rescue.Panic](err)
	switch {
	case err == rescue.ErrSlow: //nolint:errorlint // it itself
		return err
	case !panicked:
		return e.redactor.err(err)
	case p.Own:
		return &observe.PanicError{Text: p.Value, Stack: p.Stack}
	}
	return &observe.PanicError{Text: e.redactor.text(p.Value), Stack: p.Stack}
}
