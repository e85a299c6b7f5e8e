package engine

import (
	"context"
	"crypto/ed25519"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"

	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/tree"
)

// Layer is a source and how it is treated.
type Layer struct {
	Source source.Source
	// DropWhenAbsent lets an absent document fall back to the layers below; otherwise its last content stays in use.
	DropWhenAbsent bool
	// MayBeDown lets the config boot without this layer when it is down and there is no last known good copy.
	MayBeDown bool
	// AllowUnknown is set on all documents.
	AllowUnknown bool
	// Resolvers are those of references in texts, by their schemes; none: what looks like a reference is text.
	Resolvers map[string]Resolver
	// Embeddable are the schemes of references that may be a part of any value, and be compared.
	Embeddable map[string]bool
	// RefreshEvery is how often it is looked whether they give something else than they gave; 0 is never.
	RefreshEvery time.Duration
	// Decrypt makes the data of a document readable; nil where it is.
	Decrypt func(ctx context.Context, d source.Document) ([]byte, error)
	// Manifest says that the layer's document is no configuration but says which documents of the
	// others belong together. With keys, one of them must have signed it. See CheckManifests.
	Manifest     bool
	ManifestKeys []ed25519.PublicKey
	// TrustUnsigned lets documents be without a signature where there is a signed manifest, and
	// RequireSigned does not, whatever the source says of itself.
	TrustUnsigned, RequireSigned bool
	// WithoutChangeGuard lets documents lose as much as they like.
	WithoutChangeGuard bool

	releaseClaim func() // gives the source back; nil where it was not taken
}

// Resolver gives the text that a reference stands for.
type Resolver func(ctx context.Context, name string) (string, error)

// Settings are what an engine needs. All durations are used as they are; the root fills in defaults.
type Settings struct {
	Layers []Layer
	// Parts are what is bound; the first is the service's own type, at the root.
	Sections []*Section
	// Cell is where the live state is kept; nil: a plain one.
	Cell Cell
	// Observers receive every event, in order.
	Observers []observe.Observer

	// Window is how long no further content may come before a change is applied; MaxWindow is the longest that it waits
	// for that, from the first content on. 0 applies at once.
	Window, MaxWindow time.Duration
	// BootTimeout is how long Start waits for the layers.
	BootTimeout time.Duration
	// CloseTimeout is how long Close waits for sources and subscribers.
	CloseTimeout time.Duration
	// FreshWithin is how long ago a layer may have been proven fresh; 0 is no bound.
	FreshWithin time.Duration
	// ServeStale makes a config ready however old its layers are.
	ServeStale bool
	// History is how many applied and how many rejected changes are remembered.
	History int
	// Service is the name by which the audience of a manifest knows the config.
	Service string
	// LastKnownGoodPath is the path of the copy on disk; "" keeps none.
	LastKnownGoodPath string
	// LastKnownGoodKey encrypts it; empty: it is kept in clear.
	LastKnownGoodKey []byte
	// LastKnownGoodErr is why there is no path although a copy is wanted; nil otherwise.
	LastKnownGoodErr error
	// BackOff is how long to wait before a failing source is asked again: it doubles from the first to the second.
	BackOff, MaxBackOff time.Duration
	// Rebuild is how long to wait before a content is tried again from which a resource could not be built: it doubles from
	// the first to the second.
	Rebuild, MaxRebuild time.Duration
	// MaxKeyLoss is the share of its keys that a document may lose in a change; 0 is no guard.
	MaxKeyLoss float64
	// MaxBadChanges is how many bad changes of a layer within BreakerWindow make its further changes wait; 0 is no bound.
	MaxBadChanges int
	BreakerWindow time.Duration
}

// Cell is a place for the live state and the one before, as a swap.Cell is: Load is safe for concurrent use, the rest belongs
// to the writer. The root has one of its own, in which a read finds the service's value at once.
type Cell interface {
	Load() *State
	Swap(next *State) (old *State)
	Replace(next *State)
	Previous() *State
}

// State is one version. It is immutable once it is in a cell, but for what was built.
type State struct {
	// Values has what Bind returned for each part, in the order of the plan; a state from before a part was added has none of
	// it. States that say the same share them.
	Values  []any
	Version int64
	At      time.Time
	Causes  []observe.Cause
	// Merged is the tree that Values were bound from.
	Merged *tree.Node

	// full is of all that Merged says, secrets included: it tells whether anything has changed, and never leaves the process as it is.
	full      [32]byte
	publish   sync.Once
	published string // by Sum

	schema   *schema
	contents []*layerContent
	roots    []*tree.Node
	pending  []pendingKey // restart-only fields that the contents want otherwise
	// built is what was made from Values; empty once another version is live. Only the writer stores.
	built atomic.Pointer[resource.Set]
}

// Value returns that of a part; nil where the state is older than it.
func (s *State) Value(part int) any {
	if part >= len(s.Values) {
		return nil
	}
	return s.Values[part]
}
