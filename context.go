package nacre

import (
	"context"

	"github.com/nacre-go/nacre/internal/engine"
)

// NewContext returns a context that holds the live version, for a request or a job that must not
// see two versions. [Config.FromContext] returns that version, however often the config changes
// meanwhile, and [Resource.From] returns the resources of that version, which stay open until ctx
// ends or their grace period is over. So ctx must end, as the context of a request does. A context
// that holds a version of this config already is returned as it is.
//
//	func handler(w http.ResponseWriter, r *http.Request) {
//		ctx := cfg.NewContext(r.Context())
//		c := cfg.FromContext(ctx)
func (c *Config[T]) NewContext(ctx context.Context) context.Context {
	if !c.isOpen() || c.snapshotIn(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, engine.ContextKey{Engine: c.engine}, c.engine.Hold(ctx))
}

// FromContext returns the version that [Config.NewContext] stored in ctx, or the live version if
// there is none, or if it is from before the section was attached.
func (c *Config[T]) FromContext(ctx context.Context) *T {
	if !c.isOpen() {
		return nil
	}
	if s := c.snapshotIn(ctx); s != nil {
		if v := c.value(s.State); v != nil {
			return v
		}
	}
	return c.Get()
}

func (c *Config[T]) snapshotIn(ctx context.Context) *engine.Held {
	s, _ := ctx.Value(engine.ContextKey{Engine: c.engine}).(*engine.Held)
	return s
}
