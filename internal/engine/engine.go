package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/history"
	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/redact"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/swap"
	"github.com/nacre-go/nacre/internal/verify"
)

// Engine runs one config.
type Engine struct {
	Settings
	layers    []*layerState // never changes
	table     table         // what is live of the layers, and the lock of their states
	cell      Cell
	evaluator pipeline.Evaluator
	admission struct {
		lossGuard admission.LossGuard
		gate      admission.Gate
	}
	writer    writer
	inbox     inbox
	commands  chan func() // for the writer
	resources *resource.Registry
	copies    copies
	history   *history.History
	rollout   rollout
	hub       notify.Hub[delivery]
	followers followers
	hooks     hooks
	identity  identity
	life      life
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
	run, stop := context.WithCancel(context.Background())
	e := &Engine{
		Settings: s, layers: newLayerStates(s.Layers), inbox: newInbox(len(s.Layers)), commands: make(chan func()),
		writer: writer{bootVersion: 1}, history: history.New(s.History),
		identity: identity{instanceOf(s.Layers), sync.OnceValue(func() string { return verify.Declared(schema.Shape) })},
		life:     life{ctx: run, cancel: stop, closing: make(chan struct{}), writerDone: make(chan struct{})},
	}
	if e.cell = s.Cell; e.cell == nil {
		e.cell = &swap.Cell[pipeline.State]{}
	}
	e.evaluator.Decoder = &pipeline.Decoder{Redactor: &redact.Redactor{}, Calls: run, Key: s.LastKnownGoodKey, Service: s.Service}
	e.evaluator.Whole.Store(s.ReuseDisabled)
	for _, l := range e.layers {
		e.evaluator.Layers = append(e.evaluator.Layers, l.decode)
	}
	e.evaluator.Mismatches = e.mismatches
	e.admission.lossGuard, e.admission.gate = e.newLossGuard(), e.newGate()
	e.evaluator.Schema.Store(schema)
	e.life.close = sync.OnceValue(e.shutDown)
	for _, l := range e.layers {
		l.breaker = guard.Breaker{Max: s.MaxBadChanges, Window: s.BreakerWindow}
	}
	e.hub.Fold, e.hub.Version, e.hub.Report = mergeDeliveries, func(d delivery) int64 { return d.state.Version }, e.subscriberCalled
	e.hub.Slow = e.subscriberSlow

	e.resources = resource.New(resource.Hooks{Built: e.resourceBuilt, Closed: e.resourceClosed})
	e.copies.saver = e.newSaver()
	e.readDisk()
	e.table.accepted = admission.AcceptedFrom(e.copies.saver.Accepted(e.manifestKey(), copyKeys(e.layers)))
	for _, l := range e.layers {
		done := make(chan struct{})
		e.life.watchersDone = append(e.life.watchersDone, done)
		go func() {
			defer close(done)
			e.watch(run, l)
		}()
	}
	if err := e.boot(ctx); err != nil {
		close(e.life.writerDone)
		return nil, errors.Join(err, e.Close())
	}
	go func() {
		defer close(e.life.writerDone)
		e.runWriter(run)
	}()
	if e.FreshWithin > 0 {
		e.life.background.Go(func() { e.watchFreshness(run) })
	}
	for _, l := range e.layers {
		if len(l.Resolvers) > 0 {
			e.life.background.Go(func() { e.refreshReferences(run, l) })
		}
	}
	return e, nil
}

// Live returns the live state, which is never nil.
func (e *Engine) Live() *pipeline.State { return e.cell.Load() }
