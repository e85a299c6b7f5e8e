package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Window = nacre.Off
		cfg, m := open[subConfig](t, o, "pool: 1")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if c, err := cfg.Wait(ended, func(c *subConfig) bool { return c.Pool == 1 }); err != nil || c != cfg.Get() {
			t.Errorf("the live version satisfies the predicate, and Wait returns %v", err)
		}
		if _, err := cfg.Wait(ended, func(c *subConfig) bool { return c.Pool == 2 }); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended, Wait returns %v", err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := cfg.Wait(soon, func(c *subConfig) bool { return c.Pool == 2 }); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, source.Timeout) {
			t.Errorf("after a minute, Wait returns %v", err)
		}
		if _, err := cfg.Wait(t.Context(), nil); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("without a predicate, Wait returns %v", err)
		}

		// It sees each version, also one that is gone when the predicate is called.
		seen := make(chan []int)
		release := make(chan struct{})
		go func() {
			var pools []int
			c, err := cfg.Wait(t.Context(), func(c *subConfig) bool {
				if c.Pool == 1 {
					<-release
				}
				pools = append(pools, c.Pool)
				return c.Pool == 4
			})
			if err != nil || c.Pool != 4 {
				t.Errorf("Wait returns %v, %v", c, err)
			}
			seen <- pools
		}()
		synctest.Wait()
		for pool := 2; pool <= 5; pool++ {
			m.Set(fmt.Appendf(nil, "pool: %d", pool))
			settle()
		}
		close(release)
		if got := fmt.Sprint(<-seen); got != "[1 2 3 4]" || cfg.Get().Pool != 5 {
			t.Errorf("Wait has seen the versions %s", got)
		}

		var panicked *observe.PanicError
		if _, err := cfg.Wait(t.Context(), func(*subConfig) bool { panic("predicate") }); !errors.As(err, &panicked) {
			t.Errorf("a predicate that panics gives %v", err)
		}
		closed := make(chan error)
		go func() {
			_, err := cfg.Wait(context.Background(), func(*subConfig) bool { return false })
			closed <- err
		}()
		synctest.Wait()
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-closed; !errors.Is(err, source.Closed) {
			t.Errorf("when the config closes, Wait returns %v", err)
		}
		if c, err := cfg.Wait(t.Context(), func(c *subConfig) bool { return c.Pool == 5 }); err != nil || c.Pool != 5 {
			t.Errorf("of a closed config, Wait returns %v, %v", c, err)
		}
	})
}

// A section waits for its own value, and ends with the section.
func TestWaitOfASection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[subConfig]("sub")}
		cfg, m := open[struct{}](t, o, "sub: {pool: 1}")
		sub, err := nacre.Section[subConfig](t.Context(), cfg, "sub")
		if err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("sub: {pool: 2}"))
		if c, err := sub.Wait(t.Context(), func(c *subConfig) bool { return c.Pool == 2 }); err != nil || c.Pool != 2 {
			t.Errorf("Wait returns %v, %v", c, err)
		}
		closed := make(chan error)
		go func() {
			_, err := sub.Wait(t.Context(), func(*subConfig) bool { return false })
			closed <- err
		}()
		synctest.Wait()
		if err := sub.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-closed; !errors.Is(err, source.Closed) {
			t.Errorf("when the section closes, Wait returns %v", err)
		}
	})
}
