package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// Who says what is equal is called only for what is not, counted from what was told last: small
// steps add up.
func TestEqualBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, quiet, "n: 100")
		near := nacre.EqualBy(func(a, b int) bool { return max(a-b, b-a) < 10 })
		n := func(c *appConfig) int { return c.N }
		var builds []int
		limit, err := nacre.Derive(t.Context(), cfg, n, func(_ context.Context, n int) (int, error) { builds = append(builds, n); return n, nil }, nil, near)
		if err != nil {
			t.Fatal(err)
		}
		var heard []nacre.Change[int]
		nacre.Subscribe(cfg, n, keep(&heard), near)
		for _, text := range []string{"n: 105", "n: 109", "n: 110", "n: 101"} {
			m.Set([]byte(text))
			settle()
		}
		if len(heard) != 1 || heard[0].Old != 100 || heard[0].New != 110 || len(builds) != 2 || limit.Get() != 110 || cfg.Get().N != 101 {
			t.Errorf("heard %+v, built %v", heard, builds)
		}

		other := nacre.EqualBy(func(a, b string) bool { return a == b })
		if _, err := nacre.Derive(t.Context(), cfg, n, func(context.Context, int) (int, error) { return 0, nil }, nil, other); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("Derive with a function for another type: %v", err)
		}
		if sub, err := nacre.Subscribe(cfg, n, keep(&heard), other); sub != nil || !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "func(string, string) bool, and what is selected is a int") {
			t.Errorf("Subscribe with a function for another type: %v, %v", sub, err)
		}
		nacre.Subscribe(cfg, n, keep(&heard), nacre.EqualBy(func(int, int) bool { panic("boom") }), nacre.WithName("panics"))
		m.Set([]byte("n: 1"))
		settle()
		for _, s := range cfg.Health().Subscribers {
			if s.Name == "panics" && s.Panics != 1 {
				t.Errorf("Health shows %+v", s)
			}
		}
	})
}
