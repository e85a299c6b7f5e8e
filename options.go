package nacre

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// Off turns off what a number or duration in [Options], or in an option that says so, sets a bound
// for. Other negative values are errors of kind InvalidArgument.
const Off = -1

// Options configures [OpenWith]. The zero value of each field means its default.
type Options struct {
	// Window is how long the config waits for further contents before it applies a change, so that
	// documents that are changed together become one version. The default is 100 ms; Off applies
	// each content at once.
	Window time.Duration
	// MaxWindow is the longest that a change waits for Window, from its first content on. The
	// default is 1 s, or Window if that is longer.
	MaxWindow time.Duration
	// BootTimeout is how long Open waits for layers that are down before it uses their last known
	// good copy. The default is 10 s.
	BootTimeout time.Duration
	// CloseTimeout is how long Close waits for subscribers and sources. The default is 5 s.
	CloseTimeout time.Duration

	// FreshWithin is the age above which a layer is reported as stale, in Health, on the page, in
	// the log and as an event: the time since its source last verified that the content in use is
	// the newest. A stale config stays ready, unless NotReadyWhenStale says otherwise. A source
	// that verifies its content at an interval, such as a Nacos client with ReconcileEvery, is not
	// stale before two intervals have passed, even if FreshWithin is shorter. The default is 2 min,
	// or NotReadyWhenStale if that is shorter; with Off, layers are never stale.
	FreshWithin time.Duration
	// NotReadyWhenStale makes the config not ready while a layer was not verified for longer than
	// this, and no sooner than it is stale. Set it only if the service must not run on old
	// configuration: an outage of the configuration server then takes every instance out of
	// service. An optional layer without content does not count. The default, and Off, is that
	// staleness does not affect readiness.
	NotReadyWhenStale time.Duration

	// History is how many applied changes, and how many rejected ones, History, Pin and Rollback
	// remember. The default is 20.
	History int

	// MaxKeyLoss is the share of keys that a change may remove, from 0 to 1, if it removes at least
	// five keys; an item of a list counts as a key. It applies to a document, to a layer that loses
	// documents, and to the live configuration as a whole, whatever removes the keys: a null or a
	// shorter list in a higher layer, deleted files, a document that is dropped. A file that is
	// renamed, or that moves to another layer, removes nothing.
	//
	// A change that removes more is held: it waits for a change that does not, for Config.Approve,
	// or for a restart. The change guard also holds a change that empties a document, removes five
	// or more keys by one null, or gives another type (a list in place of a map, a number in place
	// of a string) to a key that has no field of its own, such as one below an any. A field gives
	// its values their type, so `0` and `3s` are the same to a duration. The default is 0.5; Off
	// holds nothing. The layer option WithoutChangeGuard exempts a layer.
	MaxKeyLoss float64
	// MaxBadChanges is how many changes of a layer may be rejected or rolled back within 10
	// minutes. Further changes of the layer are held until it returns to a content that was live
	// before, or until Config.Approve. A change that leaves a bad document as it is does not
	// count. The default is 10; Off sets no limit.
	MaxBadChanges int

	// Sections lists the keys that packages of the service bind to types of their own; see
	// [DeclareSection], [ReserveSection] and [Section]. The default is none.
	Sections []SectionDeclaration

	// Service is the name of this service in the audience of a signed manifest; see
	// [SignedManifest]. Include the environment if your environments use namespaces of the same
	// name: "prod/orders". The default is none.
	Service string

	// LastKnownGoodDir is the folder of the last known good copy, which holds the documents of the
	// remote layers of the last good version. The copy is not encrypted unless LastKnownGoodKey is
	// set, and only its owner can read it. Give each process a folder of its own that no other user
	// can write; Health warns if others can. A service finds the copies of its documents whatever
	// servers, layers, options and struct it uses for them; a Nacos document is known by namespace,
	// group and data ID. So use separate folders or namespaces for separate environments.
	//
	// The default is the folder "nacre" in os.UserCacheDir, with a file name made of the program,
	// its working directory and the documents. A container that is created again, on this machine
	// or another one, finds a copy only if the folder is on a volume that outlives it; see
	// LastKnownGoodSeed. If there is no such folder, for example because HOME is not set, no copy
	// is kept, and Health and the log say so. In tests, use t.TempDir() or LastKnownGoodDisabled.
	LastKnownGoodDir string
	// LastKnownGoodKey is a key of 32 bytes that encrypts the last known good copy with
	// AES-256-GCM. A copy that is not encrypted, has another key, was made for another path, or is
	// older than the newest one is then not used. KeyedSum, and revisions of documents that hold
	// secrets, compare between instances that have the same key. The default is none: the copy is
	// not encrypted.
	LastKnownGoodKey []byte
	// LastKnownGoodDisabled keeps no copy on disk. A service can then not start while a remote
	// layer is down, unless it has a seed.
	LastKnownGoodDisabled bool
	// LastKnownGoodSeed is the path of documents that Open uses for remote layers that are down and
	// have no last known good copy: a folder, such as a mounted ConfigMap or a folder of the image,
	// or one file. In a folder, the seed of a document is the first of NAMESPACE/GROUP/NAME,
	// GROUP/NAME and NAME that exists, where NAME is the data ID in Nacos, and otherwise the name
	// of the source. A file is the seed of the document with its name. Add an extension if the name
	// has none. Only layers of one document have seeds.
	//
	// A seed is checked like any content: it must be in the manifest where a manifest must be
	// signed, and a signed manifest in it must not be older than one that was live. It is never
	// copied into the last known good copy. Anyone who can write a seed decides what the service
	// starts with. Health and the log show that a seed is in use, and why one cannot be read. The
	// default is none.
	LastKnownGoodSeed string

	// Logger logs changes, rejections and outages. The default is slog.Default(). Use
	// slog.New(slog.DiscardHandler) for no log.
	Logger *slog.Logger
	// ReuseDisabled makes each version from the whole of all documents. By default nacre decodes,
	// merges, binds and validates what has changed, and takes the rest from the version before; the
	// result is the same. The default is false.
	ReuseDisabled bool
	// SelfCheckEvery is the number of versions of which one is made again without reuse, in the
	// background, and compared. The check also finds a service that has written into a value that
	// Get returned; with 1 it looks at each version. See observe.SelfCheckFailed. Off makes no
	// checks. The default is 1000.
	SelfCheckEvery int
	// Observers receive every event, in this order, after Logger. The default is none.
	Observers []observe.Observer

	// Binder configures how the merged tree is bound to the struct, for example with decode hooks.
	// The default is none.
	Binder []binder.Option
	// Validate configures the validation, for example with rules of the service. The default is
	// none.
	Validate []validate.Option
}

// check returns what is wrong with the options, all at once.
func (o Options) check() error {
	var errs []error
	wrong := func(name, what string) {
		errs = append(errs, &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: fmt.Errorf("Options.%s %s", name, what)})
	}
	negative := func(name string, value float64, canBeOff bool) {
		switch {
		case !canBeOff && value < 0:
			wrong(name, "is negative")
		case canBeOff && value < 0 && value != Off:
			wrong(name, "is negative, and not nacre.Off")
		}
	}
	negative("Window", float64(o.Window), true)
	negative("MaxWindow", float64(o.MaxWindow), false)
	negative("BootTimeout", float64(o.BootTimeout), false)
	negative("CloseTimeout", float64(o.CloseTimeout), false)
	negative("FreshWithin", float64(o.FreshWithin), true)
	negative("NotReadyWhenStale", float64(o.NotReadyWhenStale), true)
	negative("History", float64(o.History), false)
	negative("SelfCheckEvery", float64(o.SelfCheckEvery), true)
	negative("MaxKeyLoss", o.MaxKeyLoss, true)
	negative("MaxBadChanges", float64(o.MaxBadChanges), true)
	if o.MaxKeyLoss > 1 || math.IsNaN(o.MaxKeyLoss) {
		wrong("MaxKeyLoss", "is not a share from 0 to 1")
	}
	switch {
	case o.NotReadyWhenStale <= 0:
	case o.FreshWithin == Off:
		wrong("NotReadyWhenStale", "is set, but with FreshWithin off no layer is ever stale")
	case o.FreshWithin > o.NotReadyWhenStale:
		wrong("NotReadyWhenStale", fmt.Sprintf("(%v) is shorter than FreshWithin (%v)", o.NotReadyWhenStale, o.FreshWithin))
	}
	if n := len(o.LastKnownGoodKey); n != 0 && n != lastgood.KeySize {
		wrong("LastKnownGoodKey", fmt.Sprintf("has %d bytes, want %d", n, lastgood.KeySize))
	}
	return errors.Join(errs...)
}

func (o Options) withDefaults() Options {
	o.Window = orDefault(o.Window, 100*time.Millisecond)
	o.MaxWindow = orDefault(o.MaxWindow, max(time.Second, o.Window))
	o.BootTimeout = orDefault(o.BootTimeout, 10*time.Second)
	o.CloseTimeout = orDefault(o.CloseTimeout, 5*time.Second)
	o.NotReadyWhenStale = orDefault(o.NotReadyWhenStale, 0)
	o.FreshWithin = orDefault(o.FreshWithin, freshWithin(o.NotReadyWhenStale))
	o.History = orDefault(o.History, 20)
	o.SelfCheckEvery = orDefault(o.SelfCheckEvery, 1000)
	o.MaxKeyLoss = orDefault(o.MaxKeyLoss, 0.5)
	o.MaxBadChanges = orDefault(o.MaxBadChanges, 10)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// freshWithin is the default of FreshWithin.
func freshWithin(notReadyWhenStale time.Duration) time.Duration {
	if d := 2 * time.Minute; notReadyWhenStale <= 0 || notReadyWhenStale > d {
		return d
	}
	return notReadyWhenStale
}

// orDefault returns byDefault for 0, and 0 for Off.
func orDefault[N int | float64 | time.Duration](value, byDefault N) N {
	switch value {
	case 0:
		return byDefault
	case Off:
		return 0
	}
	return value
}
