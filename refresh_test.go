package nacre_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
)

// A secret that is rotated is a change like any other: seen within a minute or so, built from
// before it is live, refused if it is bad.
func TestARotatedSecretIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		rotate := func(to string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "password"), []byte(to+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		rotate("one-canary")
		var events strings.Builder
		var applied, rejected int
		o := quiet
		o.Observers = on(handlers{
			observe.Applied:  func(e observe.Event) { applied++; events.WriteString(strings.Join(e.Changed, " ")) },
			observe.Rejected: func(e observe.Event) { rejected++; events.WriteString(e.Problems.Error()) },
		})
		cfg, m, err := referring(t, o, "db: 'pg://u:${file:password}@db'\nother: 1", nacre.ResolveFiles(dir))
		if err != nil {
			t.Fatal(err)
		}
		f := &factory{refuse: map[string]error{"pg://u:bad-canary@db": errors.New("password authentication failed for pg://u:bad-canary@db")}}
		db := derive(t, cfg, f)
		minute := func() { time.Sleep(67 * time.Second); synctest.Wait() }
		minute()
		if applied != 1 {
			t.Fatalf("nothing has changed, and %d versions were made", applied)
		}
		rotate("two-canary")
		minute()
		if cfg.Get().DB != "pg://u:two-canary@db" || db.Get().dsn != cfg.Get().DB || applied != 2 {
			t.Fatalf("a minute after the secret was rotated the resource has %q, and there are %d versions", db.Get().dsn, applied)
		}
		rotate("bad-canary")
		minute()
		if db.Get().dsn != "pg://u:two-canary@db" || rejected != 1 || len(cfg.Health().Layers[0].Rejected) != 1 {
			t.Errorf("a bad one: the resource has %q, rejected %d times, %+v", db.Get().dsn, rejected, cfg.Health().Layers[0].Rejected)
		}
		if err := os.Remove(filepath.Join(dir, "password")); err != nil {
			t.Fatal(err)
		}
		minute()
		if rejected != 1 {
			t.Errorf("one that is missing for a moment is told as a rejection")
		}
		rotate("three-canary")
		minute()
		if db.Get().dsn != "pg://u:three-canary@db" || len(cfg.Health().Layers[0].Rejected) != 0 {
			t.Errorf("a good one after a bad one: %q, %+v", db.Get().dsn, cfg.Health().Layers[0])
		}
		if _, err := cfg.Pin(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		rotate("four-canary")
		minute()
		if cfg.Get().DB != "pg://u:three-canary@db" {
			t.Error("a pinned config has changed")
		}
		if err := cfg.Unpin(t.Context()); err != nil {
			t.Fatal(err)
		}
		minute()
		m.Set([]byte("db: fixed\nother: 2"))
		settle()
		if cfg.Get().DB != "fixed" {
			t.Errorf("live is %+v", *cfg.Get())
		}
		for _, h := range cfg.History() {
			for _, d := range h.Diff {
				events.WriteString(d.Old + d.New)
			}
			events.WriteString(h.Problems.Error())
		}
		if strings.Contains(events.String(), "canary") {
			t.Errorf("what a reference stands for is shown: %s", events.String())
		}
	})
}

// A resolver that hangs or fails holds nothing up, and is not asked more often than it should be.
func TestASlowResolverHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		var mode atomic.Int64
		vault := nacre.Resolve("vault", func(ctx context.Context, name string) (string, error) {
			calls.Add(1)
			switch mode.Load() {
			case 1:
				<-ctx.Done()
				return "", ctx.Err()
			case 2:
				panic("boom")
			}
			return "token", nil
		})
		cfg, m, err := referring(t, quiet, "db: '${vault:db} and ${vault:db}'", vault, nacre.RefreshEvery(10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		before := calls.Load()
		time.Sleep(100 * time.Second)
		synctest.Wait()
		if n := calls.Load() - before; n < 8 || n > 12 {
			t.Errorf("asked %d times in 100 s, want about 10", n)
		}
		for how := range int64(2) {
			mode.Store(how + 1)
			time.Sleep(12 * time.Second) // it is being asked
			m.Set([]byte("db: fixed"))
			settle()
			if cfg.Get().DB != "fixed" {
				t.Errorf("mode %d: the change has to wait", how+1)
			}
			mode.Store(0)
			m.Set([]byte("db: '${vault:db}'"))
			settle()
		}
		mode.Store(1)
		time.Sleep(12 * time.Second)
		began := time.Now()
		if err := cfg.Close(); err != nil || time.Since(began) > time.Second {
			t.Errorf("Close with a resolver that hangs: %v after %v", err, time.Since(began))
		}
		mode.Store(0)
	})
}

// Who wants no rereading has none.
func TestRereadNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		_, _, err := referring(t, quiet, "db: '${vault:db}'", nacre.RefreshEvery(nacre.Off), nacre.Resolve("vault", func(context.Context, string) (string, error) {
			calls.Add(1)
			return "x", nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		before := calls.Load()
		time.Sleep(time.Hour)
		if calls.Load() != before {
			t.Errorf("asked %d times more", calls.Load()-before)
		}
	})
}

// A secret that does harm is taken back, and the next one is not taken for it, though the document
// is the same.
func TestARotatedSecretThatDoesHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("one")
		cfg, _, err := referring(t, quiet, "db: '${vault:db}'", nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil }))
		if err != nil {
			t.Fatal(err)
		}
		nacre.AutoRollback(cfg, func(_ context.Context, c *deriveConfig) error {
			if c.DB == "bad" {
				return errors.New("no answer")
			}
			return nil
		})
		minutes := func() { time.Sleep(3 * time.Minute); synctest.Wait() }
		secret.Store("bad")
		minutes()
		if h := cfg.Health(); cfg.Get().DB != "one" || len(h.Layers[0].Held) != 1 {
			t.Errorf("a secret that does harm: %q, held %q", cfg.Get().DB, h.Layers[0].Held)
		}
		secret.Store("good")
		minutes()
		if h := cfg.Health(); cfg.Get().DB != "good" || len(h.Layers[0].Held) != 0 {
			t.Errorf("a good one after it: %q, held %q", cfg.Get().DB, h.Layers[0].Held)
		}
		secret.Store("bad")
		minutes()
		if cfg.Get().DB != "good" {
			t.Error("what was taken back is live again")
		}
	})
}
