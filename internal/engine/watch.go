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

// arrival is what one call of Next returned: a content, decoded, or an error, or a content and the error that came after it.
type update struct {
	layer   *layerState
	content *layerContent
	err     error
}

// watch calls the source's Next until ctx ends. It owns the back-off: a source that fails is asked again after a growing time,
// with jitter, so that many services don't ask in step.
func (e *Engine) watch(ctx context.Context, l *layerState) {
	var prev source.Revision
	wait, failing := e.BackOff, false
	for {
		c, err := next(ctx, l.Source, prev)
		if ctx.Err() != nil {
			return
		}
		if err == nil && c.Revision == "" {
			err = &source.Error{Kind: source.InvalidArgument, Op: "read", Document: l.name, Err: errNoRevision}
		}
		repeated := err == nil && c.Revision == prev && !failing
		switch {
		case err != nil:
			e.enqueue(update{layer: l, err: err}) // a content that comes with an error is none
		case !repeated:
			e.enqueue(update{layer: l, content: e.newContent(l, c)})
		}
		failing = err != nil
		if !failing {
			prev = c.Revision
		}
		if !failing && !repeated {
			wait = e.BackOff
			continue
		}
		if !sleep(ctx, wait/2+rand.N(wait/2+1)) {
			return
		}
		wait = min(2*wait, e.MaxBackOff)
	}
}

var (
	errNoRevision = errors.New("the source returned a content without a revision")
	errPanicked   = errors.New("the source panicked")
)

// isOurs reports whether an error of a source was made here.
func isBuiltIn(err error) bool {
	e, ok := err.(*source.Error) //nolint:errorlint // what wraps it was made elsewhere
	return ok && e != nil && (errors.Is(e.Err, errNoRevision) || errors.Is(e.Err, errPanicked))
}

// next is Next with a panic made into an error; the panic's text may hold anything, so it is not passed on.
func next(ctx context.Context, s source.Source, prev source.Revision) (c source.Content, err error) {
	defer func() {
		if recover() != nil {
			c, err = source.Content{}, &source.Error{Kind: source.Unknown, Op: "read", Document: s.Name(), Err: errPanicked}
		}
	}()
	return s.Next(ctx, prev)
}

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

// arrive leaves what a source returned in the inbox, in place of what the writer has not taken yet.
func (e *Engine) enqueue(a update) {
	e.inboxMu.Lock()
	slot := &e.inbox[a.layer.index]
	if a.err != nil && *slot != nil {
		a.content = (*slot).content // a content that came before the error counts, however many errors there were
	}
	*slot = &a
	e.inboxMu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// takeInbox empties the inbox.
func (e *Engine) emptyInbox() []*update {
	e.inboxMu.Lock()
	defer e.inboxMu.Unlock()
	var all []*update
	for i, a := range e.inbox {
		if a != nil {
			all = append(all, a)
			e.inbox[i] = nil
		}
	}
	return all
}

// isOwnSource reports whether a source is one of nacre's, whose errors have words of nacre's own
// beside the cause.
func isOwnSource(s source.Source) bool {
	t := reflect.TypeOf(s)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.HasPrefix(t.PkgPath(), providers)
}

// providers is the folder of nacre's own sources.
var providers = strings.TrimSuffix(reflect.TypeFor[layerState]().PkgPath(), "internal/engine") + "providers/"
