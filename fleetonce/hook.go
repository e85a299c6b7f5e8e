package fleetonce

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	rand2 "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Run is the argument of the function of a hook.
type Run[T any] struct {
	// Config is the version that the hook runs for. It must not be modified.
	Config *T
	// Version identifies the part of the config. It is equal in all instances.
	Version string
	// Token is higher than that of every run before, in any instance.
	Token int64
	// Attempt counts the runs for this version, from 1.
	Attempt int
}

// Do runs a function in one instance of the fleet for each version of a part of the config. See the
// package comment for what it promises. hook is the name of the hook, which all instances give it,
// and store its record.
//
// The function must return soon after its context has ended: at the end of the term, when another
// instance has taken over, and on Close; context.Cause says which. If the function returns an error
// or panics, an instance of the fleet tries again, up to [Options].Attempts times. A newer version
// does not cancel a run; of several, the newest runs next. In an instance, the function is not
// called again before it has returned.
//
// Do does not wait for the store. It fails only for arguments that are wrong, with kind
// InvalidArgument, and if the config is closed. Close the hook when you no longer need it; closing
// the config ends it too.
func Do[T any](cfg *nacre.Config[T], store Store, hook string, do func(context.Context, Run[T]) error, options Options) (*Hook, error) {
	if err := checkName(hook); err != nil {
		return nil, err
	}
	if store == nil || do == nil {
		return nil, failed("start", hook, source.InvalidArgument, errors.New("store or function is nil"), "")
	}
	options, err := options.withDefaults(hook)
	if err != nil {
		return nil, err
	}
	p, err := newPart(cfg, hook, options.Keys)
	if err != nil {
		return nil, err
	}
	d := &driver{
		Hook: newHook(hook), name: hook, store: store, options: options, redact: p.engine.Redact,
		changed: make(chan struct{}, 1), ended: make(chan result, 1), began: time.Now(),
	}
	d.read = func() (any, once.Version) { return p.read() }
	d.run = func(ctx context.Context, value any, claim once.Record) error {
		v, _ := value.(*T)
		return do(ctx, Run[T]{Config: v, Version: claim.Sum, Token: claim.Token, Attempt: claim.Attempt})
	}
	subscription, err := nacre.SubscribeVersions(cfg, func(context.Context, nacre.Change[*T]) error {
		d.signal()
		return nil
	}, nacre.WithName("fleetonce "+hook))
	if err != nil {
		return nil, err
	}
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // never returns an error
	d.machine = once.NewMachine(once.Settings{
		Hook: hook, Holder: options.Holder, Term: options.Term, Attempts: options.Attempts,
		Backoff: options.Backoff, MaxBackoff: max(options.Backoff, maxBackoff),
		Fresh: p.fresh, Nonce: rand.Text,
		Rand: rand2.New(rand2.NewPCG(binary.BigEndian.Uint64(seed[:8]), binary.BigEndian.Uint64(seed[8:]))),
	})
	d.hide = p.engine.AddHook(func() observe.HookHealth { return d.health(store.Name()) })
	go d.drive(subscription)
	return d.Hook, nil
}

// Hook is a hook in one instance. Its methods are safe for concurrent use.
type Hook struct {
	closing context.Context // ends with Close
	close   context.CancelFunc
	done    chan struct{} // closed when the hook has ended
	late    atomic.Bool   // it has ended before it had released its claim

	mu      sync.Mutex
	status  Status
	changed chan struct{} // closed when status changes
}

func newHook(name string) *Hook {
	h := &Hook{done: make(chan struct{}), changed: make(chan struct{}), status: Status{Hook: name, State: Starting}}
	h.closing, h.close = context.WithCancel(context.Background())
	return h
}

// closeTimeout is how long Close waits for a run and for the store.
const closeTimeout = 5 * time.Second

// Close ends the hook in this instance. It cancels the run, if there is one, waits until the
// function has returned, and releases the claim, so that another instance runs the version at once.
// That attempt does not count. Close waits for 5 s at most, and then returns an error of kind
// Timeout; the claim then ends with its term. Close may be called more than once, but not from the
// function.
func (h *Hook) Close() error {
	h.close()
	timeout := time.NewTimer(closeTimeout)
	defer timeout.Stop()
	select {
	case <-h.done:
	case <-timeout.C:
		h.late.Store(true)
	}
	if h.late.Load() {
		return failed("close", "", source.Timeout, errors.New("function has not returned, or the store does not answer"), "return from the function when its context ends")
	}
	return nil
}

// errClosed is the cause of the end of a context on Close.
var errClosed = &source.Error{Kind: source.Closed, Op: "run", Err: errors.New("hook or config is closed")}

// result is that of a run.
type result struct{ err error }

// call calls the function. It recovers a panic.
func (d *driver) call(ctx context.Context, value any, claim once.Record) error {
	return rescue.Do(func() error { return d.run(ctx, value, claim) })
}
