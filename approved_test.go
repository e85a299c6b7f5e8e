package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
)

// A change that was let through, and that a probe takes back, is held; it is not made live again at
// once, to be taken back again.
func TestAnApprovedChangeThatIsTakenBackIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[lossConfig](t, quiet, block("rest", 20)+"pool: 1")
		check := nacre.AutoRollback(cfg, func(_ context.Context, c *lossConfig) error {
			if c.Pool == 7 {
				return errors.New("no connections")
			}
			return nil
		}, nacre.RollbackWindow(5*time.Second), nacre.RollbackCheckInterval(time.Second), nacre.RollbackCheckTimeout(time.Second))
		defer check.Stop()
		m.Set([]byte("pool: 7"))
		settle()
		for _, version := range []int64{2, 4} {
			if got, err := approve(cfg, 0); err != nil || got != version || cfg.Get().Pool != 7 {
				t.Errorf("Release: version %d, %v, pool %d; want version %d", got, err, cfg.Get().Pool, version)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			held := strings.Join(cfg.Health().Layers[0].Held, "; ")
			if v := cfg.Snapshot().Version; v != version+1 || cfg.Get().Pool != 1 || !strings.Contains(held, "was rolled back: ") {
				t.Errorf("version %d is live, with pool %d, held for %q; want version %d, the one before", v, cfg.Get().Pool, held, version+1)
			}
		}
	})
}
