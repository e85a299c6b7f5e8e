package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/swap"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Engine runs one config.
type Engine struct {
	Settings
	layers   []*layerState
	cell     Cell
	hub      notify.Hub[delivery]
	saver    *saver
	redactor redactor

	resources         *resource.Registry
	batch             *resource.Batch // of the decision that the writer makes; nil when it makes none
	prepared          *State          // the writer's: what was found good last in the decision that it makes, and not swapped in yet
	merged            *mergedRoots    // the writer's: what it merged last in the decision that it makes
	rebuildTimer      rebuildTimer    // the writer's
	background        sync.WaitGroup  // of goroutines that watch a trial, or references
	inWindow          bool            // the writer's: a window is open
	bootVersion       int64           // the writer's: the version that the service started with
	fallingBack       bool            // the writer's: it falls back to the copy
	snapshotSuspended atomic.Bool     // a resource cannot be built from what the service started with: that is not kept as good
	runCtx            context.Context // ends when Close begins

	inboxMu      sync.Mutex
	inbox        []*update // one slot a layer
	wake         chan struct{}
	commands     chan func()
	cancelRun    context.CancelFunc
	writerDone   chan struct{}   // closed when the writer has ended
	watchersDone []chan struct{} // closed when the layer's watcher has ended
	closing      chan struct{}   // closed when Close begins, with mu held: from then on nothing is swapped in
	closeOnce    func() error

	mu      sync.Mutex
	schema  *schema      // how it is bound; the writer changes it, with mu held
	roots   []*tree.Node // what is live, document by document, lowest first
	history []historyEntry
	pin     int64        // the pinned version; 0 when nothing is
	pending []pendingKey // with roots
	// toldPending is what of it observers were told last.
	reportedPending []pendingKey
	// accepted is what is remembered of signed releases; only the writer changes it.
	accepted  accepted
	rollbacks []*rollbackCheck
	probation *probation // nil when no version is on trial
}

// delivery is a state on its way to a subscriber, with the causes of all the versions since the one that it saw.
type delivery struct {
	state  *State
	causes []observe.Cause
}

func (s *State) version() int64 {
	if s == nil {
		return 0
	}
	return s.Version
}

// Start boots a config and runs it until Close. On an error nothing is left running, and the sources are closed.
func Start(ctx context.Context, s Settings) (*Engine, error) {
	schema, err := newSchema(s.Sections)
	if err != nil {
		return nil, errors.Join(err, Discard(s.Layers, s.CloseTimeout))
	}
	for _, section := range s.Sections {
		if section.Type != nil {
			section.users = 1 // who has opened the config; it does not give up what it has declared
		}
	}
	e := &Engine{
		Settings: s, schema: schema, bootVersion: 1, layers: newLayerStates(s.Layers), inbox: make([]*update, len(s.Layers)),
		wake: make(chan struct{}, 1), commands: make(chan func()), closing: make(chan struct{}), writerDone: make(chan struct{}),
	}
	if e.cell = s.Cell; e.cell == nil {
		e.cell = &swap.Cell[State]{}
	}
	e.closeOnce = sync.OnceValue(e.shutDown)
	for _, l := range e.layers {
		l.breaker = guard.Breaker{Max: s.MaxBadChanges, Window: s.BreakerWindow}
	}
	e.hub.Fold, e.hub.Version, e.hub.Report = mergeDeliveries, func(d delivery) int64 { return d.state.Version }, e.subscriberCalled
	e.hub.Slow = e.subscriberSlow

	run, stop := context.WithCancel(context.Background())
	e.runCtx, e.cancelRun = run, stop
	e.resources = resource.New(resource.Hooks{Built: e.resourceBuilt, Closed: e.resourceClosed})
	e.saver = newSaver(s, e.layers, e.lastGoodRecord)
	e.accepted = acceptedFrom(e.saver.acceptedReleases())
	for _, l := range e.layers {
		done := make(chan struct{})
		e.watchersDone = append(e.watchersDone, done)
		go func() {
			defer close(done)
			e.watch(run, l)
		}()
	}
	if err := e.boot(ctx); err != nil {
		close(e.writerDone)
		return nil, errors.Join(err, e.Close())
	}
	go func() {
		defer close(e.writerDone)
		e.runWriter(run)
	}()
	for _, l := range e.layers {
		if len(l.Resolvers) > 0 && l.RefreshEvery > 0 {
			e.background.Go(func() { e.refreshReferences(run, l) })
		}
	}
	return e, nil
}

// Live returns the live state, which is there from Start on.
func (e *Engine) Live() *State { return e.cell.Load() }

// Close ends the config: sources, subscribers and the writer. What is live stays readable. It waits for at most CloseTimeout
// and then returns an error that names what still runs. Calling it again returns the same.
func (e *Engine) Close() error { return e.closeOnce() }

// resourcesShare is the part of CloseTimeout that resources have for themselves, one tenth: a source that is stuck must not be the reason for
// which they have no time to close.
const resourcesCloseShare = 10

// shut ends all parts at once: one that is stuck takes no time away from the others.
func (e *Engine) shutDown() error {
	e.mu.Lock()
	close(e.closing)
	e.mu.Unlock()
	e.cancelRun()
	whole, cancel := context.WithTimeout(context.Background(), e.CloseTimeout)
	defer cancel()
	ctx := whole
	if !e.resources.IsEmpty() {
		ctx, cancel = context.WithTimeout(whole, e.CloseTimeout-e.CloseTimeout/resourcesCloseShare)
		defer cancel()
	}
	parts := []func() error{func() error {
		return waitFor(ctx, e.writerDone, nil, "an observer, a build or the service's own validation still runs")
	}}
	for i, l := range e.layers {
		parts = append(parts, func() error { return closeSource(ctx, l, e.watchersDone[i], &e.redactor) })
	}
	parts = append(parts, func() error {
		if running := e.hub.Close(ctx); len(running) > 0 {
			return closeTimeout("subscriber %s still runs", strings.Join(running, ", "))
		}
		return nil
	}, func() error { return e.saver.close(ctx) }, func() error {
		watched := make(chan struct{})
		go func() { e.background.Wait(); close(watched) }()
		return waitFor(ctx, watched, nil, "a probe or a resolver still runs")
	})

	errs := make([]error, len(parts))
	var wait sync.WaitGroup
	for i, part := range parts {
		wait.Go(func() { errs[i] = part() })
	}
	wait.Wait()
	// Last, since subscribers and sources may use them.
	var stuck error
	if running := e.resources.Close(whole, e.builtSets()...); len(running) > 0 {
		stuck = closeTimeout("resource %s has not closed", strings.Join(running, ", "))
	}
	return errors.Join(append(slices.Clip(errs), stuck)...)
}

func (e *Engine) isClosed() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// within waits for done, at most until ctx ends, and returns *err or an error of kind Timeout. What is done counts, even if ctx
// has ended too.
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

// closeSource closes a source that can be closed, when its watcher has ended. One that comes back late is closed late.
func closeSource(ctx context.Context, l *layerState, watched <-chan struct{}, r *redactor) error {
	var err error
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if l.releaseClaim != nil {
			defer l.releaseClaim()
		}
		<-watched
		if c, ok := source.As[io.Closer](l.Source); ok {
			err = errPanicked
			defer func() { _ = recover() }()
			err = r.sourceError(c.Close(), l)
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

// Discard closes the sources of a config that never was, within timeout.
func Discard(layers []Layer, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	idle := make(chan struct{})
	close(idle)
	var errs []error
	for _, l := range newLayerStates(layers) {
		errs = append(errs, closeSource(ctx, l, idle, &redactor{}))
	}
	return errors.Join(errs...)
}

func closeTimeout(format string, args ...any) error {
	return &source.Error{Kind: source.Timeout, Op: "close", Err: fmt.Errorf(format, args...)}
}

// do runs f in the writer and waits for it. Who gives up on it, because ctx ends, does not end f.
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
	case <-e.closing:
		return 0, errClosed()
	}
	select {
	case r := <-done:
		return r.live, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func errClosed() error {
	return &source.Error{Kind: source.Closed, Op: "use config", Err: errors.New("it was closed")}
}
