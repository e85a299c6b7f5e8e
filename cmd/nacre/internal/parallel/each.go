package parallel

import (
	"context"
	"sync"
)

// Each calls f for 0 to n-1, at most workers at once, and returns the error with the lowest index.
// After an error, and when ctx has ended, it begins no further call, and returns when those that
// run have ended. The error is that of ctx if not all were begun.
func Each(ctx context.Context, workers, n int, f func(ctx context.Context, i int) error) error {
	var mu sync.Mutex
	next, failedAt := 0, n
	var first error
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= n || first != nil || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for {
				i, ok := take()
				if !ok {
					return
				}
				if err := f(ctx, i); err != nil {
					mu.Lock()
					if i < failedAt {
						failedAt, first = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if first == nil && next < n {
		return ctx.Err()
	}
	return first
}
