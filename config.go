package nacre

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Config is the handle of a live configuration. Its methods are safe for concurrent use. Make one
// with [Open]. Apart from Get, the methods of a nil Config and of the zero Config do not panic:
// they return an error of kind InvalidArgument, nil, or a zero value, and Health is not ready.
type Config[T any] struct {
	live    *atomic.Pointer[version[T]] // nil for a section
	look    func() *T                   // Get of a section
	engine  *engine.Engine
	index   int       // of the engine's values
	at      tree.Path // of its value in the whole
	options *Options
	section *section // nil for the config that was opened
}

// value returns this config's value in a version; nil if the version is from before its section was
// attached.
func (c *Config[T]) value(s *pipeline.State) *T {
	if c.section != nil {
		if last, ok := c.section.last.Load().(*version[T]); ok {
			return &last.Value // it was closed
		}
	}
	if v, ok := s.Value(c.index).(*version[T]); ok {
		return &v.Value
	}
	return nil
}

// Format implements fmt.Formatter. It writes the version and nothing else for every verb, so that a
// config in a log line shows no value.
func (c Config[T]) Format(f fmt.State, _ rune) {
	if c.engine == nil {
		_, _ = io.WriteString(f, "nacre.Config(not open)")
		return
	}
	fmt.Fprintf(f, "nacre.Config(version %d)", c.engine.Live().Version)
}

// Get returns the live version of the configuration. It costs one atomic load. All fields are of
// one version. The value stays valid and unchanged for as long as you hold it, and must not be
// modified. Call Get once for each request. After Close, Get returns the last live version.
//
// Get is the one method that does not check whether the config is open: it panics on a nil Config
// and on the zero Config.
func (c *Config[T]) Get() *T {
	if c.live == nil {
		return c.look() // by a field: with a call of a method this one would be too large to be inlined
	}
	return &c.live.Load().Value
}

// Snapshot is one version of the configuration and its metadata.
type Snapshot[T any] struct {
	// Value must not be modified.
	Value *T
	// Version counts from 1 in each process and only rises.
	Version int64
	// Sum is a digest of the merged configuration without the values of secrets. It is equal for
	// all instances of a program that run the same configuration. See docs/secrets.md.
	Sum string
	// KeyedSum is a digest that includes secrets. It is equal for instances that have the same
	// Options.LastKnownGoodKey, and empty without a key.
	KeyedSum string
	// At is the time at which the version became live.
	At time.Time
	// Causes are the contents that made the version.
	Causes []observe.Cause
}

// Snapshot returns the live version with its metadata, for example for a log line that records
// which configuration a request used.
func (c *Config[T]) Snapshot() Snapshot[T] {
	if !c.isOpen() {
		return Snapshot[T]{}
	}
	s := c.engine.Live()
	return Snapshot[T]{Value: c.value(s), Version: s.Version, Sum: s.Sum(), KeyedSum: c.engine.KeyedSum(s), At: s.At, Causes: s.Causes}
}

// Health returns the state of the layers, the subscribers, the resources and the last known good
// copy. It takes microseconds.
func (c *Config[T]) Health() observe.Health {
	if !c.isOpen() {
		return neverOpened()
	}
	return c.engine.Health()
}

// Explain returns the origin of the value of a key, such as "db.pool", "hosts[2].port" or
// `labels."app.io/name"`. The keys of a section begin at the section. Secrets are not shown. The
// error is of kind InvalidArgument if the text is not a key.
func (c *Config[T]) Explain(key string) (observe.Explanation, error) {
	if !c.isOpen() {
		return observe.Explanation{}, notOpen("explain")
	}
	p, ok := tree.ParsePath(key)
	if !ok {
		return observe.Explanation{}, &source.Error{Kind: source.InvalidArgument, Op: "explain", Err: fmt.Errorf("not a key: %q", key),
			Fix: `write it as db.pool, hosts[2].port or labels."app.io/name"`}
	}
	return c.engine.Explain(slices.Concat(c.at, p)), nil
}

// ExplainAll explains every key, and lists the keys that nothing reads, those that have no effect,
// and what the program uses the keys for. Secrets are not shown. In a section it explains the keys
// of the section, by their names in the whole configuration. It takes about a microsecond for each
// key, and calls the function that selects the part of each subscriber and resource once for each
// field.
func (c *Config[T]) ExplainAll() observe.Report {
	if !c.isOpen() {
		return observe.Report{}
	}
	return c.engine.ExplainAll(c.at)
}

// History returns the last changes, applied and rejected, oldest first. Options.History is how
// many. It is written right after a version has become live, so it may lack for a moment a version
// that Get or Wait returns already.
func (c *Config[T]) History() []observe.HistoryEntry {
	if !c.isOpen() {
		return nil
	}
	return c.engine.History()
}

// Pin makes a version of the history live again, under a new version number, and holds all further
// changes until Unpin or the end of the process. Version 0 pins the live version. Pin returns the
// number of the live version. The error is of kind NotFound if the history does not have the
// version, and of kind Closed after Close. If ctx ends while Pin waits for its turn, nothing
// changes; once it has begun, it runs to completion. While the config is pinned, Health shows each
// layer with newer content as held.
//
// Pin, Rollback, Unpin, Approve and Refresh take an optional [observe.By] that names the operator
// and the reason, which are recorded in History and events, and the version that the operator saw.
func (c *Config[T]) Pin(ctx context.Context, version int64, by ...observe.By) (int64, error) {
	if !c.isOpen() {
		return 0, notOpen("pin")
	}
	return c.engine.Pin(ctx, version, operator(by))
}

// operator returns the last of the operators that a call names.
func operator(by []observe.By) (last observe.By) {
	for _, last = range by {
	}
	return last
}

// Rollback makes the version before the live one live again, under a new version number, and pins
// it. It returns that number. A second Rollback undoes the first; use Pin to go further back. The
// error is of kind NotFound if the live version is the first one, and of kind Conflict if an
// [AutoRollback] has reverted the version before; Pin can make it live nevertheless.
func (c *Config[T]) Rollback(ctx context.Context, by ...observe.By) (int64, error) {
	if !c.isOpen() {
		return 0, notOpen("rollback")
	}
	return c.engine.Rollback(ctx, operator(by))
}

// Unpin ends a Pin or Rollback. Before it returns, it applies the newest contents of the layers, if
// they are good: also those that the Pin or Rollback left, so publish better ones first. The change
// guard compares newer contents with the version that was pinned, which is live; it does not hold
// contents that were live when the config was pinned.
func (c *Config[T]) Unpin(ctx context.Context, by ...observe.By) error {
	if !c.isOpen() {
		return notOpen("unpin")
	}
	return c.engine.Unpin(ctx, operator(by))
}

// Approve applies the newest content of a layer that is held. Health shows which layers are held,
// and why: the content removes too many keys, was rolled back before, follows too many bad changes,
// or is a signed manifest that is older than one that was live here or has expired. revision is
// that of the content that you looked at, as LayerHealth.Latest shows it:
//
//	for _, l := range cfg.Health().Layers {
//		if l.Name == "orders" && l.Held != nil {
//			version, err := cfg.Approve(ctx, l.Name, l.Latest)
//
// Before Approve returns, the content is applied. It returns the number of the live version. An
// error means that the approval has no effect. It is of kind Conflict if the layer has newer
// content, the content is not held, or the config is pinned; of kind NotFound if no layer has this
// name; of kind InvalidArgument if revision is empty; and of kind Closed after Close. If the
// content is not good, the error has its [Problems].
func (c *Config[T]) Approve(ctx context.Context, layer string, revision source.Revision, by ...observe.By) (int64, error) {
	if !c.isOpen() {
		return 0, notOpen("approve")
	}
	return c.engine.Approve(ctx, layer, revision, operator(by))
}

// Refresh looks for changes at once: it calls Next of each source again, resolves references again,
// and tries contents again that were rejected, for example because a resource could not be built.
// Without it, the config does so after a back-off or an interval. A source with a session of its
// own, such as Nacos, already has what its server pushed. A read that is under way begins again.
// What is held stays held.
//
// Refresh waits one second for answers and returns the number of the live version. Content that
// arrives later becomes a version as usual. The error is of kind Closed after Close.
func (c *Config[T]) Refresh(ctx context.Context, by ...observe.By) (int64, error) {
	if !c.isOpen() {
		return 0, notOpen("refresh")
	}
	return c.engine.Refresh(ctx, operator(by))
}

// Close closes the config. It stops watching the layers, ends the subscribers and waits for them,
// closes the resources and the sources, and saves the last known good copy. It waits at most
// Options.CloseTimeout, and then returns an error of kind Timeout that names what is still running.
// Close may be called more than once. Values that Get has returned stay valid. A subscriber must
// not call Close itself, since Close waits for it; let another goroutine call it. Close of a
// section ends the section only; see [Section].
func (c *Config[T]) Close() error {
	if !c.isOpen() {
		return notOpen("close")
	}
	if c.section != nil {
		return c.section.close(c.engine, c.index, c.options.CloseTimeout)
	}
	return c.engine.Close()
}
