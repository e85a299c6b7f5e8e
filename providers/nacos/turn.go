package nacos

import (
	"context"
	"sync"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

// turn is the right to hold a large answer, from before the read until it is decoded. One read of a
// session has it at a time: an answer of 64 MiB takes four times that while it is decoded, and
// there are four workers.
type turn struct {
	one chan struct{} // the session's

	mu   sync.Mutex
	held bool
	over bool
}

type turnKey struct{}

// withTurn returns a context whose calls may hold a large answer, one at a time, until the returned
// function is called.
func (s *session) withTurn(ctx context.Context) (context.Context, func()) {
	t := &turn{one: s.large}
	return context.WithValue(ctx, turnKey{}, t), t.release
}

// admit waits for the turn of a context. A call without one gets no large answer.
func admit(ctx context.Context) error {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok {
		return rpc.ResourceExhausted
	}
	return t.take(ctx)
}

func (t *turn) take(ctx context.Context) error {
	t.mu.Lock()
	held := t.held
	t.mu.Unlock()
	if held { // the request was repeated
		return nil
	}
	select {
	case t.one <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over { // the call has returned already
		<-t.one
		return context.Canceled
	}
	t.held = true
	return nil
}

func (t *turn) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.held {
		t.held = false
		<-t.one
	}
}
