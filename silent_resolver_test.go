package nacre_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
)

// A resolver that gives no answer has 5 s. A decision waits for it once, and not in each step that
// looks at the content.
func TestADecisionWaitsOnceForASilentResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		silent := func(ctx context.Context, _ string) (string, error) {
			asked.Add(1)
			<-ctx.Done()
			return "", ctx.Err()
		}
		low, high := memoryLayer("low.yaml", "level: x"), memoryLayer("high.yaml", "pool: 1")
		cfg := layered[subConfig](t, quiet, nacre.Layer(low, nacre.Resolve("vault", silent)), high)
		low.Set([]byte("level: '${vault:x}'"))
		time.Sleep(5500 * time.Millisecond) // it is refused at the end of the resolver's time
		synctest.Wait()
		if cfg.Health().Layers[0].Rejected == nil || asked.Load() != 1 {
			t.Errorf("asked %d times, rejected %q; want once when the content arrives", asked.Load(), cfg.Health().Layers[0].Rejected)
		}
		time.Sleep(20 * time.Second)
		asked.Store(0)
		high.Set([]byte("pool: 2"))
		began := time.Now()
		for cfg.Get().Pool != 2 {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(began); took > 11*time.Second || asked.Load() > 2 {
			t.Errorf("the change of another layer was live after %v, in which the resolver was asked %d times; want once a decision", took, asked.Load())
		}
	})
}
