package nacre

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
)

// AutoRollback has check called after each change, for some time; if it fails, the version before comes back.
//
//	nacre.AutoRollback(cfg, func(ctx context.Context, c *Config) error { return selfTest(ctx) })
//
// Check is called a second after a change has become live, and then every second for half a minute ([RollbackCheckInterval], [RollbackWindow]), in a
// goroutine of its own. An error, a panic, or no answer within 5 s ([RollbackCheckTimeout]) takes the change back: the last version that
// passed becomes live again under a new number, with the resources that were built for it, which were kept open. What made the bad version
// is held from then on, however often it is published, until Release or a restart; it is told as observe.Reverted, and stands in History
// and Health. A change that comes while one is watched is applied and watched in its turn; if it fails too, one goes back behind both.
//
// A config that was just opened, and what Pin and Rollback bring back, are not watched. Several probes run side by side. The function that
// is returned removes the probe.
func AutoRollback[T any](cfg *Config[T], check func(ctx context.Context, c *T) error, options ...RollbackOption) (remove func()) {
	o := probeOptions{watched: 30 * time.Second, every: time.Second, timeout: 5 * time.Second}
	for _, option := range options {
		option.applyProbe(&o)
	}
	if o.name == "" {
		o.name = caller()
	}
	remove = cfg.engine.AddAutoRollback(engine.AutoRollback{
		Name:    o.name,
		Check:   func(ctx context.Context, live *engine.State) error { return check(ctx, cfg.value(live)) },
		For:     max(o.watched, time.Millisecond),
		Every:   max(o.every, time.Millisecond),
		Timeout: max(o.timeout, time.Millisecond),
	})
	cfg.section.atEnd(remove)
	return remove
}

// RollbackOption is an option of [AutoRollback].
type RollbackOption interface{ applyProbe(*probeOptions) }

type probeOptions struct {
	name                    string
	watched, every, timeout time.Duration
}

type probeOption func(*probeOptions)

func (f probeOption) applyProbe(o *probeOptions) { f(o) }

func (n NameOption) applyProbe(o *probeOptions) { o.name = string(n) }

// RollbackWindow is how long after a change the probe is called. Default 30 s.
func RollbackWindow(d time.Duration) RollbackOption {
	return probeOption(func(o *probeOptions) { o.watched = d })
}

// RollbackCheckInterval is the time between two calls, and before the first one. Default 1 s.
func RollbackCheckInterval(d time.Duration) RollbackOption {
	return probeOption(func(o *probeOptions) { o.every = d })
}

// RollbackCheckTimeout is how long a call may take. Default 5 s.
func RollbackCheckTimeout(d time.Duration) RollbackOption {
	return probeOption(func(o *probeOptions) { o.timeout = d })
}
