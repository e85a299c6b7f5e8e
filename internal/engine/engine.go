package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/swap"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Engine runs one config.
type Engine[T any] struct {
	Settings[T]
	feeds []*feed
	cell  swap.Cell[State[T]]
	hub   notify.Hub[delivery[T]]
	saver *saver
	scrub scrubber

	inboxMu  sync.Mutex
	inbox    []*arrival // one slot a layer
	wake     chan struct{}
	commands chan func()
	stop     context.CancelFunc
	written  chan struct{}   // closed when the writer has ended
	watchers []chan struct{} // closed when the layer's watcher has ended
	ended    chan struct{}   // closed when Close begins
	close    func() error

	mu        sync.Mutex
	roots     []*tree.Node // what is live, document by document, lowest first
	history   []event[T]
	pin       int64 // the pinned version; 0 when nothing is
	lastPanic string
}

// delivery is a state on its way to a subscriber, with the causes of all the versions since the one that it saw.
type delivery[T any] struct {
	state  *State[T]
	causes []observe.Cause
}

func (s *State[T]) version() int64 {
	if s == nil {
		return 0
	}
	return s.Version
}

// Start boots a config and runs it until Close. On an error nothing is left running, and the sources are closed.
func Start[T any](ctx context.Context, s Settings[T]) (*Engine[T], error) {
	if s.Observer == nil {
		s.Observer = &observe.Observer{}
	}
	e := &Engine[T]{
		Settings: s, feeds: newFeeds(s.Layers), inbox: make([]*arrival, len(s.Layers)),
		wake: make(chan struct{}, 1), commands: make(chan func()), ended: make(chan struct{}), written: make(chan struct{}),
	}
	e.close = sync.OnceValue(e.shut)
	e.hub.Fold, e.hub.Version, e.hub.Report = fold[T], func(d delivery[T]) int64 { return d.state.Version }, e.delivered

	run, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.saver = newSaver(s.LastGood, e.feeds, s.Observer)
	for _, f := range e.feeds {
		done := make(chan struct{})
		e.watchers = append(e.watchers, done)
		go func() {
			defer close(done)
			e.watch(run, f)
		}()
	}
	if err := e.boot(ctx); err != nil {
		close(e.written)
		return nil, errors.Join(err, e.Close())
	}
	go func() {
		defer close(e.written)
		e.write(run)
	}()
	return e, nil
}

// Live returns the live state, which is there from Start on: one atomic load.
func (e *Engine[T]) Live() *State[T] { return e.cell.Load() }

// Close ends the config: sources, subscribers and the writer. What is live stays readable. It waits for at most CloseTimeout
// and then returns an error that names what still runs. Calling it again returns the same.
func (e *Engine[T]) Close() error { return e.close() }

func (e *Engine[T]) shut() error {
	close(e.ended)
	e.stop()
	ctx, cancel := context.WithTimeout(context.Background(), e.CloseTimeout)
	defer cancel()
	var errs []error
	select {
	case <-e.written:
	case <-ctx.Done():
		errs = append(errs, late("the service's own validation still runs"))
	}
	for i, f := range e.feeds {
		select {
		case <-e.watchers[i]:
			errs = append(errs, e.closeSource(ctx, f))
		case <-ctx.Done():
			errs = append(errs, late("source %s has not returned from Next", f.name))
		}
	}
	if running := e.hub.Close(ctx); len(running) > 0 {
		errs = append(errs, late("subscriber %s still runs", strings.Join(running, ", ")))
	}
	errs = append(errs, e.saver.close(ctx, e.record))
	return errors.Join(errs...)
}

// closeSource closes a source that can be closed; one that does not come back is left behind.
func (e *Engine[T]) closeSource(ctx context.Context, f *feed) error {
	c, ok := f.Source.(io.Closer)
	if !ok {
		return nil
	}
	closed := make(chan error, 1)
	go func() {
		err := errPanicked
		defer func() { _ = recover(); closed <- err }()
		err = c.Close()
	}()
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("close %s: %w", f.name, e.scrub.err(err))
		}
		return nil
	case <-ctx.Done():
		return late("source %s has not closed", f.name)
	}
}

func late(format string, args ...any) error {
	return &source.Error{Kind: source.Timeout, Op: "close", Err: fmt.Errorf(format, args...)}
}

// do runs f in the writer and waits for it.
func (e *Engine[T]) do(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	select {
	case e.commands <- func() { done <- f() }:
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ended:
		return closed()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func closed() error {
	return &source.Error{Kind: source.Closed, Op: "use config", Err: errors.New("it was closed")}
}
