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

	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/history"
	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/redact"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/swap"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Engine runs one config.
type Engine struct {
	Settings
	layers    []*layerState
	cell      Cell
	hub       notify.Hub[delivery]
	saver     *lastgood.Saver
	disk      disk // immutable once Start has read it
	redactor  redact.Redactor
	evaluator pipeline.Evaluator
	lossGuard admission.LossGuard
	gate      admission.Gate
	instance  observe.Instance
	declared  func() string // the digest of what the sections of Start declare
	hooks     hooks

	writer writer

	resources         *resource.Registry
	background        sync.WaitGroup  // goroutines that watch a probation, references or freshness
	noReuse           atomic.Bool     // make each version from the whole of all documents
	snapshotSuspended atomic.Bool     // do not save the contents that the service started with: a build fails
	runCtx            context.Context // ends when Close begins

	inboxMu      sync.Mutex
	inbox        []*update // one slot per layer
	wake         chan struct{}
	commands     chan func()
	cancelRun    context.CancelFunc
	writerDone   chan struct{}   // closed when the writer has ended
	watchersDone []chan struct{} // by layer; closed when its watcher has ended
	closing      chan struct{}   // closed with mu held when Close begins; no swap happens afterwards
	closeOnce    func() error

	history   *history.History
	rollbacks rollbackChecks
	followers followers
	isPinned  atomic.Bool               // whether the writer has a pin
	probation atomic.Pointer[probation] // nil if no version is on probation; only the writer changes it

	mu      sync.Mutex            // guards the rest, and the state of the layers; only the writer changes them
	roots   []*tree.Node          // of the live version's documents, lowest first
	pending []pipeline.PendingKey // of roots
	// accepted records the signed releases.
	accepted admission.Accepted
}

// delivery is a state for a subscriber, with the causes of all versions since the last one it
// received.
type delivery struct {
	state  *pipeline.State
	causes []observe.Cause
}

// Start boots a config and runs it until Close. On an error it stops everything that it started and
// closes the sources.
func Start(ctx context.Context, s Settings) (*Engine, error) {
	sections := make([]*schema.Attached, len(s.Sections))
	for i, section := range s.Sections {
		users := int64(0)
		if section.Type != nil {
			users = 1 // the user that opened the config, which never detaches
		}
		sections[i] = schema.NewAttached(*section, users)
	}
	schema, err := schema.New(sections)
	if err != nil {
		return nil, errors.Join(err, Discard(s.Layers, s.CloseTimeout))
	}
	e := &Engine{
		Settings: s, writer: writer{bootVersion: 1}, history: history.New(s.History), layers: newLayerStates(s.Layers), inbox: make([]*update, len(s.Layers)),
		wake: make(chan struct{}, 1), commands: make(chan func()), closing: make(chan struct{}), writerDone: make(chan struct{}),
		instance: instanceOf(s.Layers), declared: sync.OnceValue(func() string { return verify.Declared(schema.Shape) }),
	}
	e.noReuse.Store(s.ReuseDisabled)
	if e.cell = s.Cell; e.cell == nil {
		e.cell = &swap.Cell[pipeline.State]{}
	}
	run, stop := context.WithCancel(context.Background())
	e.runCtx, e.cancelRun = run, stop
	e.evaluator.Decoder = &pipeline.Decoder{Redactor: &e.redactor, Calls: run, Key: s.LastKnownGoodKey, Service: s.Service, Whole: &e.noReuse}
	for _, l := range e.layers {
		e.evaluator.Layers = append(e.evaluator.Layers, l.decode)
	}
	e.evaluator.Mismatches = e.mismatches
	e.lossGuard, e.gate = e.newLossGuard(), e.newGate()
	e.evaluator.Schema.Store(schema)
	e.closeOnce = sync.OnceValue(e.shutDown)
	for _, l := range e.layers {
		l.breaker = guard.Breaker{Max: s.MaxBadChanges, Window: s.BreakerWindow}
	}
	e.hub.Fold, e.hub.Version, e.hub.Report = mergeDeliveries, func(d delivery) int64 { return d.state.Version }, e.subscriberCalled
	e.hub.Slow = e.subscriberSlow

	e.resources = resource.New(resource.Hooks{Built: e.resourceBuilt, Closed: e.resourceClosed})
	e.saver = e.newSaver()
	e.readDisk()
	e.accepted = admission.AcceptedFrom(e.saver.Accepted(e.manifestKey(), copyKeys(e.layers)))
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
	if e.FreshWithin > 0 {
		e.background.Go(func() { e.watchFreshness(run) })
	}
	for _, l := range e.layers {
		if len(l.Resolvers) > 0 {
			e.background.Go(func() { e.refreshReferences(run, l) })
		}
	}
	return e, nil
}

// Live returns the live state, which is never nil.
func (e *Engine) Live() *pipeline.State { return e.cell.Load() }

// Close stops the sources, the subscribers and the writer. The live state stays readable. Close
// waits for at most CloseTimeout and then returns an error that names what still runs. Further
// calls return the same error.
func (e *Engine) Close() error { return e.closeOnce() }

// resourcesCloseShare is the divisor for the part of CloseTimeout that is reserved for resources,
// so that a source that does not close leaves them time.
const resourcesCloseShare = 10

// shutDown ends all parts concurrently, so that one that does not end takes no time from the
// others.
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
	closers := []func() error{func() error {
		return waitFor(ctx, e.writerDone, nil, "observer, build or validation still runs")
	}}
	for i, l := range e.layers {
		closers = append(closers, func() error { return closeSource(ctx, l, e.watchersDone[i], &e.redactor) })
	}
	closers = append(closers, func() error {
		if running := e.hub.Close(ctx); len(running) > 0 {
			return closeTimeout("subscriber %s still runs", strings.Join(running, ", "))
		}
		return nil
	}, func() error { return e.closeSaver(ctx) }, func() error {
		watched := make(chan struct{})
		go func() { e.background.Wait(); close(watched) }()
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
	case <-e.closing:
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

// errClosed returns the error of calls after Close.
func errClosed() error {
	return &source.Error{Kind: source.Closed, Op: "use config", Err: errors.New("config is closed")}
}
