package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// What a hostile reader of sections, secrets and releases found, each once.

type secretive struct {
	DB    string `config:"db" validate:"max=10"`
	Other int    `config:"other"`
}

func layered[T any](t *testing.T, o nacre.Options, layers ...source.Source) *nacre.Config[T] {
	t.Helper()
	cfg, err := nacre.OpenWith[T](t.Context(), o, layers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cfg.Close() })
	return cfg
}

type small struct {
	Addr string `config:"addr"`
}

type large struct {
	Pool int `config:"pool"`
}

type releaseLimit struct {
	A int `config:"a"`
	B int `config:"b"`
	C int `config:"c"`
}

func (r *releaseLimit) Validate() error {
	if r.C > 100 {
		return errors.New("c is too large")
	}
	return nil
}

// A section that cannot be bound since a secret is out of reach leaves everything as it was.
func TestAFailedSectionSpoilsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) {
			if down.Load() {
				return "", errors.New("vault is down")
			}
			return "s1", nil
		})
		m, b := memory.New("a.yaml", []byte("db: '${vault:x}'\nredis: {addr: a}")), memory.New("b.yaml", []byte("other: 1"))
		cfg := layered[secretive](t, reserving("redis"), nacre.Layer(m, r), b)
		down.Store(true)
		b.Set([]byte("other: 2"))
		settle()
		if cfg.Get().Other != 2 {
			t.Fatal("control: other is not applied")
		}
		_, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
		t.Log("Section:", err)
		b.Set([]byte("other: 3"))
		settle()
		if cfg.Get().Other != 3 {
			t.Errorf("a failed Section made changes of another layer refused: %+v %+v", *cfg.Get(), cfg.Health().Layers)
		}
	})
}

// Nothing is resolved again because a section goes: what a secret stands for now may be bad, and is
// refused by itself.
func TestClosingASectionAsksNobodyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("s1")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		m, b := memory.New("a.yaml", []byte("db: '${vault:x}'\nredis: {addr: a}\naudit: {file: f}")), memory.New("b.yaml", []byte("other: 1"))
		cfg := layered[secretive](t, reserving("redis", "audit"), nacre.Layer(m, r), b)
		audit := section[auditConfig](t, cfg, "audit")
		secret.Store("this is far too long")
		time.Sleep(70 * time.Second)
		b.Set([]byte("other: 2"))
		settle()
		if cfg.Get().Other != 2 || cfg.Get().DB != "s1" {
			t.Fatal("control")
		}
		if err := audit.Close(); err != nil {
			t.Error(err)
		}
		b.Set([]byte("other: 3"))
		settle()
		if cfg.Get().Other != 3 {
			t.Errorf("after a Close of a section no change is applied: %+v", *cfg.Get())
		}
		_, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
		if err != nil {
			t.Errorf("Section of live that is good: %v", err)
		}
	})
}

// The guard against losses compares with what is live, whatever a section has come to.
func TestAFailedSectionDoesNotDisarmTheGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		type big struct {
			DB   string         `config:"db"`
			More map[string]int `config:"more"`
		}
		dec := nacre.Decrypt(func(_ context.Context, d source.Document) ([]byte, error) {
			if down.Load() {
				return nil, errors.New("kms is down")
			}
			return d.Data, nil
		})
		for _, attach := range []bool{false, true} {
			m := memory.New("a.yaml", []byte("db: y\nmore: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}"))
			cfg := layered[big](t, reserving("redis"), nacre.Layer(m, dec))
			if attach {
				down.Store(true)
				_, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
				t.Log(err)
				down.Store(false)
			}
			m.Set([]byte("db: x"))
			settle()
			if len(cfg.Get().More) != 8 {
				t.Errorf("attach %v: the guard let the loss through", attach)
			}
		}
	})
}

// One can go back though a section has come since, and no secret can be had.
func TestASectionDoesNotKeepOneFromGoingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) {
			if down.Load() {
				return "", errors.New("vault is down")
			}
			return "s1", nil
		})
		for _, attach := range []bool{false, true} {
			down.Store(false)
			m := memory.New("a.yaml", []byte("db: '${vault:x}'\nother: 1"))
			cfg := layered[secretive](t, reserving("redis"), nacre.Layer(m, r))
			m.Set([]byte("db: '${vault:x}'\nother: 2"))
			settle()
			if attach {
				section[auditConfig](t, cfg, "redis")
			}
			down.Store(true)
			if _, err := cfg.Rollback(t.Context()); err != nil {
				t.Errorf("attach %v: Rollback: %v", attach, err)
			}
		}
	})
}

// A resource that is being built while its section is closed does not outlive it.
func TestDeriveWhileItsSectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _ := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: a}")
		redis := section[redisConfig](t, cfg, "redis")
		var closed atomic.Int64
		var wg sync.WaitGroup
		var res *nacre.Resource[int]
		wg.Go(func() {
			var err error
			res, err = nacre.Derive(t.Context(), redis, func(c *redisConfig) string { return c.Addr }, func(context.Context, string) (int, error) {
				time.Sleep(time.Second)
				return 1, nil
			}, func(int) error { closed.Add(1); return nil })
			t.Log("Derive:", err)
		})
		time.Sleep(500 * time.Millisecond)
		t.Log("Close:", redis.Close())
		wg.Wait()
		time.Sleep(5 * time.Minute)
		if res != nil && closed.Load() == 0 {
			t.Errorf("the resource of a closed section stays open: %+v", cfg.Health().Resources)
		}
	})
}

// Close takes one CloseTimeout, and what it could not do in that, the next one does.
func TestASectionThatWasNotClosedInTimeIsClosedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := reserving("redis")
		o.CloseTimeout = time.Second
		cfg, m := open[appConfig](t, o, "n: 1\nredis: {addr: a}")
		redis := section[redisConfig](t, cfg, "redis")
		_, err := nacre.Derive(t.Context(), cfg, func(c *appConfig) int { return c.N }, func(_ context.Context, n int) (int, error) {
			if n == 2 {
				time.Sleep(20 * time.Second)
			}
			return n, nil
		}, nil, nacre.BuildTimeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			nacre.Derive(t.Context(), redis, func(c *redisConfig) string { return c.Addr }, func(_ context.Context, n string) (int, error) { return i, nil }, nil)
		}
		m.Set([]byte("n: 2\nredis: {addr: a}"))
		settle()
		began := time.Now()
		err = redis.Close()
		t.Log("first Close:", err)
		if d := time.Since(began); d > 1500*time.Millisecond {
			t.Errorf("Close took %v, CloseTimeout is 1 s", d)
		}
		time.Sleep(time.Minute)
		t.Log("second Close:", redis.Close())
		m.Set([]byte("n: 3\nredis: {}"))
		settle()
		if cfg.Get().N != 3 {
			t.Errorf("a section that was closed twice holds changes up: %q %+v %d resources", cfg.Health().Layers[0].Rejected, cfg.Health().Sections, len(cfg.Health().Resources))
		}
	})
}

// What a closed section knew stays known, so that the others of its key, and sections elsewhere,
// have no trouble of it.
func TestClosingOneOfTwoTypesOfAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis", "audit"), "n: 1\nredis: {addr: a}")
		one := section[small](t, cfg, "redis")
		two := section[large](t, cfg, "redis")
		m.Set([]byte("n: 1\nredis: {addr: a, pool: 3}"))
		settle()
		if two.Get().Pool != 3 {
			t.Fatal("control")
		}
		if err := two.Close(); err != nil {
			t.Error(err)
		}
		m.Set([]byte("n: 2\nredis: {addr: b, pool: 3}"))
		settle()
		if one.Get().Addr != "b" {
			t.Errorf("after Close of another section at the key: %q", cfg.Health().Layers[0].Rejected)
		}
		if _, err := nacre.Section[auditConfig](t.Context(), cfg, "audit"); err != nil {
			t.Errorf("an unrelated section cannot be had: %v", err)
		}
	})
}

// A closed section's secret is still one.
func TestASecretStaysHiddenAfterItsSection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type withMap struct {
			Redis map[string]string `config:"redis"`
		}
		type sec struct {
			Auth nacre.Secret `config:"auth"`
		}
		cfg, m := open[withMap](t, quiet, "redis: {auth: "+canary+"-1}")
		s := section[sec](t, cfg, "redis")
		x, _ := cfg.Explain("redis.auth")
		if strings.Contains(fmt.Sprint(x), canary) {
			t.Fatal("control")
		}
		s.Close()
		x, _ = cfg.Explain("redis.auth")
		if strings.Contains(fmt.Sprint(x), canary) {
			t.Errorf("the secret of the section is shown after its Close: %s", x)
		}
		m.Set([]byte("redis: {auth: " + canary + "-2}"))
		settle()
		if strings.Contains(fmt.Sprintf("%+v", cfg.History()), canary) {
			t.Errorf("history shows it")
		}
	})
}

// Whatever stands below a reserved key is not shown, be it a map or not.
func TestAReservedScalarIsNotShown(t *testing.T) {
	// H01c variants: reserved key shown?
	cfg, _ := open[appConfig](t, reserving("plugins"), "plugins: {audit: {file: f}, other: "+canary+"}")
	s := section[auditConfig](t, cfg, "plugins.audit")
	s.Close()
	all := fmt.Sprintf("%+v %+v %+v", cfg.ExplainAll(), cfg.History(), cfg.Health())
	if strings.Contains(all, canary) {
		t.Error(all)
	}
}

// Contents that are being gathered are not torn apart by a section that comes.
func TestASectionDoesNotBreakIntoAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := reserving("redis")
		o.Window = time.Second
		o.MaxWindow = 5 * time.Second
		type ab struct {
			A int `config:"a"`
			B int `config:"b"`
		}
		a, b := memory.New("a.yaml", []byte("a: 1")), memory.New("b.yaml", []byte("b: 1"))
		cfg := layered[ab](t, o, a, b)
		a.Set([]byte("a: 2"))
		time.Sleep(100 * time.Millisecond)
		section[auditConfig](t, cfg, "redis")
		if c := cfg.Get(); c.A != 1 {
			t.Errorf("Section applied half of a change that was in the window: %+v", *c)
		}
		b.Set([]byte("b: 2"))
		time.Sleep(3 * time.Second)
	})
}

// Nor by a secret that was rotated.
func TestARotatedSecretDoesNotBreakIntoAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Window = time.Second
		o.MaxWindow = 5 * time.Second
		var secret atomic.Value
		secret.Store("s1")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		type ab struct {
			A int    `config:"a"`
			B int    `config:"b"`
			C string `config:"c"`
		}
		a, b := memory.New("a.yaml", []byte("a: 1")), memory.New("b.yaml", []byte("b: 1"))
		cfg := layered[ab](t, o, a, b, nacre.Layer(memory.New("c.yaml", []byte("c: '${vault:x}'")), r, nacre.RefreshEvery(300*time.Millisecond)))
		time.Sleep(2 * time.Second)
		a.Set([]byte("a: 2"))
		secret.Store("s2")
		time.Sleep(700 * time.Millisecond)
		if c := cfg.Get(); c.A != c.B {
			t.Errorf("a rotated secret applied half of a change: %+v", *c)
		}
		b.Set([]byte("b: 2"))
		time.Sleep(3 * time.Second)
	})
}

// A release comes whole beside a layer that is bad and no part of it.
func TestABadLayerHoldsNoReleaseUp(t *testing.T) {
	for _, kind := range []string{"validate", "build"} {
		synctest.Test(t, func(t *testing.T) {
			mf := memory.New("release.yaml", of(1).YAML())
			a, b, c := memory.New("a.yaml", docA(1)), memory.New("b.yaml", docB(1)), memory.New("c.yaml", []byte("c: 1"))
			cfg := layered[releaseLimit](t, quiet, nacre.Layer(mf, nacre.Manifest()), a, b, c)
			bad := "c: 101"
			if kind == "build" {
				bad = "c: 50"
				nacre.Derive(t.Context(), cfg, func(c *releaseLimit) int { return c.C }, func(_ context.Context, n int) (int, error) {
					if n == 50 {
						return 0, errors.New("down")
					}
					return n, nil
				}, nil)
			}
			c.Set([]byte(bad))
			settle()
			if cfg.Get().C != 1 {
				t.Fatal("control")
			}
			a.Set(docA(2))
			b.Set(docB(2))
			mf.Set(of(2).YAML())
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if g := cfg.Get(); g.A != 2 || g.B != 2 {
				t.Errorf("%s: a good release is refused since a layer that is not of it is bad: %+v", kind, *g)
				for _, l := range cfg.Health().Layers {
					t.Logf("%s rejected %q held %q", l.Name, l.Rejected, l.Held)
				}
			}
		})
	}
}

// The same where that layer is the lowest.
func TestABadLayerBelowHoldsNoReleaseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mf := memory.New("release.yaml", of(1).YAML())
		a, b, c := memory.New("a.yaml", docA(1)), memory.New("b.yaml", docB(1)), memory.New("c.yaml", []byte("c: 1"))
		cfg := layered[releaseLimit](t, quiet, c, nacre.Layer(mf, nacre.Manifest()), a, b)
		c.Set([]byte("c: 101"))
		settle()
		a.Set(docA(2))
		b.Set(docB(2))
		mf.Set(of(2).YAML())
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if g := cfg.Get(); g.A != 2 || g.B != 2 {
			t.Errorf("a good release is refused since a layer that is not of it is bad: %+v", *g)
			for _, l := range cfg.Health().Layers {
				t.Logf("%s rejected %q held %q", l.Name, l.Rejected, l.Held)
			}
		}
	})
}

// A section does not turn into its defaults because somebody has put something else above it.
func TestWhatStandsAboveASectionMustBeAMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.MaxKeyLoss = -1
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[auditConfig]("plugins.audit")}
		cfg, m := open[appConfig](t, o, "n: 1\nplugins: {audit: {file: f}}")
		audit := section[auditConfig](t, cfg, "plugins.audit")
		for i, text := range []string{"n: 2\nplugins: 5", "n: 3\nplugins: [{audit: {file: g}}]", "n: 4\nplugins: 'audit: {file: g}'"} {
			m.Set([]byte(text))
			settle()
			t.Log(cfg.Health().Layers[0].Rejected, cfg.Health().Layers[0].Held)
			if cfg.Get().N == i+2 {
				t.Errorf("%q is accepted: section %+v", text, *audit.Get())
			}
		}
		m.Set([]byte("n: 9\nplugins: 5\nplugin: 5"))
		settle()
		t.Log(cfg.Health().Layers[0].Rejected)
	})
}

// While a version is on trial, what the one before it stands on is needed.
func TestNothingIsGivenUpThatTheWayBackNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type ab struct {
			N    int  `config:"n"`
			UseA bool `config:"use_a"`
		}
		cfg, m := open[ab](t, quiet, "n: 1\nuse_a: true")
		a, err := nacre.Derive(t.Context(), cfg, func(c *ab) int { return 0 }, func(context.Context, int) (int, error) { return 7, nil }, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := nacre.Derive(t.Context(), cfg, func(c *ab) bool { return c.UseA }, func(ctx context.Context, use bool) (int, error) {
			if use {
				return a.From(ctx)
			}
			return -1, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		nacre.AutoRollback(cfg, func(_ context.Context, c *ab) error {
			if c.N == 2 && !strings.Contains("x", "y") {
				return errors.New("bad")
			}
			return nil
		})
		m.Set([]byte("n: 2\nuse_a: false"))
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		t.Log(cfg.Health().OnProbation, b.Get())
		err = a.Close()
		t.Log("Close:", err)
		time.Sleep(time.Minute)
		if err == nil && cfg.Get().N != 1 {
			t.Errorf("a version that failed its probe stays live: %+v", *cfg.Get())
		}
	})
}

// Health shows each section that is open, with all who have asked for it, whoever else opens and
// closes sections meanwhile; and none of that is a new version.
func TestSectionsAndHealthTogether(t *testing.T) {
	const askers, times = 4, 100
	keys := []string{"kafka", "mail", "jobs", "cache", "audit", "search"}
	text := "n: 1\nredis: {addr: a}\n"
	for _, key := range keys {
		text += key + ": {addr: a}\n"
	}
	cfg, _ := open[appConfig](t, reserving(append(keys, "redis")...), text)
	section[redisConfig](t, cfg, "redis")
	users := func(key string) (n int) {
		h := cfg.Health()
		if h.Version != 1 {
			t.Errorf("version %d is live although the configuration has not changed", h.Version)
		}
		for _, s := range h.Sections {
			if s.Key == key {
				n += s.Users
			}
		}
		return n
	}
	ask := func(key string) *nacre.Config[redisConfig] {
		s, err := nacre.Section[redisConfig](t.Context(), cfg, key)
		if err != nil || s.Get().Addr != "a" {
			t.Errorf("section %s: %v, %v", key, s, err)
		}
		return s
	}
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for n := range times {
				ask("redis")
				if got := users("redis"); got < n+2 {
					t.Errorf("Health shows %d users of a section that was asked for %d times", got, n+2)
				}
			}
		})
	}
	for _, key := range keys {
		all.Go(func() {
			for range times {
				s := ask(key)
				if got := users(key); got != 1 {
					t.Errorf("Health shows %d users of section %s, which has one", got, key)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if got := users(key); got != 0 {
					t.Errorf("Health shows %d users of section %s, which is closed", got, key)
				}
			}
		})
	}
	all.Wait()
	if got := users("redis"); got != 1+askers*times {
		t.Errorf("Health shows %d users of a section that was asked for %d times", got, 1+askers*times)
	}
}

var slowly atomic.Bool // a test below is alone with it

type slowSection struct {
	Addr string `config:"addr"`
}

func (s *slowSection) Validate() error {
	if slowly.Load() {
		time.Sleep(2 * time.Second)
	}
	return nil
}

// Who gives up on a section does not leave it behind.
func TestASectionThatNobodyWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, unguarded(reserving("redis")), "n: 1\nredis: {addr: a}")
		slowly.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := nacre.Section[slowSection](ctx, cfg, "redis"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a section whose time is over: %v", err)
		}
		slowly.Store(false)
		time.Sleep(5 * time.Second)
		m.Set([]byte("n: 2\nredis: {addr: [a]}"))
		settle()
		if s := cfg.Health().Sections; cfg.Get().N != 2 || len(s) != 1 {
			t.Errorf("it holds changes up: %+v, %q, %q", s, cfg.Health().Layers[0].Rejected, cfg.Health().Layers[0].Held)
		}
	})
}

func unguarded(o nacre.Options) nacre.Options {
	o.MaxKeyLoss = -1
	return o
}

// flatLayer is a layer elsewhere whose names are flat.
type flatLayer struct{ *scripted }

func (flatLayer) Name() string { return "flat" }

func (f flatLayer) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	c, err := remoteLayer(f).Next(ctx, prev)
	for i := range c.Documents {
		c.Documents[i].Name, c.Documents[i].Format = "flat.env", source.FormatDotenv
	}
	return c, err
}

// A start falls back for the second of two sections, too, though the first has given names a
// meaning and so made a version.
func TestAStartFallsBackForTheSecondSection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := reserving("redis", "audit")
		o.LastKnownGoodDir = t.TempDir()
		m := flatLayer{&scripted{text: "N=1\nREDIS_ADDR=a\nREDIS_TLS_CERT=c\nAUDIT_FILE=f"}}
		for i, text := range []string{m.text, "N=2\nREDIS_ADDR=b\nREDIS_TLS_CERT=c\nAUDIT_KEEP=x"} {
			m.text = text
			cfg, err := nacre.OpenWith[appConfig](t.Context(), o, m)
			if err != nil {
				t.Fatal(err)
			}
			redis := section[redisConfig](t, cfg, "redis")
			if _, err := nacre.Section[auditConfig](t.Context(), cfg, "audit"); err != nil {
				t.Errorf("start %d: %v", i, err)
			}
			if cfg.Get().N != 1 || redis.Get().Addr != "a" || redis.Get().TLS.Cert != "c" {
				t.Errorf("start %d: live is %+v %+v", i, *cfg.Get(), *redis.Get())
			}
			settle()
			if err := cfg.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A secret is rotated while the newest content is refused.
func TestWhatIsLiveIsRereadBesideARefusedContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("s1")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		m := memory.New("a.yaml", []byte("db: '${vault:x}'\nother: 1"))
		cfg := layered[secretive](t, quiet, nacre.Layer(m, r))
		m.Set([]byte("db: 'z'\nother: nonsense"))
		settle()
		secret.Store("s2")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if cfg.Get().DB != "s2" {
			t.Errorf("rotated 10 minutes ago, live is still %+v", *cfg.Get())
		}
	})
}

// A secret is rotated while the service runs on its last known good copy.
func TestTheCopyIsReread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var secret atomic.Value
		secret.Store("s1")
		r := nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret.Load().(string), nil })
		o := quiet
		o.LastKnownGoodDir = t.TempDir()
		s := &scripted{text: "db: '${vault:x}'\nother: 1"}
		cfg := layered[secretive](t, o, nacre.Layer(remoteLayer{s}, r))
		settle()
		cfg.Close()
		s.down = true
		cfg = layered[secretive](t, o, nacre.Layer(remoteLayer{s}, r))
		if cfg.Get().DB != "s1" {
			t.Fatal(cfg.Get())
		}
		secret.Store("s2")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if cfg.Get().DB != "s2" {
			t.Errorf("rotated 10 minutes ago, live is still %+v", *cfg.Get())
		}
	})
}

// A restart-only field waits for nothing once its section is closed.
func TestNothingOfAClosedSectionWaitsForARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("audit"), "n: 1\naudit: {keep: 1, file: f}")
		audit := section[auditConfig](t, cfg, "audit")
		m.Set([]byte("n: 2\naudit: {keep: 2, file: g}"))
		settle()
		if len(cfg.Health().Pending) != 1 {
			t.Fatal("it does not wait while the section is open")
		}
		if err := audit.Close(); err != nil {
			t.Fatal(err)
		}
		if p := cfg.Health().Pending; len(p) != 0 {
			t.Errorf("after its section was closed it waits: %v", p)
		}
		if again := section[auditConfig](t, cfg, "audit"); again.Get().Keep != 2 || audit.Get().Keep != 1 {
			t.Errorf("opened again it has %+v", *again.Get())
		}
	})
}
