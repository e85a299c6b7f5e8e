package nacre_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// A rotated secret with which the live document is not valid is reported once, wherever the service
// stands: the newest content may be live, refused, held, or missing because the service runs on its
// last known good copy.
func TestARotatedSecretThatIsNotValidIsReportedOnce(t *testing.T) {
	t.Parallel()
	const good, bad, other = "s1", "much-too-long-canary", "s2"
	for name, test := range map[string]struct {
		before func(m *memory.Source) // after the start
		other  int                    // rejections and problems of the layer that are not the secret's
	}{
		"the newest content is live": {before: func(*memory.Source) {}},
		"the newest content is refused": {
			before: func(m *memory.Source) { m.Set([]byte("db: 'z'\nother: nonsense")) }, other: 1},
		"the newest content is held": {
			before: func(m *memory.Source) { m.Set(nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var secret atomic.Value
				secret.Store(good)
				rejected := 0
				o := quiet
				o.Observers = on(handlers{observe.Rejected: func(observe.Event) { rejected++ }})
				m := memory.New("a.yaml", []byte("db: '${vault:x}'\nother: 1"))
				cfg := layered[secretive](t, o, nacre.Layer(m, nacre.Resolve("vault", func(context.Context, string) (string, error) {
					return secret.Load().(string), nil
				})))
				test.before(m)
				settle()
				refusals := func() (n int) {
					for _, h := range cfg.History() {
						if h.Kind == observe.Rejected && strings.Contains(h.Problems.Error(), "db") {
							n++
						}
					}
					return n
				}
				secret.Store(bad)
				for range 3 {
					time.Sleep(10 * time.Minute)
					synctest.Wait()
					problems := cfg.Health().Layers[0].Rejected
					if cfg.Get().DB != good || rejected != 1+test.other || refusals() != 1 || len(problems) != 1+test.other {
						t.Fatalf("a rotated secret is not valid: live is %q, %d events, %d entries of the history, Health says %q; want each once",
							cfg.Get().DB, rejected-test.other, refusals(), problems)
					}
					if text := strings.Join(problems, " "); strings.Contains(text, "canary") {
						t.Errorf("Health shows the secret: %s", text)
					}
				}
				// What is live is what the reference stands for again: nothing is left to report.
				secret.Store(good)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if problems := cfg.Health().Layers[0].Rejected; len(problems) != test.other {
					t.Errorf("the secret is back, and Health says %q", problems)
				}
				// It goes bad once more, and is then put right.
				secret.Store(bad)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if problems := cfg.Health().Layers[0].Rejected; rejected != 2+test.other || len(problems) != 1+test.other {
					t.Errorf("the second time it is not valid: %d events, Health says %q", rejected-test.other, problems)
				}
				secret.Store(other)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if problems := cfg.Health().Layers[0].Rejected; cfg.Get().DB != other || len(problems) != test.other {
					t.Errorf("the secret is valid again: live is %q, Health says %q", cfg.Get().DB, problems)
				}
			})
		})
	}
}

// The same on the last known good copy, with a resource that cannot be built from the secret.
func TestARotatedSecretOnTheCopyIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("s1")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		rejected := 0
		o := quiet
		o.LastKnownGoodDir = t.TempDir()
		o.Observers = on(handlers{observe.Rejected: func(observe.Event) { rejected++ }})
		s := &scripted{text: "db: '${vault:x}'\nother: 1"}
		cfg := layered[deriveConfig](t, o, nacre.Layer(remoteLayer{s}, r))
		settle()
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		s.down = true
		cfg = layered[deriveConfig](t, o, nacre.Layer(remoteLayer{s}, r))
		f := &factory{refuse: map[string]error{"canary": errors.New("password authentication failed for canary")}}
		db := derive(t, cfg, f)
		secret.Store("canary")
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		health := cfg.Health().Layers[0]
		if db.Get().dsn != "s1" || rejected != 1 || len(health.Rejected) != 1 || strings.Contains(health.Rejected[0], "canary") {
			t.Errorf("a resource cannot be built from a rotated secret: it has %q, %d events, Health says %q", db.Get().dsn, rejected, health.Rejected)
		}
		secret.Store("s2")
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if problems := cfg.Health().Layers[0].Rejected; db.Get().dsn != "s2" || len(problems) != 0 {
			t.Errorf("the secret is good again: the resource has %q, Health says %q", db.Get().dsn, problems)
		}
	})
}

// A secret that was rolled back comes again while the newest content is refused: it is not tried,
// and that is reported.
func TestARotatedSecretThatWasRolledBackIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("one")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		var problems source.Problems
		o := quiet
		o.Observers = on(handlers{observe.Rejected: func(e observe.Event) { problems = append(problems, e.Problems...) }})
		m := memory.New("a.yaml", []byte("db: '${vault:x}'\nother: 1"))
		cfg := layered[secretive](t, o, nacre.Layer(m, r))
		nacre.AutoRollback(cfg, func(_ context.Context, c *secretive) error {
			if c.DB == "bad" {
				return errors.New("no answer")
			}
			return nil
		})
		wait := func() { time.Sleep(3 * time.Minute); synctest.Wait() }
		secret.Store("bad")
		wait()
		secret.Store("good")
		wait()
		m.Set([]byte("db: z\nother: nonsense"))
		wait()
		problems = nil
		secret.Store("bad")
		wait()
		wait()
		health := cfg.Health().Layers[0]
		if cfg.Get().DB != "good" || len(problems) != 1 || len(health.Rejected) != 2 || !strings.Contains(health.Rejected[1], "version 2") {
			t.Errorf("a secret that was rolled back: live is %q, told %q, Health says %q", cfg.Get().DB, problems, health.Rejected)
		}
	})
}
