package nacretest_test

import (
	"context"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/nacretest"
)

type limits struct {
	PerSecond int           `config:"per_second" default:"100" validate:"gte=1"`
	Timeout   time.Duration `config:"timeout"`
	Token     nacre.Secret  `config:"token"`
}

// limiter is the service under test.
type limiter struct{ perSecond int }

func newLimiter(cfg *nacre.Config[limits]) (*limiter, error) {
	l := &limiter{}
	_, err := nacre.Subscribe(cfg, func(c *limits) int { return c.PerSecond }, func(_ context.Context, ch nacre.Change[int]) error {
		l.perSecond = ch.New
		return nil
	}, nacre.InitialCall())
	return l, err
}

// A whole test of a service, as docs/testing.md shows it.
func TestLimiterFollowsTheConfig(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, limits{PerSecond: 10, Token: nacre.NewSecret("test")})
	limiter, err := newLimiter(cfg)
	if err != nil || limiter.perSecond != 10 {
		t.Fatalf("the limiter allows %d per second, want 10: %v", limiter.perSecond, err)
	}
	if err := nacretest.Update(cfg, func(c *limits) { c.PerSecond = 20 }); err != nil || limiter.perSecond != 20 {
		t.Errorf("the limiter allows %d per second, want 20: %v", limiter.perSecond, err)
	}
	if err := nacretest.Set(cfg, limits{}); err == nil {
		t.Error("a limit of 0 is accepted")
	}
}
