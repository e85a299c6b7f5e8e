package engine

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
)

// Layer is a source and its options.
type Layer struct {
	Source source.Source
	// Name is the name that the program gives; "" is that of the source. See LayerNames.
	Name string
	// DropWhenAbsent drops the values of an absent document; otherwise its last content stays in
	// use.
	DropWhenAbsent bool
	// AbsentOK lets the config boot without any document of this layer.
	AbsentOK bool
	// MayBeDown lets the config boot without this layer if it is down and has no last known good
	// copy.
	MayBeDown bool
	// AllowUnknown allows unknown keys in all documents, Strict forbids them, and Shared forbids
	// misspelled ones only, as in a layer that is not local. Allowed are keys that are allowed in
	// any case, with everything below them.
	AllowUnknown, Strict, Shared bool
	Allowed                      []tree.Path
	// Decoder says under which key the documents belong, and what they may contain.
	Decoder layer.Decoder
	// OptionErr is a mistake in the options, which Open returns.
	OptionErr error
	// Resolvers resolve references in texts, by scheme. If there are none, references are plain
	// text.
	Resolvers map[string]pipeline.Resolver
	// Embeddable has the schemes of references that may be part of any value.
	Embeddable map[string]bool
	// RefreshEvery is the interval at which references are resolved again; 0 is never.
	RefreshEvery time.Duration
	// Decrypt decrypts the data of a document; nil for plaintext.
	Decrypt func(ctx context.Context, d source.Document) ([]byte, error)
	// Manifest marks the layer's document as a manifest, which lists the documents of the other
	// layers that belong together, and not as configuration. With ManifestKeys, one of them must
	// have signed it. See CheckManifests.
	Manifest     bool
	ManifestKeys []ed25519.PublicKey
	// TrustUnsigned allows documents that the signed manifest does not list. RequireSigned forbids
	// them even if the source describes itself as trusted.
	TrustUnsigned, RequireSigned bool
	// WithoutChangeGuard lets documents lose any number of keys.
	WithoutChangeGuard bool
	// ReleaseClaim ends the claim on the source; nil if there is none.
	ReleaseClaim func()
}

// Settings configure an engine. The engine uses all durations unchanged; the root package sets
// defaults.
type Settings struct {
	Layers []Layer
	// Sections are the types to bind. The first is the service's own type, at the root.
	Sections []*schema.Section
	// ReuseDisabled makes each version from the whole of all documents.
	ReuseDisabled bool
	// SelfCheckEvery is the number of versions of which one is made again without reuse, in the
	// background, and compared. 0 makes no checks.
	SelfCheckEvery int
	// Cell holds the live state; nil means a swap.Cell.
	Cell Cell
	// Observers receive each event, in order.
	Observers []observe.Observer

	// Window is the time without a new content after which a change is applied. MaxWindow is the
	// longest wait from the first content on. 0 applies at once.
	Window, MaxWindow time.Duration
	// BootTimeout is how long Start waits for the layers.
	BootTimeout time.Duration
	// CloseTimeout is how long Close waits for sources and subscribers.
	CloseTimeout time.Duration
	// FreshWithin is the age up to which a layer is fresh; 0 means any age. It is never less than
	// twice the interval at which the source verifies its content.
	FreshWithin time.Duration
	// NotReadyWhenStale is the age of a layer, at least FreshWithin, above which the config is not
	// ready; 0 means that a stale layer does not affect readiness.
	NotReadyWhenStale time.Duration
	// History is the number of applied and of rejected changes to keep.
	History int
	// Service is the name of the config in the audience of a manifest.
	Service string
	// LastKnownGoodPath is the path of the last known good copy; "" disables it.
	LastKnownGoodPath string
	// LastKnownGoodKey encrypts the copy; without a key, it is plaintext.
	LastKnownGoodKey []byte
	// LastKnownGoodSeed is the path of a file or folder with seeds; "" for none.
	LastKnownGoodSeed string
	// LastKnownGoodErr is why a wanted copy has no path, or nil.
	LastKnownGoodErr error
	// BackOff is the first wait after an error of a source. Each further error doubles it, up to
	// MaxBackOff.
	BackOff, MaxBackOff time.Duration
	// Rebuild is the first wait after a failed build of a resource. Each further failure doubles
	// it, up to MaxRebuild.
	Rebuild, MaxRebuild time.Duration
	// MaxKeyLoss is the share of its keys that a document may lose in a change; 0 disables the
	// check.
	MaxKeyLoss float64
	// MaxBadChanges is the number of bad changes of a layer within BreakerWindow after which its
	// further changes are held; 0 means no limit.
	MaxBadChanges int
	BreakerWindow time.Duration
}

// Cell holds the live state and the one before it, as a swap.Cell does. Load is safe for concurrent
// use; only the writer calls the other methods. The root package has its own implementation, in
// which a read finds the service's value with one load.
type Cell interface {
	Load() *pipeline.State
	Swap(next *pipeline.State) (old *pipeline.State)
	Replace(next *pipeline.State)
	Previous() *pipeline.State
	// Retire replaces the state of an old version, if the cell holds it, by another one.
	Retire(old, by *pipeline.State)
}
