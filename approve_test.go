package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// heldConfig opens a config whose newest content is held, because it loses 16 of 20 keys.
func heldConfig(t *testing.T, o nacre.Options) (*nacre.Config[guardConfig], func(string)) {
	t.Helper()
	cfg, m := open[guardConfig](t, o, body(20))
	m.Set([]byte(body(4)))
	settle()
	if l := cfg.Health().Layers[0]; l.Held == nil || l.Latest == l.Applied {
		t.Fatalf("control: it is not held: %+v", l)
	}
	return cfg, func(text string) { m.Set([]byte(text)) }
}

// An approval that has no effect is an error, and says why and what to do.
func TestApproveSaysWhyItHasNoEffect(t *testing.T) {
	t.Parallel()
	latest := func(cfg *nacre.Config[guardConfig]) source.Revision { return cfg.Health().Layers[0].Latest }
	for name, test := range map[string]struct {
		before func(t *testing.T, cfg *nacre.Config[guardConfig], set func(string))
		layer  string
		rev    func(*nacre.Config[guardConfig]) source.Revision
		kind   source.Kind
		want   string
	}{
		"an unknown layer": {nil, "nacos", latest, source.NotFound, "approve nacos: not found: no layer has this name (the layers are config.yaml)"},
		"no revision": {nil, "config.yaml", func(*nacre.Config[guardConfig]) source.Revision { return "" }, source.InvalidArgument,
			"approve config.yaml: invalid argument: revision is empty (name the revision that Health shows as the latest of the layer)"},
		"another revision": {nil, "config.yaml", func(cfg *nacre.Config[guardConfig]) source.Revision { return cfg.Health().Layers[0].Applied },
			source.Conflict, "(look at it and approve that revision)"},
		"what is live": {func(_ *testing.T, _ *nacre.Config[guardConfig], set func(string)) { set(body(20)) }, "config.yaml", latest, source.Conflict,
			"approve config.yaml: conflict: content is not held; it is live"},
		"what is rejected": {func(_ *testing.T, _ *nacre.Config[guardConfig], set func(string)) { set("pool: 1000\n" + body(20)) }, "config.yaml", latest, source.Invalid,
			"config.yaml:1:7 pool: "},
		"while pinned": {func(t *testing.T, cfg *nacre.Config[guardConfig], _ func(string)) {
			if _, err := cfg.Pin(t.Context(), 0, observe.By{Who: "ann", Why: "night"}); err != nil {
				t.Error(err)
			}
		}, "config.yaml", latest, source.Conflict, "approve config.yaml: conflict: config is pinned at version 1 by ann: night (call Unpin first)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, set := heldConfig(t, quiet)
				if test.before != nil {
					test.before(t, cfg, set)
					settle()
				}
				before := cfg.Health()
				version, err := cfg.Approve(t.Context(), test.layer, test.rev(cfg))
				if version != 0 || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Approve returns %d, %v; want kind %v with %q", version, err, test.kind, test.want)
				}
				after := cfg.Health()
				if fmt.Sprint(after.Layers[0].Held, after.Layers[0].Rejected, after.Version) != fmt.Sprint(before.Layers[0].Held, before.Layers[0].Rejected, before.Version) {
					t.Errorf("it had an effect: %+v, before %+v", after.Layers[0], before.Layers[0])
				}
				cfg.Close()
			})
		})
	}
}

// An operator approves the content that they looked at, and no other.
func TestApproveRefusesANewerContent(t *testing.T) {
	t.Parallel()
	for _, settled := range []bool{true, false} {
		t.Run(fmt.Sprint("settled ", settled), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, set := heldConfig(t, quiet)
				seen := cfg.Health().Layers[0].Latest
				set("") // worse than what the operator looked at
				if synctest.Wait(); settled {
					settle()
				}
				if _, err := cfg.Approve(t.Context(), "config.yaml", seen); !errors.Is(err, source.Conflict) || len(cfg.Get().More) != 20 {
					t.Errorf("Approve returns %v, and %d keys are live, want 20", err, len(cfg.Get().More))
				}
				settle()
				if l := cfg.Health().Layers[0]; l.Held == nil || len(cfg.Get().More) != 20 {
					t.Errorf("the newer content: held %q, %d keys are live", l.Held, len(cfg.Get().More))
				}
				cfg.Close()
			})
		})
	}
}

// A change of another layer that waits in a window is not lost when an approval is refused.
func TestARefusedApprovalLosesNoChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		low, high := memoryLayer("low.yaml", body(20)), memoryLayer("high.yaml", "pool: 1")
		cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, low, high)
		if err != nil {
			t.Fatal(err)
		}
		high.Set([]byte("pool: 2"))
		synctest.Wait()
		if _, err := approve(cfg, 0); !errors.Is(err, source.Conflict) {
			t.Errorf("nothing is held: %v", err)
		}
		settle()
		if cfg.Get().Pool != 2 {
			t.Error("the other layer's change is lost")
		}
		cfg.Close()
	})
}

// An approved content that cannot be applied stays held: it is not applied later, when nobody
// expects it.
func TestAFailedApprovalHasNoEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[guardConfig](t, quiet, body(20))
		down := false
		if _, err := nacre.Derive(t.Context(), cfg, func(c *guardConfig) int { return len(c.More) }, func(context.Context, int) (int, error) {
			if down {
				return 0, errors.New("connection refused")
			}
			return 1, nil
		}, nil); err != nil {
			t.Fatal(err)
		}
		down = true
		m.Set([]byte(body(4)))
		settle()
		if _, err := approve(cfg, 0); !errors.Is(err, source.BuildFailed) {
			t.Errorf("Approve returns %v, want the failed build", err)
		}
		down = false
		time.Sleep(5 * time.Minute)
		if l := cfg.Health().Layers[0]; len(cfg.Get().More) != 20 || l.Held == nil {
			t.Errorf("later %d keys are live, held %q; want 20 and held", len(cfg.Get().More), l.Held)
		}
		for _, h := range cfg.History() {
			if h.Kind == observe.Approved {
				t.Errorf("History has an approval that had no effect: %+v", h)
			}
		}
		if version, err := approve(cfg, 0); err != nil || version != 2 || len(cfg.Get().More) != 4 {
			t.Errorf("approved again: version %d, %v, %d keys", version, err, len(cfg.Get().More))
		}
		cfg.Close()
	})
}

// The event of a held change, and so its log line, says how to approve it.
func TestAHeldChangeSaysHowToApproveIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, _ := heldConfig(t, r.options())
		want := fmt.Sprintf("publish another content, or call Approve with layer %q and revision %q", "config.yaml", cfg.Health().Layers[0].Latest)
		if len(r.held) != 1 || r.held[0].Fix != want {
			t.Errorf("the events are %+v, want the fix %q", r.held, want)
		}
		cfg.Close()
	})
}

// A pinned config shows what the pin holds, for each layer.
func TestHealthShowsWhatAPinHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, m := open[guardConfig](t, r.options(), "pool: 1")
		m.Set([]byte("pool: 2"))
		settle()
		if _, err := cfg.Rollback(t.Context(), observe.By{Who: "ann", Why: "errors"}); err != nil {
			t.Fatal(err)
		}
		const reason = "config is pinned at version 3 by ann: errors"
		held := func() string { return strings.Join(cfg.Health().Layers[0].Held, "; ") }
		if held() != reason || len(r.held) != 0 {
			t.Errorf("the content that Rollback left is held for %q, want %q; events %+v", held(), reason, r.held)
		}
		m.Set([]byte("pool: 3"))
		settle()
		if held() != reason || len(r.held) != 1 || r.held[0].Fix != "call Unpin to apply the newest contents" {
			t.Errorf("a newer content is held for %q, want %q; events %+v", held(), reason, r.held)
		}
		m.Set([]byte("pool: 1"))
		settle()
		m.Set(nil)
		settle()
		if want := "config.yaml: is empty and had 1 key; " + reason; held() != want {
			t.Errorf("an empty content is held for %q, want %q", held(), want)
		}
		m.Set([]byte("pool: 4"))
		settle()
		if err := cfg.Unpin(t.Context()); err != nil || held() != "" || cfg.Get().Pool != 4 {
			t.Errorf("unpinned: %v, held for %q, pool %d", err, held(), cfg.Get().Pool)
		}
		cfg.Close()
	})
}

// After Unpin, the guard compares with what is live, and lets back what was live before the pin.
func TestUnpinComparesWithWhatIsLive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		publish string // while pinned
		keys    int    // after Unpin
	}{
		"the content that was left":    {"", 3},
		"a loss against what was left": {body(2), 20},
		"more than what was left":      {body(12), 12},
		"what was left with a comment": {"# a comment\n" + body(3), 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, m := open[guardConfig](t, quiet, body(20))
				for _, n := range []int{10, 6, 3} { // each is a legal change
					m.Set([]byte(body(n)))
					settle()
				}
				if len(cfg.Get().More) != 3 {
					t.Fatalf("control: %d keys are live", len(cfg.Get().More))
				}
				if _, err := cfg.Pin(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				if test.publish != "" {
					m.Set([]byte(test.publish))
					settle()
				}
				if err := cfg.Unpin(t.Context()); err != nil || len(cfg.Get().More) != test.keys {
					t.Errorf("after Unpin %d keys are live, want %d; held for %q, %v", len(cfg.Get().More), test.keys, cfg.Health().Layers[0].Held, err)
				}
				cfg.Close()
			})
		})
	}
}

// Rollback after an automatic one does not bring back what the check has reverted.
func TestRollbackDoesNotUndoAnAutomaticOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[guardConfig](t, quiet, "pool: 1")
		nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error {
			if c.Pool == 2 {
				return errors.New("no request gets through")
			}
			return nil
		})
		m.Set([]byte("pool: 2"))
		time.Sleep(time.Minute)
		if cfg.Get().Pool != 1 {
			t.Fatal("control: it was not rolled back")
		}
		_, err := cfg.Rollback(t.Context())
		if !errors.Is(err, source.Conflict) || !strings.Contains(err.Error(), "version 2 was rolled back: check") || cfg.Get().Pool != 1 || cfg.Health().Pinned {
			t.Errorf("Rollback returns %v, pool %d, pinned %v", err, cfg.Get().Pool, cfg.Health().Pinned)
		}
		if _, err := cfg.Pin(t.Context(), 2); err != nil || cfg.Get().Pool != 2 {
			t.Errorf("Pin of a version that was rolled back returns %v, and pool is %d", err, cfg.Get().Pool)
		}
		cfg.Close()
	})
}

// Who did what, and why, is in the history and in the events, without secrets.
func TestWhoAndWhyAreRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type config struct {
			Token nacre.Secret   `config:"token"`
			Pool  int            `config:"pool"`
			More  map[string]any `config:"more"`
		}
		var events []observe.Event
		o := quiet
		record := func(e observe.Event) { events = append(events, e) }
		o.Observers = on(handlers{observe.Approved: record, observe.Pinned: record, observe.Unpinned: record})
		cfg, m := open[config](t, o, "token: canary-token\npool: 1\n"+body(20))
		m.Set([]byte("token: canary-token\npool: 2\n" + body(20)))
		settle()
		ctx := t.Context()
		by := func(why string) observe.By { return observe.By{Who: "ann", Why: why} }
		if _, err := cfg.Rollback(ctx, by("not with canary-token")); err != nil {
			t.Error(err)
		}
		if _, err := cfg.Pin(ctx, 0); err != nil {
			t.Error(err)
		}
		if _, err := cfg.Pin(ctx, 2, by(strings.Repeat("x", 10_000))); err != nil {
			t.Error(err)
		}
		if err := cfg.Unpin(ctx, observe.By{Who: "bob"}); err != nil {
			t.Error(err)
		}
		if err := cfg.Unpin(ctx, observe.By{Who: "bob"}); err != nil { // which does nothing
			t.Error(err)
		}
		m.Set([]byte("token: canary-token\npool: 2\n" + body(4)))
		settle()
		l := cfg.Health().Layers[0]
		if _, err := cfg.Approve(ctx, l.Name, l.Latest, by("meant")); err != nil {
			t.Error(err)
		}
		want := []string{
			"pinned 3 from 2 to 1 by ann: not with ******",
			"pinned 3 from 3 to 3 by ",
			"pinned 4 from 3 to 2 by ann: " + strings.Repeat("x", 200) + "…",
			"unpinned 4 from 0 to 0 by bob",
			"approved 5 from 0 to 0 by ann: meant",
		}
		var got, history []string
		for _, e := range events {
			got = append(got, fmt.Sprintf("%s %d from %d to %d by %s", e.Kind, e.Version, e.From, e.To, e.By))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if last := events[len(events)-1]; last.Layer != l.Name || last.Revision != l.Latest {
			t.Errorf("the approval is of %s %s, want %s %s", last.Layer, last.Revision, l.Name, l.Latest)
		}
		for _, h := range cfg.History() {
			if h.Kind == observe.Approved || h.Kind == observe.Pinned || h.Kind == observe.Unpinned {
				history = append(history, fmt.Sprintf("%s %d by %s", h.Kind, h.Version, h.By))
			}
		}
		for i, text := range want {
			before, _, _ := strings.Cut(text, " from")
			_, after, _ := strings.Cut(text, " by ")
			if i >= len(history) || history[i] != before+" by "+after {
				t.Errorf("the history is %q, want %q at %d", history, before+" by "+after, i)
			}
		}
		cfg.Close()
	})
}

// A document of several in a layer that was rolled back stays out when another one changes.
func TestARolledBackDocumentStaysOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bad, next map[string]string // documents; empty: not listed
		held      string
		pool      int
	}{
		"another document changes": {map[string]string{"a.yaml": "pool: 2", "b.yaml": "more: {x: 1}"},
			map[string]string{"a.yaml": "pool: 2", "b.yaml": "more: {x: 2}"}, "a.yaml: version 2 was rolled back: check", 1},
		"a removed document": {map[string]string{"b.yaml": "more: {x: 1}"}, map[string]string{"b.yaml": "more: {x: 2}"},
			"without a.yaml, version 2 was rolled back: check", 1},
		"the document changes": {map[string]string{"a.yaml": "pool: 2", "b.yaml": "more: {x: 1}"},
			map[string]string{"a.yaml": "pool: 3", "b.yaml": "more: {x: 2}"}, "", 3},
		"it returns to what was good": {map[string]string{"a.yaml": "pool: 2", "b.yaml": "more: {x: 1}"},
			map[string]string{"a.yaml": "pool: 1", "b.yaml": "more: {x: 2}"}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := fakesource.New("folder")
				set := func(documents map[string]string) {
					var c []source.Document
					for _, name := range []string{"a.yaml", "b.yaml"} {
						if text, ok := documents[name]; ok {
							c = append(c, source.Document{Name: name, Format: source.FormatYAML, Data: []byte(text)})
						}
					}
					s.Put(c...)
					if documents["a.yaml"] == "" {
						s.Forget("a.yaml")
					}
				}
				set(map[string]string{"a.yaml": "pool: 1", "b.yaml": "more: {x: 1}"})
				cfg, err := nacre.OpenWith[guardConfig](t.Context(), nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true}, s)
				if err != nil {
					t.Fatal(err)
				}
				nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error {
					if c.Pool == 2 || c.Pool == 0 {
						return errors.New("no request gets through")
					}
					return nil
				})
				set(test.bad)
				time.Sleep(time.Minute)
				if v := cfg.Snapshot().Version; v != 3 || cfg.Get().Pool != 1 {
					t.Fatalf("control: version %d, pool %d", v, cfg.Get().Pool)
				}
				set(test.next)
				settle()
				if held := strings.Join(cfg.Health().Layers[0].Held, "; "); cfg.Get().Pool != test.pool || !strings.Contains(held, test.held) || (held == "") != (test.held == "") {
					t.Errorf("pool %d, held for %q; want %d, %q", cfg.Get().Pool, held, test.pool, test.held)
				}
				if test.held != "" {
					if _, err := approve(cfg, 0); err != nil || cfg.Get().Pool == 1 {
						t.Errorf("approved: %v, pool %d", err, cfg.Get().Pool)
					}
				}
				cfg.Close()
			})
		})
	}
}
