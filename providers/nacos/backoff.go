package nacos

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff returns delays that are random below a limit that doubles, so that the clients of a
// server that comes back do not arrive together.
type backoff struct {
	shortest, longest time.Duration
	limit             time.Duration
}

func (b *backoff) next() time.Duration {
	if b.limit == 0 {
		b.limit = b.shortest
	}
	d := rand.N(b.limit + 1)
	b.limit = min(2*b.limit, b.longest)
	return d
}

func (b *backoff) reset() { b.limit = 0 }

// retryDelay returns the delay before the n-th retry of a read: at least half of the doubling
// limit, since an immediate read only slows the server down.
func (t timings) retryDelay(n int) time.Duration {
	limit := t.retryMax
	if n < 20 {
		limit = min(t.retryMin<<n, t.retryMax)
	}
	return limit/2 + rand.N(limit/2+1)
}

// sleep waits, and reports whether the time has passed without the end of ctx.
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
