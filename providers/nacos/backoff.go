package nacos

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff gives waiting times that are random between nothing and a limit that doubles: many
// clients of a server that comes back must not arrive together.
type backoff struct {
	least, most time.Duration
	limit       time.Duration
}

func (b *backoff) next() time.Duration {
	if b.limit == 0 {
		b.limit = b.least
	}
	d := rand.N(b.limit + 1)
	b.limit = min(2*b.limit, b.most)
	return d
}

func (b *backoff) reset() { b.limit = 0 }

// retryDelay is the waiting time before the n-th retry of a read: at least half of the doubling
// limit, since a read that comes back at once only slows the server down.
func (t timings) retryDelay(n int) time.Duration {
	limit := t.retryMax
	if n < 20 {
		limit = min(t.retryMin<<n, t.retryMax)
	}
	return limit/2 + rand.N(limit/2+1)
}

// sleep waits and reports whether the time has passed with ctx alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
