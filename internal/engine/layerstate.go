package engine

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layername"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// layerContent is the current content of one layer, with absent documents replaced by their last
// value.
type layerContent struct {
	source.Content
	result   atomic.Pointer[decoded] // what it decodes to; nil before it is decoded
	fromDisk bool                    // from a last known good copy or a seed
	fromSeed bool                    // from a seed
	kept     []string                // absent documents that were replaced by their last content
	digest   *digest                 // set by sum
	sums     [][sha256.Size]byte     // of the data of its documents; nil without a manifest
	approved bool                    // by Approve: it is not held
	shownAs  source.Revision         // the revision as the engine shows it until the content is decoded; empty if that is not known
}

// decoded returns what a content decodes to. The result has no schema if it is not decoded yet.
func (c *layerContent) decoded() *decoded {
	if d := c.result.Load(); d != nil {
		return d
	}
	return undecoded
}

// layerState is a layer with its state. Engine.mu guards the fields of the second group; only the
// writer changes them.
type layerState struct {
	Layer
	index    int
	name     string // unique in the config
	identity string
	key      string // of its documents in a last known good copy
	scope    scope  // zero if the source has none
	local    bool
	builtIn  bool // the source is one of nacre's
	trusted  bool // needs no signature
	// verifyEvery is the interval at which the source verifies its content, or 0.
	verifyEvery time.Duration

	// guarded by Engine.mu
	latest          *layerContent // newest from the source
	applied         *layerContent // in the live version
	appliedAt       time.Time
	diskCopy        *layerContent // from a copy or a seed; nil if boot did not need it
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
	documents  documentCache // the last good ones
	reading    reading       // the watcher's call of Next, or its back-off
	resolveNow chan struct{} // one slot; wakes the goroutine that resolves references

	// the writer's own
	rejectedSum    digest                      // of the last content that was rejected
	rejectedLines  map[string]releaseline.Line // of that content
	suppressedHold []string                    // why latest would be held if it were not rejected
	quarantine     quarantine
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
	l.guardShown.Store(&guardShown{l.breaker.Open(), slices.Sorted(maps.Values(l.quarantine.revisions))})
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
		l.identity, l.scope, l.local = d.Identity, scope{d.Namespace, d.Group}, d.Local
		l.verifyEvery = d.VerifyEvery
		l.key = DocumentKey(s.Source)
		l.builtIn = isOwnSource(s.Source)
		l.trusted = (d.Trusted || s.TrustUnsigned) && !s.RequireSigned
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

// askVerifiedAt returns when the source's content was last verified, or zero if the source cannot
// tell. It calls code of the source; the caller must not hold mu.
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
// sources; the caller must not hold mu.
func (e *Engine) askNotes() [][]string {
	all := make([][]string, len(e.layers))
	for i, l := range e.layers {
		_ = rescue.Do(func() error {
			if n, ok := source.As[source.Noter](l.Source); ok {
				for _, text := range n.Notes() {
					all[i] = append(all[i], note(text))
				}
			}
			return nil
		})
	}
	return all
}

// verifiedAtLocked returns when the layer's content was last known to be the newest, given the
// answer of askVerifiedAt. The caller must hold Engine.mu.
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

// withKept returns c with each absent document replaced by its applied content, unless the layer
// has DropWhenAbsent.
func (l *layerState) withKept(c *layerContent) *layerContent {
	if l.DropWhenAbsent || l.applied == nil {
		return c
	}
	var kept []string
	var docs []source.Document
	for i, d := range c.Documents {
		if !d.Absent {
			continue
		}
		old := l.applied.document(d.Name)
		if old == nil || old.Absent {
			continue
		}
		if kept == nil {
			docs = slices.Clone(c.Documents)
		}
		docs[i] = *old
		kept = append(kept, d.Name)
	}
	if kept == nil {
		return c
	}
	return &layerContent{Content: source.Content{Revision: c.Revision, Documents: docs}, kept: kept, shownAs: c.shownRevision()}
}

// document returns a document of a content, or nil if there is none.
func (c *layerContent) document(name string) *source.Document {
	if c == nil {
		return nil
	}
	for i := range c.Documents {
		if c.Documents[i].Name == name {
			return &c.Documents[i]
		}
	}
	return nil
}

// firstName returns the name of the first document, or "" if there is none.
func firstName(c *layerContent) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

// names returns the names of the documents that are not absent.
func (c *layerContent) names() []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, d := range c.Documents {
		if !d.Absent {
			names = append(names, d.Name)
		}
	}
	return names
}

// notes returns the notes of the documents that are not absent, each with its document.
func (c *layerContent) notes() (notes []string) {
	for _, d := range c.Documents {
		if !d.Absent && d.Note != "" {
			notes = append(notes, d.Name+": "+note(d.Note))
		}
	}
	return notes
}

// maxNote is the number of bytes of a note that are shown.
const maxNote = 256

// note returns the note of a source as one printable line.
func note(text string) string { return wording.Line(text, maxNote) }

// sameDocument reports whether two documents have the same content.
func sameDocument(a, b *source.Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Absent == b.Absent && a.Format == b.Format && bytes.Equal(a.Data, b.Data) && sameTree(a.Tree, b.Tree)
}

// sameTree reports whether two trees are equal; an absent tree differs from an empty one.
func sameTree(a, b map[string]any) bool {
	if a == nil || b == nil {
		return (a == nil) == (b == nil)
	}
	if maps.EqualFunc(a, b, func(x, y any) bool { return false }) { // both empty
		return true
	}
	left, errA := tree.FromPlain(nil, a)
	right, errB := tree.FromPlain(nil, b)
	return errA == nil && errB == nil && tree.Equal(left, right)
}

// layerNames returns the names of all layers, lowest precedence first.
func (e *Engine) layerNames() (names []string) {
	for _, l := range e.layers {
		names = append(names, l.name)
	}
	return names
}
