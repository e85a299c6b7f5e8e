package engine

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// content is what one layer says, in the form in which it takes part: with the documents that are kept although they are
// absent, and decoded once.
type layerContent struct {
	source.Content
	decodedBy *schema // by which it was; nil: not yet
	// passing says that what is wrong may pass by itself; decodedAt is when it was found.
	transient  bool
	decodedAt  time.Time
	roots      []*tree.Node
	named      []namedRoot
	referred   map[reference]string // what its references stood for
	secrets    []string             // that it brought into the process; not to be changed
	plain      map[string][]byte    // its documents, decrypted; nil where they need not be
	manifest   *release             // of a layer that is a manifest
	problems   source.Problems      // of decoding
	standalone source.Problems      // of binding each document by itself
	fromDisk   bool
	kept       []string            // documents that are absent, with their last content in their place
	digest     *digest             // once it was asked for
	sums       [][sha256.Size]byte // of the data of its documents; nil where no manifest has asked
	approved   bool                // somebody said that it may not be held
	shown      atomic.Pointer[source.Revision]
}

// named is the root of a document.
type namedRoot struct {
	name string
	root *tree.Node
}

// root returns that of a document; nil where there is none.
func (c *layerContent) root(name string) *tree.Node {
	for _, d := range c.named {
		if d.name == name {
			return d.root
		}
	}
	return nil
}

// feed is a layer's source and what is known of it. The fields below mu's mark are guarded by Engine.mu; only the writer changes them.
type layerState struct {
	Layer
	index    int
	name     string // unique in the config
	identity string
	scope    scope // zero where the source has none
	local    bool
	builtIn  bool // the source is one of nacre's own
	trusted  bool // needs no signature

	// guarded by Engine.mu
	latest          *layerContent // newest that the source gave
	applied         *layerContent // in the live version
	appliedAt       time.Time
	diskCopy        *layerContent // from disk; nil where boot had no need of it
	rejected        source.Problems
	refreshProblems source.Problems // why applied keeps what its references stood for; nil where they stand for the same
	held            []string        // why latest is not looked at; nil where it is
	notified        notified        // what a Acknowledger was told
	absent          []string
	err             error // why the source fails now; nil when it does not
	errKind         source.Kind
	errText         string
	downSince       time.Time
	lastHealthyAt   time.Time // latest moment at which the source was known not to fail, before the present outage

	decoding atomic.Bool // its source has given a content, which is being decoded

	// the writer's own
	suppressedHold []string          // why latest would be held if it were not refused
	quarantine     map[digest]string // contents that were taken back, and why
	breaker        guard.Breaker
}

// told is what a Acknowledger was told last: which content is live, and which was refused since.
type notified struct {
	live, refused source.Revision
}

// newFeeds names the layers: a name that comes again gets a number.
func newLayerStates(settings []Layer) []*layerState {
	used := map[string]bool{}
	layers := make([]*layerState, len(settings))
	for i, s := range settings {
		name := s.Source.Name()
		for n := 2; used[name]; n++ {
			name = fmt.Sprintf("%s#%d", s.Source.Name(), n)
		}
		used[name] = true
		l := &layerState{Layer: s, index: i, name: name}
		d := source.DescriptionOf(s.Source)
		l.identity, l.scope, l.local = d.Identity, scope{d.Namespace, d.Group}, d.Local
		l.builtIn = isOwnSource(s.Source)
		l.trusted = (d.Trusted || s.TrustUnsigned) && !s.RequireSigned
		layers[i] = l
	}
	return layers
}

// ask asks a source that can tell when its content was proven; zero is no answer. It is the source's code: mu is not held.
func (l *layerState) askVerifiedAt() (at time.Time) {
	defer func() { _ = recover() }()
	if p, ok := source.As[source.FreshnessReporter](l.Source); ok {
		return p.VerifiedAt()
	}
	return time.Time{}
}

// ask asks all sources, in order.
func (e *Engine) askVerifiedTimes() []time.Time {
	answers := make([]time.Time, len(e.layers))
	for i, l := range e.layers {
		answers[i] = l.askVerifiedAt()
	}
	return answers
}

// proven returns when the layer's content was last known to be the newest, by the answer of its source.
func (l *layerState) verifiedAtLocked(now, answer time.Time) time.Time {
	if _, ok := source.As[source.FreshnessReporter](l.Source); ok {
		if !answer.IsZero() {
			return answer
		}
		return l.lastHealthyAt
	}
	if l.err == nil && l.latest != nil {
		return now // Next is blocked without an error
	}
	return l.lastHealthyAt
}

// keep returns c as it takes part: a document that is absent, and has been applied before, keeps its last content, unless the
// layer is told to fall back.
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
	content := &layerContent{Content: source.Content{Revision: c.Revision, Documents: docs}, kept: kept}
	content.shown.Store(c.shown.Load())
	return content
}

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

// firstName is the name of the first document; "" where there is none.
func firstName(c *layerContent) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

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

// same reports whether two documents say the same.
func sameDocument(a, b *source.Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Absent == b.Absent && a.Format == b.Format && bytes.Equal(a.Data, b.Data) && sameTree(a.Tree, b.Tree)
}

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
