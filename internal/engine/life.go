package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/redact"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// life is what it takes to end an engine.
type life struct {
	ctx          context.Context //nolint:containedctx // it ends when Close begins
	cancel       context.CancelFunc
	background   sync.WaitGroup  // goroutines that watch a probation, references or freshness
	writerDone   chan struct{}   // closed when the writer has ended
	watchersDone []chan struct{} // by layer; closed when its watcher has ended
	closing      chan struct{}   // closed with the table locked when Close begins; no swap happens afterwards
	close        func() error
}

// Close stops the sources, the subscribers and the writer. The live state stays readable. Close
// waits for at most CloseTimeout and then returns an error that names what still runs. Further
// calls return the same error.
func (e *Engine) Close() error { return e.life.close() }

// resourcesCloseShare is the divisor for the part of CloseTimeout that is reserved for resources,
// so that a source that does not close leaves them time.
const resourcesCloseShare = 10

// shutDown ends all parts concurrently, so that one that does not end takes no time from the
// others.
func (e *Engine) shutDown() error {
	e.table.change(func() { close(e.life.closing) })
	e.life.cancel()
	whole, cancel := context.WithTimeout(context.Background(), e.CloseTimeout)
	defer cancel()
	ctx := whole
	if !e.resources.IsEmpty() {
		ctx, cancel = context.WithTimeout(whole, e.CloseTimeout-e.CloseTimeout/resourcesCloseShare)
		defer cancel()
	}
	closers := []func() error{func() error {
		return waitFor(ctx, e.life.writerDone, nil, "observer, build or validation still runs")
	}}
	for i, l := range e.layers {
		closers = append(closers, func() error { return closeSource(ctx, l, e.life.watchersDone[i], e.evaluator.Redactor) })
	}
	closers = append(closers, func() error {
		if running := e.hub.Close(ctx); len(running) > 0 {
			return closeTimeout("subscriber %s still runs", strings.Join(running, ", "))
		}
		return nil
	}, func() error { return e.closeSaver(ctx) }, func() error {
		watched := make(chan struct{})
		go func() { e.life.background.Wait(); close(watched) }()
		return waitFor(ctx, watched, nil, "AutoRollback check, resolver or VerifiedAt of a source still runs")
	})

	errs := make([]error, len(closers))
	var wait sync.WaitGroup
	for i, closePart := range closers {
		wait.Go(func() { errs[i] = closePart() })
	}
	wait.Wait()
	// Resources close last, since subscribers and sources may use them.
	var stuck error
	if running := e.resources.Close(whole, e.builtSets()...); len(running) > 0 {
		stuck = closeTimeout("resource %s has not closed", strings.Join(running, ", "))
	}
	return e.reportClosed(whole, errors.Join(append(slices.Clip(errs), stuck)...))
}

// reportClosed reports the end. An observer has the rest of CloseTimeout for it: one with a queue
// delivers what waits. reportClosed returns all errors of Close.
func (e *Engine) reportClosed(ctx context.Context, err error) error {
	closed := observe.Event{Kind: observe.Closed, Err: err}
	if live := e.cell.Load(); live != nil {
		closed.Version = live.Version
	}
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		e.emit(closed)
	}()
	if ctx.Err() != nil {
		return err // a part that does not end has taken all of the time, and is in err
	}
	return errors.Join(err, waitFor(ctx, reported, nil, "observer still handles the end of the config"))
}

// isClosed reports whether Close has begun.
func (e *Engine) isClosed() bool {
	select {
	case <-e.life.closing:
		return true
	default:
		return false
	}
}

// waitFor waits for done, at most until ctx ends, and returns *err or an error of kind Timeout. If
// both have ended, done counts.
func waitFor(ctx context.Context, done <-chan struct{}, err *error, message string, args ...any) error {
	select {
	case <-done:
	case <-ctx.Done():
		select {
		case <-done:
		default:
			return closeTimeout(message, args...)
		}
	}
	if err == nil {
		return nil
	}
	return *err
}

// closeSource closes a source that has a Close method, after its watcher has ended. If the watcher
// ends after ctx, closeSource still closes the source then.
func closeSource(ctx context.Context, l *layerState, watched <-chan struct{}, r *redact.Redactor) error {
	var err error
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if l.ReleaseClaim != nil {
			defer l.ReleaseClaim()
		}
		<-watched
		if c, ok := source.As[io.Closer](l.Source); ok {
			err = errPanicked
			defer func() { _ = recover() }()
			err = r.SourceError(c.Close(), l.builtIn, l.name)
		}
	}()
	if err := waitFor(ctx, watched, nil, "source %s has not returned from Next", l.name); err != nil {
		return err
	}
	if err := waitFor(ctx, closed, &err, "source %s has not closed", l.name); err != nil {
		return fmt.Errorf("close %s: %w", l.name, err)
	}
	return nil
}

// Discard closes the sources of a config that was not started, within timeout.
func Discard(layers []Layer, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	idle := make(chan struct{})
	close(idle)
	var errs []error
	for _, l := range newLayerStates(layers) {
		errs = append(errs, closeSource(ctx, l, idle, &redact.Redactor{}))
	}
	return errors.Join(errs...)
}

// closeTimeout returns an error of Close for a part that has not ended in time.
func closeTimeout(format string, args ...any) error {
	return &source.Error{Kind: source.Timeout, Op: "close", Err: fmt.Errorf(format, args...)}
}
