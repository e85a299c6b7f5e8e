package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// watch calls the source's Next until ctx ends. After an error it waits before the next call; the
// time grows and has jitter, so that services do not call in step.
func (e *Engine) watch(ctx context.Context, l *layerState) {
	var prev source.Revision
	wait, failing := e.BackOff, false
	defer l.reading.interrupt()
	for {
		reading := l.reading.begin(ctx)
		c, err := next(reading, l.Source, prev)
		if ctx.Err() != nil {
			return
		}
		if reading.Err() != nil && (errors.Is(err, context.Canceled) || err == nil && c.Revision == "") {
			wait = e.BackOff
			continue // Refresh asks for another look
		}
		if err == nil && c.Revision == "" {
			err = &source.Error{Kind: source.InvalidArgument, Op: "read", Document: l.name, Err: errNoRevision}
		}
		repeated := err == nil && c.Revision == prev && !failing
		switch {
		case err != nil:
			e.inbox.put(update{layer: l, err: err}) // ignore a content with an error
		case !repeated:
			e.inbox.put(update{layer: l, content: e.newContent(l, c)})
		}
		failing = err != nil
		if !failing {
			prev = c.Revision
		}
		if !failing && !repeated {
			wait = e.BackOff
			continue
		}
		if !sleep(reading, wait/2+rand.N(wait/2+1)) {
			if ctx.Err() != nil {
				return
			}
			wait = e.BackOff
			continue // Refresh ends the back-off
		}
		wait = min(2*wait, e.MaxBackOff)
	}
}

var (
	errNoRevision = errors.New("source returned a content without a revision")
	errPanicked   = errors.New("source panicked")
)

// isBuiltIn reports whether the engine made an error of a source.
func isBuiltIn(err error) bool {
	e, ok := err.(*source.Error) //nolint:errorlint // the engine does not wrap its own errors
	return ok && e != nil && (errors.Is(e.Err, errNoRevision) || errors.Is(e.Err, errPanicked))
}

// next calls Next and turns a panic into an error without its text, which may have a secret.
func next(ctx context.Context, s source.Source, prev source.Revision) (c source.Content, err error) {
	defer func() {
		if recover() != nil {
			c, err = source.Content{}, &source.Error{Kind: source.Unknown, Op: "read", Document: s.Name(), Err: errPanicked}
		}
	}()
	return s.Next(ctx, prev)
}

// sleep waits for d and returns true, or returns false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// isOwnSource reports whether a source is one of nacre's, whose errors are nacre's own words except
// for their cause.
func isOwnSource(s source.Source) bool {
	t := reflect.TypeOf(s)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.HasPrefix(t.PkgPath(), providers)
}

// providers is the path of nacre's own sources.
var providers = strings.TrimSuffix(reflect.TypeFor[layerState]().PkgPath(), "internal/engine") + "providers/"
