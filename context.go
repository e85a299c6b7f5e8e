package nacre

import (
	"context"

	"github.com/nacre-go/nacre/internal/engine"
)

// NewContext returns a context with the version that is live now, for work that must not see two: a request, a job. [Config.FromContext]
// returns that version from it, however often the config changes meanwhile, and [Resource.From] the resources of that version, which
// stay open until ctx ends, or their grace time after they were replaced is over. So ctx must end, as that of a request does. A context
// that has a version of this config keeps it.
//
//	func handler(w http.ResponseWriter, r *http.Request) {
//		ctx := cfg.NewContext(r.Context())
//		c := cfg.FromContext(ctx)
func (c *Config[T]) NewContext(ctx context.Context) context.Context {
	if c.snapshotIn(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{c.engine}, c.engine.Hold(ctx))
}

// FromContext returns the version that [Config.NewContext] put into ctx, and the live one where it did not, or had to before the
// section was there.
func (c *Config[T]) FromContext(ctx context.Context) *T {
	if s := c.snapshotIn(ctx); s != nil {
		if v := c.value(s.State); v != nil {
			return v
		}
	}
	return c.Get()
}

func (c *Config[T]) snapshotIn(ctx context.Context) *engine.Held {
	s, _ := ctx.Value(contextKey{c.engine}).(*engine.Held)
	return s
}

// contextKey tells the versions of several configs apart in one context.
type contextKey struct{ engine *engine.Engine }
