package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// An operator decides about the version that they saw. If another one is live, nothing is done:
// a rollback that is submitted twice does not undo itself, and one from an old page does not revert
// a version that its operator never saw.
func TestAnActIsRefusedIfAnotherVersionIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 1")
		m.Set([]byte("pool: 2"))
		settle()
		acts := map[string]func(observe.By) error{
			"pin":       func(by observe.By) error { _, err := cfg.Pin(t.Context(), 1, by); return err },
			"pin live":  func(by observe.By) error { _, err := cfg.Pin(t.Context(), 0, by); return err },
			"roll back": func(by observe.By) error { _, err := cfg.Rollback(t.Context(), by); return err },
			"unpin":     func(by observe.By) error { return cfg.Unpin(t.Context(), by) },
			"refresh":   func(by observe.By) error { _, err := cfg.Refresh(t.Context(), by); return err },
			"approve": func(by observe.By) error {
				l := cfg.Health().Layers[0]
				_, err := cfg.Approve(t.Context(), l.Name, l.Latest, by)
				return err
			},
		}
		before := len(cfg.History())
		for name, act := range acts {
			for _, seen := range []int64{1, 3, -1} {
				err := act(observe.By{Who: "ann", Seen: seen})
				if !errors.Is(err, source.Conflict) || !strings.Contains(fmt.Sprint(err), fmt.Sprintf("version 2 is live, not %d", seen)) {
					t.Errorf("%s by someone who saw version %d: %v, want a conflict that names both versions", name, seen, err)
				}
			}
		}
		if h := cfg.Health(); h.Version != 2 || h.Pinned || len(cfg.History()) != before {
			t.Errorf("a refused act changed something: version %d, pinned %t, %d entries", h.Version, h.Pinned, len(cfg.History()))
		}
		var wait sync.WaitGroup
		var done, refused atomic.Int64
		for range 10 {
			wait.Go(func() {
				switch err := acts["roll back"](observe.By{Who: "ann", Why: "bad", Seen: 2}); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, source.Conflict):
					refused.Add(1)
				}
			})
		}
		wait.Wait()
		if done.Load() != 1 || refused.Load() != 9 || cfg.Get().Pool != 1 {
			t.Errorf("of ten equal rollbacks %d were done and %d refused, and pool is %d", done.Load(), refused.Load(), cfg.Get().Pool)
		}
		if err := acts["unpin"](observe.By{Who: "ann", Seen: 3}); err != nil || cfg.Get().Pool != 2 {
			t.Errorf("unpin of the version that is live: %v, pool %d", err, cfg.Get().Pool)
		}
	})
}

// Refresh does at once what otherwise happens after an interval or a back-off.
func TestRefreshLooksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		text, failing, secret := "cache: a", error(nil), "one"
		set := func(f func()) { mu.Lock(); defer mu.Unlock(); f() }
		polled := source.Poll("polled", 24*time.Hour, func(context.Context) (source.Content, error) {
			mu.Lock()
			defer mu.Unlock()
			return source.Content{Revision: source.Revision(text), Documents: []source.Document{
				{Name: "polled.yaml", Format: source.FormatYAML, Data: []byte(text)}}}, failing
		})
		vault := func(context.Context, string) (string, error) { mu.Lock(); defer mu.Unlock(); return secret, nil }
		m := memoryLayer("config.yaml", "db: x\ntoken: '${vault:token}'")
		var events []string
		o := quiet
		o.LastKnownGoodDisabled = true
		record := func(e observe.Event) { events = append(events, fmt.Sprintf("%s %d by %s", e.Kind, e.Version, e.By)) }
		o.Observers = on(handlers{observe.Refreshed: record, observe.Applied: record})
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, polled, nacre.Layer(m, nacre.Resolve("vault", vault), nacre.RefreshEvery(nacre.Off)))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		f := &factory{refuse: map[string]error{"y": errors.New("down")}}
		derive(t, cfg, f)
		refresh := func(why string) int64 {
			t.Helper()
			began := time.Now()
			version, err := cfg.Refresh(t.Context(), observe.By{Who: "ann", Why: why})
			if err != nil || time.Since(began) > 2*time.Second || version != cfg.Health().Version {
				t.Errorf("refresh returned %d, %v after %v, and version %d is live", version, err, time.Since(began), cfg.Health().Version)
			}
			return version
		}

		if v := refresh("nothing is new"); v != 1 {
			t.Errorf("a refresh without anything new made version %d", v)
		}
		set(func() { text = "cache: b" })
		time.Sleep(time.Hour)
		if cfg.Get().Cache != "a" {
			t.Fatal("the source does not wait for its interval, so that the test shows nothing")
		}
		refresh("the source is read once a day")
		if cfg.Get().Cache != "b" {
			t.Errorf("cache is %q after a refresh, want what the origin has", cfg.Get().Cache)
		}
		set(func() { secret = "two-canary" })
		time.Sleep(time.Hour)
		refresh("the token is new")
		if got := cfg.Get().Token.Reveal(); got != "two-canary" {
			t.Error("a refresh does not resolve the references of a layer that never resolves them again by itself")
		}
		set(func() { failing = errors.New("origin is down") })
		refresh("see whether it is down")
		time.Sleep(10 * time.Minute) // the back-off has its full length
		if cfg.Health().Layers[0].Down == "" {
			t.Fatal("the failing source is not down")
		}
		set(func() { text, failing = "cache: c", nil })
		refresh("it is up")
		if cfg.Get().Cache != "c" || cfg.Health().Layers[0].Down != "" {
			t.Errorf("cache is %q and the layer is down: %q; want no wait for the back-off", cfg.Get().Cache, cfg.Health().Layers[0].Down)
		}
		m.Set([]byte("db: y\ntoken: '${vault:token}'"))
		time.Sleep(time.Hour)
		f.mu.Lock()
		f.refuse = nil
		f.mu.Unlock()
		refresh("the database is up")
		if cfg.Get().DB != "y" {
			t.Error("a refresh does not try a build again")
		}

		want := []string{"applied 1 by ", "refreshed 1 by ann: nothing is new", "refreshed 1 by ann: the source is read once a day", "applied 2 by ",
			"refreshed 2 by ann: the token is new", "applied 3 by ", "refreshed 3 by ann: see whether it is down",
			"refreshed 3 by ann: it is up", "applied 4 by ", "refreshed 4 by ann: the database is up", "applied 5 by "}
		if !slices.Equal(events, want) {
			t.Errorf("the events are\n%s\nwant\n%s", strings.Join(events, "\n"), strings.Join(want, "\n"))
		}
		n := 0
		for _, h := range cfg.History() {
			if h.Kind == observe.Refreshed && h.By.Who == "ann" && h.By.Why != "" {
				n++
			}
		}
		if n != 6 {
			t.Errorf("the history has %d refreshes with who and why, want 6", n)
		}
	})
}

// A refresh lifts no hold, ends no pin, and is over when its context or the config is.
func TestRefreshIsNotAnApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[struct {
			Pool int            `config:"pool"`
			More map[string]any `config:"more"`
		}](t, quiet, "pool: 1\n"+body(20))
		m.Set([]byte("pool: 2\n" + body(2)))
		settle()
		if _, err := cfg.Refresh(t.Context()); err != nil || cfg.Get().Pool != 1 || cfg.Health().Layers[0].Held == nil {
			t.Errorf("a refresh applied what is held: %v", err)
		}
		if _, err := cfg.Pin(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("pool: 3\n" + body(20)))
		if _, err := cfg.Refresh(t.Context()); err != nil || cfg.Get().Pool != 1 || !cfg.Health().Pinned {
			t.Errorf("a refresh changed a pinned config: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := cfg.Refresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a refresh whose context has ended returns %v", err)
		}
		go func() { time.Sleep(time.Millisecond); cfg.Close() }()
		for range 2 {
			if _, err := cfg.Refresh(t.Context()); !errors.Is(err, source.Closed) {
				t.Errorf("a refresh of a closed config returns %v", err)
			}
		}
	})
}

// Refreshes at once, with changes and reads meanwhile, lose no change.
func TestConcurrentRefreshesLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New("config.yaml", []byte("pool: 1"))
		cfg, err := nacre.OpenWith[subConfig](t.Context(), quiet, m)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 5 {
					if _, err := cfg.Refresh(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range 50 {
			m.Set(fmt.Appendf(nil, "pool: %d", i+2))
			time.Sleep(50 * time.Millisecond)
		}
		wait.Wait()
		settle()
		if cfg.Get().Pool != 51 || cfg.Health().Layers[0].Down != "" {
			t.Errorf("pool is %d, want the last one, 51; down: %q", cfg.Get().Pool, cfg.Health().Layers[0].Down)
		}
	})
}

// silentSource returns nothing at all when it is interrupted, which breaks the contract.
type silentSource struct{ calls atomic.Int64 }

func (s *silentSource) Name() string { return "silent" }

func (s *silentSource) Next(ctx context.Context, _ source.Revision) (source.Content, error) {
	if s.calls.Add(1) == 1 {
		return source.Content{Revision: "1", Documents: []source.Document{{Name: "a.yaml", Format: source.FormatYAML, Data: []byte("pool: 1")}}}, nil
	}
	<-ctx.Done()
	return source.Content{}, nil
}

// A refresh is not an outage, whatever a source returns when it is interrupted.
func TestRefreshIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &silentSource{}
		var down []error
		o := quiet
		o.LastKnownGoodDisabled = true
		o.Observers = on(handlers{observe.LayerDown: func(e observe.Event) { down = append(down, e.Err) }})
		cfg, err := nacre.OpenWith[subConfig](t.Context(), o, s)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		if _, err := cfg.Refresh(t.Context()); err != nil || down != nil || s.calls.Load() != 3 {
			t.Errorf("a refresh: %v, the layer is down: %v, %d calls of Next, want 3", err, down, s.calls.Load())
		}
	})
}
