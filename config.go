package nacre

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Config is the handle of a live configuration. Safe for concurrent use. Make one with [Open]; the zero Config is of no use.
type Config[T any] struct {
	live    *atomic.Pointer[version[T]] // nil for a section
	look    func() *T                   // Get of a section
	engine  *engine.Engine
	part    int       // of the engine's values
	at      tree.Path // where it stands
	options *Options
	section *section // nil for the config that was opened
}

// value is what this config sees of a version; nil of one from before its section was there.
func (c *Config[T]) value(s *engine.State) *T {
	if c.section != nil {
		if last, ok := c.section.last.Load().(*T); ok {
			return last // it was closed
		}
	}
	switch v := s.Value(c.part).(type) {
	case *version[T]:
		return &v.Value
	case *T:
		return v
	}
	return nil
}

// Format writes the version and no more, for every verb: a config that finds its way into a log line tells no value.
func (c Config[T]) Format(f fmt.State, _ rune) {
	if c.engine == nil {
		_, _ = io.WriteString(f, "nacre.Config(not open)")
		return
	}
	fmt.Fprintf(f, "nacre.Config(version %d)", c.engine.Live().Version)
}

// Get returns the live version of the configuration: one atomic load. All fields are of one version. It stays valid, unchanged,
// for as long as it is held; it must not be modified. A request should call Get once. After Close it returns what was live last.
func (c *Config[T]) Get() *T {
	if c.live == nil {
		return c.look() // by a field: with a call of a method this one would be too large to be inlined
	}
	return &c.live.Load().Value
}

// Snapshot is one version with what is known of it.
type Snapshot[T any] struct {
	// Value must not be modified.
	Value *T
	// Version counts from 1 in each process and only rises.
	Version int64
	// Sum is a digest of the canonical merged tree without the values of secrets; it is equal wherever the same program runs the
	// same configuration. See docs/secrets.md.
	Sum string
	// KeyedSum also tells secrets apart. It is equal where Options.LastKnownGoodKey is too, and empty without one.
	KeyedSum string
	// At is when it was made.
	At time.Time
	// Causes are the contents that made it.
	Causes []Cause
}

// Snapshot returns the live version with its number: for a log line that says under which configuration a request ran.
func (c *Config[T]) Snapshot() Snapshot[T] {
	s := c.engine.Live()
	return Snapshot[T]{Value: c.value(s), Version: s.Version, Sum: s.Sum(), KeyedSum: c.engine.KeyedSum(s), At: s.At, Causes: s.Causes}
}

// Health returns the state of layers, subscribers and the last known good copy. Its Ready method is for a readiness probe. It costs
// microseconds, not nanoseconds.
func (c *Config[T]) Health() Health { return c.engine.Health() }

// Explain tells where the value of a key, in a section one of it, comes from: "db.pool", "hosts[2].port", `labels."app.io/name"`. Secrets are not shown.
// The error is of kind InvalidArgument for a text that is no key.
func (c *Config[T]) Explain(key string) (Explanation, error) {
	p, ok := tree.ParsePath(key)
	if !ok {
		return Explanation{}, &source.Error{Kind: source.InvalidArgument, Op: "explain", Err: fmt.Errorf("not a key: %q", key),
			Fix: `write it as db.pool, hosts[2].port or labels."app.io/name"`}
	}
	return c.engine.Explain(slices.Concat(c.at, p)), nil
}

// ExplainAll explains every key at once, and lists those that nothing reads and those that are said in vain. It costs about a microsecond a
// key. Secrets are not shown. That of a section has the section's keys, as the whole calls them.
func (c *Config[T]) ExplainAll() Report { return c.engine.ExplainAll(c.at) }

// History returns what has become of the last changes, oldest first; how many, Options.History says.
func (c *Config[T]) History() []Entry { return c.engine.History() }

// Pin makes a version of the history live again, under a new version number, and holds all further changes, those that wait in an
// open window included, until Unpin or the end of the process. Version 0 pins the live one as it is. It returns the version that is
// live. The error is of kind NotFound for a version that the history does not have, Closed after Close. If ctx ends, a Pin that has
// begun goes on.
func (c *Config[T]) Pin(ctx context.Context, version int64) (int64, error) {
	return c.engine.Pin(ctx, version)
}

// Rollback makes the version before the live one live again, under a new version number, and pins it. It returns that number.
// A second Rollback undoes the first; Pin goes further back.
func (c *Config[T]) Rollback(ctx context.Context) (int64, error) { return c.engine.Rollback(ctx) }

// Unpin ends a Pin or Rollback; the newest content of the layers is applied before it returns, if it is good.
func (c *Config[T]) Unpin(ctx context.Context) error { return c.engine.Unpin(ctx) }

// Approve lets the newest content of a layer through that is held (Health says which and why),
// because it loses too much, was taken back before, comes after too many bad ones, or is a signed
// manifest that is older than one that was live, or expired; it is applied before Release returns,
// if it is good. It returns the version that is live. The error is of kind NotFound where there is
// no layer of that name, Closed after Close.
func (c *Config[T]) Approve(ctx context.Context, layer string) (int64, error) {
	return c.engine.Approve(ctx, layer)
}

// Close ends the config: it stops watching, ends the subscribers and waits for them, closes the sources, and saves the last good
// copy. It waits at most Options.CloseTimeout, and then returns an error of kind Timeout that names what still runs. It may be
// called more than once. What Get returns stays valid, and no new version comes. A subscriber that calls it makes it wait in vain for
// that very subscriber: let another goroutine call it. That of a section ends the section alone: see [Section].
func (c *Config[T]) Close() error {
	if c.section != nil {
		return c.section.close(c.engine, c.part, c.options.CloseTimeout)
	}
	return c.engine.Close()
}
