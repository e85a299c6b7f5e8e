package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layername"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// table is what is live of the layers, and the lock of their states. Only the writer changes what
// the lock guards, and so reads it without the lock. No code of the service runs while it is
// locked.
type table struct {
	mu      sync.Mutex            // guards the rest, and the states of the layers
	roots   []*tree.Node          // of the live version's documents, lowest first
	pending []pipeline.PendingKey // of roots
	// accepted records the signed releases.
	accepted admission.Accepted
}

// change runs f with the table locked. Only the writer changes the table; Close calls change too,
// so that no version becomes live after it has begun.
func (t *table) change(f func()) { t.read(f) }

// read runs f with the table locked. Other goroutines than the writer read the table so.
func (t *table) read(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// layerState is a layer with its state. The lock of the table guards the fields of the second
// group; only the writer changes them.
type layerState struct {
	Layer
	index    int
	name     string // unique in the config
	identity string
	key      string // of its documents in a last known good copy
	decode   *pipeline.Layer
	local    bool
	builtIn  bool // the source is one of nacre's
	trusted  bool // needs no signature
	// verifyEvery is the interval at which the source verifies its content, or 0.
	verifyEvery time.Duration

	// guarded by the table
	latest          *pipeline.Content // newest from the source
	applied         *pipeline.Content // in the live version
	appliedAt       time.Time
	diskCopy        *pipeline.Content // from a copy or a seed; nil if boot did not need it
	rejected        source.Problems
	refreshProblems source.Problems // why applied keeps earlier values of its references, or nil
	held            []string        // why latest is held, or nil
	notified        notified        // the last calls of Acknowledger.Ack
	absent          []string
	err             error // the current error of the source, or nil
	errKind         source.Kind
	errText         string
	downSince       time.Time
	lastHealthyAt   time.Time // last time the source worked before the current error

	decoding   atomic.Bool   // the watcher is decoding a content
	reading    reading       // the watcher's call of Next, or its back-off
	resolveNow chan struct{} // one slot; wakes the goroutine that resolves references

	// the writer's own
	rejectedSum    pipeline.Digest             // of the last content that was rejected
	rejectedBad    pipeline.Digest             // of what is bad in that content
	rejectedLines  map[string]releaseline.Line // of that content
	suppressedHold []string                    // why latest would be held if it were not rejected
	quarantine     admission.Quarantine
	breaker        guard.Breaker
	// guardShown is what Health shows of quarantine and breaker.
	guardShown atomic.Pointer[guardShown]
}

type guardShown struct {
	open        bool
	quarantined []source.Revision
}

// showGuard makes Health show the quarantine and the breaker as they are now. Only the writer calls
// it.
func (l *layerState) showGuard() {
	l.guardShown.Store(&guardShown{l.breaker.Open(), l.quarantine.Revisions()})
}

// notified is the last content that an Acknowledger accepted, and the last that it rejected since.
type notified struct {
	live, rejected source.Revision
}

// newLayerStates returns the layers without content.
func newLayerStates(settings []Layer) []*layerState {
	names, _ := LayerNames(settings) // the caller of Start has reported the error
	layers := make([]*layerState, len(settings))
	for i, s := range settings {
		l := &layerState{Layer: s, index: i, name: names[i], resolveNow: make(chan struct{}, 1)}
		d := source.DescriptionOf(s.Source)
		l.identity, l.local = d.Identity, d.Local
		l.verifyEvery = d.VerifyEvery
		l.key = DocumentKey(s.Source)
		l.builtIn = isOwnSource(s.Source)
		l.trusted = (d.Trusted || s.TrustUnsigned) && !s.RequireSigned
		l.decode = &pipeline.Layer{Name: l.name, Decoder: s.Decoder, Policy: l.policy, Resolvers: s.Resolvers, Embeddable: s.Embeddable, Decrypt: s.Decrypt,
			Manifest: s.Manifest, ManifestKeys: s.ManifestKeys, Scope: pipeline.Scope{Namespace: d.Namespace, Group: d.Group}}
		layers[i] = l
	}
	return layers
}

// LayerNames returns the names of the layers, and what is wrong with those that the program gives;
// see [layername.Of].
func LayerNames(layers []Layer) ([]string, error) {
	named := make([]layername.Layer, len(layers))
	for i, l := range layers {
		named[i] = layername.Layer{Source: l.Source, Name: l.Name}
	}
	return layername.Of(named)
}

// isRemote reports whether the documents of the layer can be out of reach.
func (l *layerState) isRemote() bool { return !l.local }

// askVerifiedAt returns when the source's content was last verified, or zero if the source cannot
// tell. It calls code of the source; the table must not be locked.
func (l *layerState) askVerifiedAt() (at time.Time) {
	defer func() { _ = recover() }()
	if p, ok := source.As[source.FreshnessReporter](l.Source); ok {
		return p.VerifiedAt()
	}
	return time.Time{}
}

// askVerifiedTimes calls askVerifiedAt for all layers, in order.
func (e *Engine) askVerifiedTimes() []time.Time {
	answers := make([]time.Time, len(e.layers))
	for i, l := range e.layers {
		answers[i] = l.askVerifiedAt()
	}
	return answers
}

// askNotes returns what each source has to tell, in the order of the layers. It calls code of the
// sources; the table must not be locked.
func (e *Engine) askNotes() [][]string {
	all := make([][]string, len(e.layers))
	for i, l := range e.layers {
		_ = rescue.Do(func() error {
			if n, ok := source.As[source.Noter](l.Source); ok {
				for _, text := range n.Notes() {
					all[i] = append(all[i], pipeline.Note(text))
				}
			}
			return nil
		})
	}
	return all
}

// verifiedAtLocked returns when the layer's content was last known to be the newest, given the
// answer of askVerifiedAt. The caller must have locked the table.
func (l *layerState) verifiedAtLocked(now, answer time.Time) time.Time {
	if _, ok := source.As[source.FreshnessReporter](l.Source); ok {
		if !answer.IsZero() {
			return answer
		}
		return l.lastHealthyAt
	}
	if l.err == nil && l.latest != nil {
		return now // Next is waiting without an error
	}
	return l.lastHealthyAt
}

// layerNames returns the names of all layers, lowest precedence first.
func (e *Engine) layerNames() (names []string) {
	for _, l := range e.layers {
		names = append(names, l.name)
	}
	return names
}

// withKept returns c with each absent document replaced by its applied content, unless the layer
// has DropWhenAbsent.
func (l *layerState) withKept(c *pipeline.Content) *pipeline.Content {
	if l.DropWhenAbsent {
		return c
	}
	return c.WithKept(l.applied)
}
