package engine

import (
	"context"
	"errors"

	"github.com/nacre-go/nacre/source"
)

// runOnWriter runs f in the writer goroutine and waits for the result. If ctx ends first, f still
// runs to completion.
func (e *Engine) runOnWriter(ctx context.Context, f func() (int64, error)) (int64, error) {
	type result struct {
		live int64
		err  error
	}
	done := make(chan result, 1)
	select {
	case e.commands <- func() {
		live, err := f()
		done <- result{live, err}
	}:
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-e.life.closing:
		return 0, errClosed()
	}
	select {
	case r := <-done:
		return r.live, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// errClosed returns the error of calls after Close.
func errClosed() error {
	return &source.Error{Kind: source.Closed, Op: "use config", Err: errors.New("config is closed")}
}
