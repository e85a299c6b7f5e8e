package nacre

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Change is the argument of a subscriber.
type Change[V any] struct {
	// Old is the value that this subscriber saw last, New the value that is live.
	Old, New V
	// Version is the version that New is from. It rises from call to call, and may skip versions.
	Version int64
	// Causes are the contents that made the versions since the one that the subscriber saw last, at
	// most 32.
	Causes []observe.Cause
}

// Subscribe calls fn whenever the value that selectFrom returns differs between the version that
// the subscriber saw last and the live one. Values are compared by the method Equal(V) bool of
// their type if there is one, and by reflect.DeepEqual otherwise; see [EqualBy]. Changes of other
// fields do not call fn.
//
// Each subscriber has a goroutine of its own. Its calls follow one another, in the order of
// versions. A slow subscriber skips versions, but never the last one. An error or a panic of fn is
// counted, reported and shown in Health; it does not affect the config, other subscribers or later
// calls. The context of fn is canceled when the subscription is stopped or the config is closed.
// fn may use the config and subscribe to it, but must not call Close, which waits for fn.
//
// selectFrom must depend on nothing but its argument. It is also called in a goroutine that
// subscribers share, never at the same time as fn of the same subscriber, and, to find out what it
// reads, by [Config.ExplainAll] at any time.
//
// A new subscriber counts as having seen the version that is live when Subscribe is called. To miss
// no change, call Subscribe before Get, or use [InitialCall]: then Subscribe calls fn once with the
// live version before it returns, and returns the error of that call.
//
// If Subscribe returns an error, there is no subscription. Apart from errors of the initial call,
// the error is of kind InvalidArgument if the config is not open, a function is nil or [EqualBy]
// has one for another type, and of kind Closed if the config or section is closed.
func Subscribe[T, V any](cfg *Config[T], selectFrom func(*T) V, fn func(context.Context, Change[V]) error, options ...SubscribeOption) (*Subscription, error) {
	if !cfg.isOpen() {
		return nil, notOpen("subscribe")
	}
	o := subscribeOptions{}
	for _, option := range options {
		option.applySubscribe(&o)
	}
	if o.name == "" {
		o.name = caller()
	}
	same, err := equality[V](o.equal)
	if err != nil {
		return nil, err
	}
	if selectFrom == nil || fn == nil {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "subscribe", Document: o.name, Err: errors.New("function is nil")}
	}
	sub := cfg.engine.SubscribeWithin(o.deadline, o.name, o.initial, func(seen *pipeline.State) (engine.Handler, engine.Changed) {
		p := &selected[T, V]{cfg: cfg, from: selectFrom, same: same, call: fn, seen: seen, initial: o.initial}
		if o.equal == nil {
			p.identical = identity[V]()
		}
		if p.identical == nil {
			return p.handle, nil
		}
		return p.handle, p.changed
	})
	sub.SetReads(func(live *pipeline.State) []string { return readKeys(cfg, live, selectFrom, same) })
	cfg.section.own(sub)
	if o.initial {
		if err := sub.Initial(); err != nil {
			return nil, err
		}
	}
	if cfg.section.isClosed() || cfg.engine.Closed() {
		sub.Stop()
		return nil, &source.Error{Kind: source.Closed, Op: "subscribe", Document: o.name, Err: errors.New("config is closed")}
	}
	return &Subscription{s: sub}, nil
}

// selected is the part of the config that a subscriber selects. Calls of its methods follow one
// another.
type selected[T, V any] struct {
	cfg  *Config[T]
	from func(*T) V
	same func(a, b *V) bool
	call func(context.Context, Change[V]) error

	seen    *pipeline.State // that old is to be selected from; nil when it was
	initial bool            // the first call is still to come
	old     V               // the part that the subscriber saw last

	// identical is true only for values that are the same; nil if only same can say it.
	identical func(a, b *V) bool
	// next is the part in a version, if that is not 0. It is selected once, for both methods.
	next    V
	version int64
}

// selectNext selects the part in a state, and what the subscriber saw last unless it did so before.
// Subscribe does not do that itself, so that a panic of the function is counted.
func (p *selected[T, V]) selectNext(s *pipeline.State) {
	if p.seen != nil && !p.initial {
		p.old = p.from(p.cfg.value(p.seen))
	}
	p.seen = nil
	if p.version != s.Version {
		p.next = p.from(p.cfg.value(s))
		p.version = s.Version
	}
}

// forget forgets the selected part.
func (p *selected[T, V]) forget() {
	var none V
	p.next, p.version = none, 0
}

// changed implements engine.Changed.
func (p *selected[T, V]) changed(s *pipeline.State) bool {
	if p.initial {
		return true
	}
	p.selectNext(s)
	if !p.identical(&p.old, &p.next) {
		return true
	}
	p.forget()
	return false
}

// handle implements engine.Handler.
func (p *selected[T, V]) handle(ctx context.Context, s *pipeline.State, causes []observe.Cause) (bool, error) {
	p.selectNext(s)
	if errors.Is(ctx.Err(), context.Canceled) { // stopped meanwhile, not merely slow
		return false, nil
	}
	if !p.initial && p.same(&p.old, &p.next) {
		p.forget()
		return false, nil
	}
	ch := Change[V]{Old: p.old, New: p.next, Version: s.Version, Causes: causes}
	p.initial, p.old = false, p.next
	p.forget()
	return true, p.call(ctx, ch)
}

// SubscribeVersions calls fn for every new version, whatever changed: for a cache of the whole
// value, or to pass the config on to another library. It is like [Subscribe] with the whole value
// selected, except that a version with an equal value counts too; [EqualBy] has no effect. A slow
// subscriber skips versions, but never the last one.
func SubscribeVersions[T any](cfg *Config[T], fn func(context.Context, Change[*T]) error, options ...SubscribeOption) (*Subscription, error) {
	all := slices.Concat([]SubscribeOption{WithName(caller())}, options, []SubscribeOption{EqualBy(func(_, _ *T) bool { return false })})
	return Subscribe(cfg, func(c *T) *T { return c }, fn, all...)
}

// Subscription is a function that a config calls until the subscription is stopped: a subscriber of
// [Subscribe] or a check of [AutoRollback]. Its methods are safe for concurrent use.
type Subscription struct{ s engine.Subscription }

// Stop ends the subscription. The context of a running call is canceled, and no further call
// starts. Stop does not wait, so that a function may stop its own subscription; see
// [Subscription.Done]. It may be called more than once.
func (s *Subscription) Stop() {
	if s != nil && s.s != nil {
		s.s.Stop()
	}
}

// Done returns a channel that is closed when the subscription has been stopped, or the config
// closed, and the last call has returned.
func (s *Subscription) Done() <-chan struct{} {
	if s == nil || s.s == nil {
		return closedChannel()
	}
	return s.s.Done()
}

// SubscribeOption is an option of [Subscribe].
type SubscribeOption interface{ applySubscribe(*subscribeOptions) }

type subscribeOptions struct {
	name     string
	equal    any // of EqualBy
	initial  bool
	deadline time.Duration
}

type subscribeOption func(*subscribeOptions)

func (f subscribeOption) applySubscribe(o *subscribeOptions) { f(o) }

// NameOption is an option of [Subscribe], [Derive], [AutoRollback] and [Layer]; see [WithName].
type NameOption struct{ name string }

func (n NameOption) applySubscribe(o *subscribeOptions) { o.name = n.name }
func (n NameOption) applyDerive(o *deriveOptions)       { o.name = n.name }
func (n NameOption) applyRollback(o *rollbackOptions)   { o.name = n.name }
func (n NameOption) apply(l *engine.Layer)              { l.Name = n.name }

// WithName sets the name of a subscriber, a resource, a check or a layer in events, Health and
// logs. The default of the first three is the file and line of the call.
//
// A layer has the name of its document by default: "orders.yaml" for a file or a Nacos config,
// "env(ORDERS_)" for an environment. A Nacos config of another group than that of its client is
// "PAYMENTS/orders.yaml". Names are unique: of layers with the same default name, the last one has
// it, and the others add as much of their folder, group or namespace as they need, or a number. So
// a layer that is put in front of others changes none of their names. A name that is given must be
// unique, printable and at most 128 bytes long; otherwise Open fails. [Config.Approve], errors and
// metrics use the name of a layer.
func WithName(name string) NameOption { return NameOption{name} }

// InitialCall calls the subscriber once with the live version before [Subscribe] returns; Old is
// the zero value. So whatever the function sets, such as a log level or a limit, is set before the
// service serves. A change that becomes live meanwhile calls the function afterwards. The default
// is that only changes call it.
//
// If the call returns an error or panics, Subscribe returns that error and there is no
// subscription. The context of the call ends after 10 s, or earlier by [SlowAfter]. If the function
// has not returned within 10 s, or within SlowAfter if that is longer, Subscribe returns an error
// of kind Timeout: there is no subscription, no further call starts, and Close waits for the call
// that still runs.
func InitialCall() SubscribeOption {
	return subscribeOption(func(o *subscribeOptions) { o.initial = true })
}

// SlowAfter sets how long a call of the subscriber should take. After that time its context is
// canceled, and the call is counted and reported as slow. It is not interrupted, and the next call
// waits for it. By default there is no limit, except for an [InitialCall].
func SlowAfter(d time.Duration) SubscribeOption {
	return subscribeOption(func(o *subscribeOptions) { o.deadline = d })
}

// caller returns the place from which the exported function was called.
func caller() string {
	_, file, line, ok := runtime.Caller(2)
	if !ok {
		return "subscriber"
	}
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}
