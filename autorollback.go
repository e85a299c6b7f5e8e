package nacre

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
)

// AutoRollback reverts a change that makes the service unhealthy. It calls check for some time
// after each change; if check fails, the version before the change becomes live again.
//
//	nacre.AutoRollback(cfg, func(ctx context.Context, c *Config) error { return selfTest(ctx) })
//
// AutoRollback calls check one second after a change becomes live, and then every second for half
// a minute ([RollbackCheckInterval], [RollbackWindow]), in a goroutine of its own. An error, a
// panic, or no answer within 5 s ([RollbackCheckTimeout]) rolls the change back: the last version
// that passed becomes live again under a new number, with the resources that were built for it,
// which stay open until then. The contents of the bad version are held from then on, however often
// they are published, until Config.Approve is called or the service restarts. The rollback is an
// event, and is shown in History and Health. A change that arrives while another one is being
// checked is applied and checked in its turn; if it fails too, both are rolled back.
//
// The version that Open starts with, and the versions that Pin and Rollback bring back, are not
// checked. Several checks can run side by side. The subscription that AutoRollback returns stops
// its check; a version whose checks have all been stopped counts as good.
func AutoRollback[T any](cfg *Config[T], check func(ctx context.Context, c *T) error, options ...RollbackOption) *Subscription {
	if !cfg.isOpen() {
		return &Subscription{s: stopped{}}
	}
	o := rollbackOptions{window: 30 * time.Second, interval: time.Second, timeout: 5 * time.Second}
	for _, option := range options {
		option.applyRollback(&o)
	}
	if o.name == "" {
		o.name = caller()
	}
	sub := cfg.engine.AddAutoRollback(engine.AutoRollback{
		Name:    o.name,
		Check:   func(ctx context.Context, live *pipeline.State) error { return check(ctx, cfg.value(live)) },
		For:     max(o.window, time.Millisecond),
		Every:   max(o.interval, time.Millisecond),
		Timeout: max(o.timeout, time.Millisecond),
	})
	cfg.section.own(sub)
	return &Subscription{s: sub}
}

// RollbackOption is an option of [AutoRollback].
type RollbackOption interface{ applyRollback(*rollbackOptions) }

type rollbackOptions struct {
	name                      string
	window, interval, timeout time.Duration
}

type rollbackOption func(*rollbackOptions)

func (f rollbackOption) applyRollback(o *rollbackOptions) { f(o) }

// RollbackWindow sets for how long after a change the check is called. The default is 30 s.
func RollbackWindow(d time.Duration) RollbackOption {
	return rollbackOption(func(o *rollbackOptions) { o.window = d })
}

// RollbackCheckInterval sets the time between two calls of the check, and before the first one.
// The default is 1 s.
func RollbackCheckInterval(d time.Duration) RollbackOption {
	return rollbackOption(func(o *rollbackOptions) { o.interval = d })
}

// RollbackCheckTimeout sets how long one call of the check may take. The default is 5 s.
func RollbackCheckTimeout(d time.Duration) RollbackOption {
	return rollbackOption(func(o *rollbackOptions) { o.timeout = d })
}
