package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// ContextKey is the key under which a config stores a version in a context. It identifies the
// engine of the config.
type ContextKey struct{ Engine *Engine }

// Behind returns the engine behind a config, or nil. lookUp must look up the config's version in
// the context that it gets. So packages of this module find the engine of a config that they did
// not open, without an exported method of Config for it.
func Behind(lookUp func(context.Context)) *Engine {
	p := probe{Context: context.Background(), found: new(*Engine)}
	lookUp(p)
	return *p.found
}

// probe is a context that records the engine for which a value is looked up.
type probe struct {
	context.Context
	found **Engine
}

// Value implements context.Context.
func (p probe) Value(key any) any {
	if k, ok := key.(ContextKey); ok {
		*p.found = k.Engine
	}
	return nil
}

// Feed makes c the newest content of a layer, as if its source had returned it, and decides. The
// error says why c is not live: Problems if it was rejected.
func (e *Engine) Feed(ctx context.Context, layer int, c source.Content) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) {
		l := e.layers[layer]
		if e.receiveContent(l, e.newContent(l, c)) {
			e.markSecretsInUse()
		}
		e.decide()
		return 0, e.refusal(l)
	})
	return err
}

// refusal returns why the newest content of a layer is not live, or nil. Only the writer calls it.
func (e *Engine) refusal(l *layerState) error {
	reason := "config keeps its version"
	switch {
	case l.latest == l.applied:
		return nil
	case len(l.rejected) > 0:
		return l.rejected
	case l.held != nil:
		reason = "content is held: " + strings.Join(l.held, "; ")
	case e.isClosed():
		return errClosed()
	}
	return &source.Error{Kind: source.Conflict, Op: "apply", Document: pipeline.FirstName(l.latest), Err: errors.New(reason)}
}

// Settle waits until every subscriber has seen the live version and its calls have returned, or
// until ctx ends. The error is then of kind Timeout and names the subscribers that still run.
func (e *Engine) Settle(ctx context.Context) error {
	running := e.hub.Settle(ctx)
	if len(running) == 0 {
		return nil
	}
	return &source.Error{Kind: source.Timeout, Op: "wait", Err: fmt.Errorf("subscriber %s still runs", strings.Join(running, ", "))}
}
