package nacre

import (
	"log/slog"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/validate"
)

// Options are what [OpenWith] may be told. The zero Options are the defaults. A negative duration or number is 0, where 0 itself
// means the default.
type Options struct {
	// Window is how long no further content may come before a change is applied, so that documents which are changed together
	// become one version. Default 100 ms; negative applies each content at once.
	Window time.Duration
	// MaxWindow is the longest that a change waits for Window, from its first content on. Default 1 s, or Window where that is longer.
	MaxWindow time.Duration
	// BootTimeout is how long Open waits for layers that are down before it looks for their last known good copy. Default 10 s.
	BootTimeout time.Duration
	// CloseTimeout is how long Close waits for subscribers and sources. Default 5 s.
	CloseTimeout time.Duration

	// FreshWithin is how long ago each layer must have been proven fresh for Health.Ready to return nil. Default 2 min;
	// negative is no bound.
	FreshWithin time.Duration
	// ServeStale makes Health.Ready return nil however old the layers are; Health still shows them as stale. Default: a config
	// that is stale is not ready.
	ServeStale bool

	// History is how many applied changes, and how many rejected ones, are remembered, for History, Pin and Rollback.
	// Default 20; negative is 1.
	History int

	// MaxKeyLoss is the share of its keys that a change may take away, if it takes away five or more; an item of a list counts as a key. It
	// holds for a document, for a layer that loses documents, and for the live configuration as a whole, whatever takes the keys away: a
	// null or a shorter list in a higher layer, files that are gone, a document that is dropped. A file that is renamed, or moves to
	// another layer, takes nothing away. A change that takes away more, that empties a document, that takes away five keys or more by one
	// null, or that makes a key of one type another one (a map a list, a number a string), is held: it waits for a change that does not, for Config.Approve, or for a restart. Default 0.5; negative holds
	// nothing. The layer option WithoutChangeGuard exempts a layer.
	MaxKeyLoss float64
	// MaxBadChanges is how many changes of a layer may be rejected or taken back within 10 minutes. After that its changes are held until it
	// says again what was live before, or for Config.Approve. Default 10; negative is no bound.
	MaxBadChanges int

	// Sections are keys that packages of the service bind to types of their own: [DeclareSection] and [ReserveSection]. Default none. See [Section].
	Sections []SectionDeclaration

	// Service is the name of this service in the audience of a signed manifest; see
	// [SignedManifest]. Include the environment if your environments use namespaces of the same
	// name: "prod/orders". Default none.
	Service string

	// LastKnownGoodDir is the folder of the last known good copy, which holds the content of the remote layers in clear, readable by the owner
	// only. Each process needs one of its own, and no other user should be able to write it: Health warns of that. Default: a folder "nacre" in os.UserCacheDir, with a file name that is made of the
	// program, its working directory, the struct and the remote layers. Where there is no such folder, as with HOME unset, no copy is
	// kept, and Health and the log say so. In tests, give it t.TempDir(), or set LastKnownGoodDisabled.
	LastKnownGoodDir string
	// LastKnownGoodKey encrypts the last known good copy, with AES-256-GCM: 32 bytes, from wherever the service has its keys. A copy that is in clear, has
	// another key, was made for another path, or is older than the newest one is then not used. With it, KeyedSum and revisions of documents with secrets compare
	// between instances that share it. Default: the copy is in clear.
	LastKnownGoodKey []byte
	// LastKnownGoodDisabled keeps no copy on disk. Then a service cannot start while a remote layer is down.
	LastKnownGoodDisabled bool

	// Logger gets a line for each change, rejection and outage. Default slog.Default(); slog.New(slog.DiscardHandler) is silent.
	Logger *slog.Logger
	// Observer hears of every event. Default none.
	Observer *observe.Observer

	// Binder are options for the binding of the tree to the struct, such as decode hooks. Default none.
	Binder []binder.Option
	// Validate are options for the validation, such as custom tags. Default none.
	Validate []validate.Option
}

func (o Options) withDefaults() Options {
	o.Window = orDefault(o.Window, 100*time.Millisecond)
	o.MaxWindow = orDefault(o.MaxWindow, max(time.Second, o.Window))
	o.BootTimeout = orDefault(o.BootTimeout, 10*time.Second)
	o.CloseTimeout = orDefault(o.CloseTimeout, 5*time.Second)
	o.FreshWithin = orDefault(o.FreshWithin, 2*time.Minute)
	o.History = orDefault(o.History, 20)
	o.MaxKeyLoss = orDefault(o.MaxKeyLoss, 0.5)
	o.MaxBadChanges = orDefault(o.MaxBadChanges, 10)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// orDefault is value, or byDefault for 0, or 0 for what is negative.
func orDefault[N int | float64 | time.Duration](value, byDefault N) N {
	switch {
	case value == 0:
		return byDefault
	case value < 0:
		return 0
	}
	return value
}
