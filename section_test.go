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
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// The service of these tests knows only its own key; packages bring the rest.
type appConfig struct {
	N int `config:"n"`
}

type redisConfig struct {
	Addr string       `config:"addr" validate:"required"`
	Pool int          `config:"pool" default:"10" validate:"lte=100"`
	N    int          `config:"n"`
	Auth nacre.Secret `config:"auth"`
	TLS  struct {
		Cert string `config:"cert"`
	} `config:"tls"`
}

type auditConfig struct {
	File string `config:"file" default:"audit.log"`
	Keep int    `config:"keep" live:"false"`
}

func reserving(keys ...string) nacre.Options {
	o := quiet
	for _, key := range keys {
		o.Sections = append(o.Sections, nacre.ReserveSection(key))
	}
	return o
}

func section[S, T any](t *testing.T, cfg *nacre.Config[T], key string) *nacre.Config[S] {
	t.Helper()
	s, err := nacre.Section[S](t.Context(), cfg, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASectionIsAConfigOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: 'r1:6379'}")
		redis := section[redisConfig](t, cfg, "redis")
		if c := redis.Get(); c.Addr != "r1:6379" || c.Pool != 10 || redis.Snapshot().Version != 1 || len(cfg.History()) != 1 {
			t.Fatalf("the section has %+v in version %d", *c, redis.Snapshot().Version)
		}
		var whole, part []nacre.Change[int]
		nacre.Subscribe(cfg, func(c *appConfig) int { return c.N }, keep(&whole))
		nacre.Subscribe(redis, func(c *redisConfig) int { return c.Pool }, keep(&part))
		m.Set([]byte("n: 2\nredis: {addr: 'r1:6379'}"))
		settle()
		m.Set([]byte("n: 2\nredis: {addr: 'r1:6379', pool: 20}"))
		settle()
		if len(whole) != 1 || whole[0].New != 2 || whole[0].Version != 2 || len(part) != 1 || part[0].New != 20 || part[0].Version != 3 {
			t.Errorf("subscribers of the whole heard %+v, of the section %+v", whole, part)
		}
		if x, err := redis.Explain("pool"); err != nil || x.Key != "redis.pool" || x.Value != "20" || !x.Known {
			t.Errorf("Explain says %s, %v", x, err)
		}
		if tree := redis.Tree(); tree["addr"] != "r1:6379" || tree["pool"] != int64(20) || len(tree) != 2 {
			t.Errorf("the section's tree is %v", tree)
		}
		var keys []string
		for _, x := range redis.ExplainAll().Keys {
			keys = append(keys, x.Key)
		}
		if strings.Join(keys, " ") != "redis.addr redis.pool" {
			t.Errorf("the section's report has %q", keys)
		}
		if s := cfg.Health().Sections; len(s) != 2 || s[0].Type != "" || s[1].Key != "redis" || s[1].Type != "nacre_test.redisConfig" || s[1].Users != 1 {
			t.Errorf("Health shows the sections %+v", s)
		}
		if again := section[redisConfig](t, cfg, "redis"); again.Get() != redis.Get() {
			t.Error("who asks again gets another value")
		}
	})
}

func keep[V any](into *[]nacre.Change[V]) func(context.Context, nacre.Change[V]) error {
	return func(_ context.Context, ch nacre.Change[V]) error {
		*into = append(*into, ch)
		return nil
	}
}

// What is bad for one is applied by none.
func TestNoSectionIsHalfApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis", "plugins"), "n: 1\nredis: {addr: a}\nplugins: {audit: {file: f}}")
		redis, audit := section[redisConfig](t, cfg, "redis"), section[auditConfig](t, cfg, "plugins.audit")
		for text, want := range map[string][]string{
			"n: 2\nredis: {addr: b, pool: 101}\nplugins: {audit: {file: g}}":     {"redis.pool", "config.yaml:2"},
			"n: 2\nredis: {pool: 1}\nplugins: {audit: {file: g}}":                {"redis.addr"},
			"n: 2\nredis: {addr: b}\nplugins: {audit: {file: [g]}}":              {"plugins.audit.file", "config.yaml:3"},
			"n: 2\nredis: {addr: b, pol: 2}\nplugins: {audit: {file: g}}":        {"redis.pol", "unknown key", "redis.pool"},
			"n: 2\nredis: {addr: b}\nplugins: {audit: {fil: g}}":                 {"plugins.audit.fil", "unknown key"},
			"n: 2\nredis: 5\nplugins: {audit: {file: g}}":                        {"redis", "must be a map"},
			"n: x\nredis: {addr: b}\nplugins: {audit: {file: g}}":                {"n: "},
			"n: 2\nredis: {addr: b}\nplugins: {audit: {file: g}}\nmore: {a: {}}": {"more", "unknown key"},
		} {
			m.Set([]byte(text))
			settle()
			if cfg.Get().N != 1 || redis.Get().Addr != "a" || audit.Get().File != "f" || cfg.Snapshot().Version != 1 {
				t.Errorf("%q was applied, at least in part: %+v %+v %+v", text, *cfg.Get(), *redis.Get(), *audit.Get())
			}
			rejected := strings.Join(cfg.Health().Layers[0].Rejected, "; ")
			for _, w := range want {
				if !strings.Contains(rejected, w) {
					t.Errorf("%q: rejected for %q, want %q in it", text, rejected, w)
				}
			}
		}
		m.Set([]byte("n: 2\nredis: {addr: b}\nplugins: {audit: {file: g}}"))
		settle()
		if cfg.Get().N != 2 || redis.Get().Addr != "b" || audit.Get().File != "g" || redis.Snapshot().Version != 2 {
			t.Errorf("a good change was not applied whole: %+v %+v %+v", *cfg.Get(), *redis.Get(), *audit.Get())
		}
	})
}

// Only a part of a reserved key is bound: what else is there is nobody's mistake, and not shown.
func TestAReservedKeyIsNotShown(t *testing.T) {
	cfg, _ := open[appConfig](t, reserving("plugins"), "plugins: {audit: {file: f}, other: {password: "+canary+"}}")
	section[auditConfig](t, cfg, "plugins.audit")
	for _, x := range cfg.ExplainAll().Keys {
		if strings.Contains(fmt.Sprint(x), canary) {
			t.Errorf("what nobody binds is shown: %s", x)
		}
	}
	if x, _ := cfg.Explain("plugins.audit.file"); x.Value != `"f"` {
		t.Errorf("what is bound is not shown: %s", x)
	}
}

// A key that is bound below an unknown one makes only itself known.
func TestTheRestOfAnUnknownKeyIsUnknown(t *testing.T) {
	o := quiet
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[auditConfig]("plugins.audit")}
	for text, key := range map[string]string{"plugins: {audit: {file: f}, adit: {file: g}}": "plugins.adit", "plugin: {}": "plugin"} {
		cfg, err := nacre.OpenWith[appConfig](t.Context(), o, memory.New("config.yaml", []byte(text)))
		var problems nacre.Problems
		if !errors.As(opened(cfg, err), &problems) || len(problems) != 1 || problems[0].Key != key || problems[0].Kind != source.UnknownKey ||
			!strings.HasPrefix("plugins.audit", problems[0].Suggest) || problems[0].Suggest == "" {
			t.Errorf("%s: the error is %v", text, err)
		}
	}
}

func TestADeclaredSectionIsThereFromTheStart(t *testing.T) {
	o := quiet
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[redisConfig]("redis"), nacre.DeclareSection[redisConfig]("redis")}
	cfg, err := nacre.OpenWith[appConfig](t.Context(), o, memory.New("config.yaml", []byte("n: 1\nredis: {pool: 101}")))
	var problems nacre.Problems
	if !errors.As(opened(cfg, err), &problems) || len(problems) != 2 || problems[0].Key != "redis.pool" || problems[1].Key != "redis.addr" {
		t.Fatalf("a start that is bad for a section: %v", err)
	}
	_, err = nacre.CheckWith[appConfig](t.Context(), o, memory.New("config.yaml", []byte("redis: {addr: a, pool: 101}")))
	if !errors.As(err, &problems) || len(problems) != 1 {
		t.Errorf("Check says %v", err)
	}
	cfg, _ = open[appConfig](t, o, "n: 1\nredis: {addr: a}")
	redis := section[redisConfig](t, cfg, "redis")
	if redis.Get().Addr != "a" || len(cfg.Health().Sections) != 1 {
		t.Errorf("the section is %+v, Health shows %+v", *redis.Get(), cfg.Health().Sections)
	}
}

// A section that what is live is not good for leaves all as it was, and can be asked for again.
func TestASectionThatCannotBeBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis"), "n: 1\nredis: {pool: 101}")
		_, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
		var problems nacre.Problems
		if !errors.As(err, &problems) || len(problems) != 2 {
			t.Fatalf("a section that is not good: %v", err)
		}
		m.Set([]byte("n: 2\nredis: {pool: 102}"))
		settle()
		if cfg.Get().N != 2 {
			t.Error("a section that was not bound holds changes up")
		}
		m.Set([]byte("n: 3\nredis: {addr: a}"))
		settle()
		if redis := section[redisConfig](t, cfg, "redis"); redis.Get().Addr != "a" || cfg.Get().N != 3 {
			t.Errorf("the section is %+v", *redis.Get())
		}
	})
}

// Where names are flat, only the struct says what they mean: a section that comes later gives them
// a meaning, and that is a new version.
func TestASectionGivesFlatNamesTheirMeaning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New("app.env", []byte("N=1\nREDIS_ADDR=a\nREDIS_TLS_CERT=c"))
		cfg, err := nacre.OpenWith[appConfig](t.Context(), reserving("redis"), m)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		limit, err := nacre.Derive(t.Context(), cfg, func(c *appConfig) int { return c.N }, func(_ context.Context, n int) (int, error) { return 10 * n, nil }, nil)
		if err != nil {
			t.Fatal(err)
		}
		redis := section[redisConfig](t, cfg, "redis")
		if c := redis.Get(); c.Addr != "a" || c.TLS.Cert != "c" || redis.Snapshot().Version != 2 || cfg.Snapshot().Version != 2 || limit.Get() != 10 {
			t.Errorf("the section has %+v in version %d, a resource is %d", *c, redis.Snapshot().Version, limit.Get())
		}
		if history := cfg.History(); len(history) != 2 || history[1].Causes[0].Document != "section redis" {
			t.Errorf("the history has %+v", history)
		}
		m.Set([]byte("N=1\nREDIS_ADDR=a\nREDIS_PULL=7"))
		settle()
		if rejected := cfg.Health().Layers[0].Rejected; len(rejected) != 1 {
			t.Errorf("a name that means nothing is rejected for %q", rejected)
		}
	})
}

// A change that was refused for a key that nobody knew is good once somebody does.
func TestASectionMakesAKeyKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[struct {
			Keep int `config:"keep"`
		}]("audit")}
		cfg, m := open[appConfig](t, o, "n: 1")
		m.Set([]byte("n: 2\naudit: {file: f}"))
		settle()
		if cfg.Get().N != 1 {
			t.Fatal("an unknown key was let in")
		}
		audit := section[auditConfig](t, cfg, "audit")
		if cfg.Get().N != 2 || audit.Get().File != "f" {
			t.Errorf("live is %+v and %+v, want the change that was refused", *cfg.Get(), *audit.Get())
		}
	})
}

// Read by many while it is written, the whole and its sections are of one version, and who has seen
// one version in any of them sees none that is older in another.
func TestNoTornReadAcrossSections(t *testing.T) {
	const versions = 300
	o := reserving("redis", "more")
	o.Window = -1
	cfg, m := open[appConfig](t, o, "n: 0\nredis: {addr: a, n: 0}\nmore: {n: 0}")
	redis, more := section[redisConfig](t, cfg, "redis"), section[appConfig](t, cfg, "more")
	reads := []func() int{func() int { return cfg.Get().N }, func() int { return redis.Get().N }, func() int { return more.Get().N }}
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			for last, at := 0, i; ctx.Err() == nil; at++ {
				n := reads[at%3]()
				if n < last {
					t.Errorf("version %d came after version %d", n, last)
					return
				}
				last = n
				held := cfg.NewContext(ctx)
				if a, b, c := cfg.FromContext(held).N, redis.FromContext(held).N, more.FromContext(redis.NewContext(held)).N; a != b || a != c {
					t.Errorf("one context has the versions %d, %d and %d", a, b, c)
					return
				}
			}
		})
	}
	applied := make(chan int)
	nacre.Subscribe(more, func(c *appConfig) int { return c.N }, func(_ context.Context, ch nacre.Change[int]) error {
		applied <- ch.New
		return nil
	})
	for n := range versions {
		m.Set(fmt.Appendf(nil, "n: %[1]d\nredis: {addr: a, n: %[1]d}\nmore: {n: %[1]d}", n+1))
		<-applied
	}
	stop()
	readers.Wait()
}

// A resource of a section is built from the candidate, and one that cannot be built stops the whole
// change.
func TestAResourceOfASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: a}")
		redis := section[redisConfig](t, cfg, "redis")
		var builds int
		client, err := nacre.Derive(t.Context(), redis, func(c *redisConfig) string { return c.Addr }, func(_ context.Context, addr string) (string, error) {
			builds++
			if addr == "down" {
				return "", errors.New("no such host")
			}
			return "client of " + addr, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("n: 2\nredis: {addr: down}"))
		settle()
		if cfg.Get().N != 1 || redis.Get().Addr != "a" || client.Get() != "client of a" {
			t.Errorf("a change that the section's resource cannot follow was applied: %+v, %q", *cfg.Get(), client.Get())
		}
		m.Set([]byte("n: 3\nredis: {addr: b}"))
		settle()
		held := cfg.NewContext(t.Context())
		before, value := builds, redis.Get()
		section[auditConfig](t, cfg, "redis.audit") // one more section builds nothing anew
		if cfg.Get().N != 3 || client.Get() != "client of b" || builds != before || redis.Get() != value {
			t.Errorf("live is %+v, %q after %d builds, want %d", *cfg.Get(), client.Get(), builds, before)
		}
		if c, err := client.From(held); err != nil || c != "client of b" {
			t.Errorf("the resource of a context from before: %q, %v", c, err)
		}
	})
}

// A probe of a section takes back the whole change; so it does with a change before which, or
// during whose trial, a section came.
func TestAProbeOfASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis", "audit"), "n: 1\nredis: {addr: a}\naudit: {file: f}")
		redis := section[redisConfig](t, cfg, "redis")
		nacre.AutoRollback(redis, func(_ context.Context, c *redisConfig) error {
			if c.Addr == "bad" {
				return errors.New("no answer")
			}
			return nil
		})
		m.Set([]byte("n: 2\nredis: {addr: bad}\naudit: {file: g}"))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		audit := section[auditConfig](t, cfg, "audit")
		if cfg.Get().N != 2 || audit.Get().File != "g" || !cfg.Health().OnProbation {
			t.Fatalf("on trial is %+v %+v", *cfg.Get(), *audit.Get())
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if cfg.Get().N != 1 || redis.Get().Addr != "a" || audit.Get().File != "f" || cfg.Health().OnProbation {
			t.Errorf("taken back to %+v %+v %+v", *cfg.Get(), *redis.Get(), *audit.Get())
		}
		time.Sleep(time.Minute)
	})
}

// One can go back to a version that was before the section, if it is good for it.
func TestBackToAVersionBeforeTheSection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis", "audit"), "n: 1\nredis: {pool: 1}")
		for n := 2; n <= 3; n++ {
			m.Set(fmt.Appendf(nil, "n: %d\nredis: {addr: a%d}", n, n))
			settle()
		}
		redis := section[redisConfig](t, cfg, "redis")
		if _, err := cfg.Pin(t.Context(), 1); err == nil || cfg.Get().N != 3 {
			t.Errorf("back to a version that the section cannot be bound to: %+v, %v", *cfg.Get(), err)
		}
		if v, err := redis.Rollback(t.Context()); err != nil || v != 4 || cfg.Get().N != 2 || redis.Get().Addr != "a2" {
			t.Errorf("rolled back to %+v %+v, version %d, %v", *cfg.Get(), *redis.Get(), v, err)
		}
		audit := section[auditConfig](t, cfg, "audit")
		if v, err := cfg.Pin(t.Context(), 3); err != nil || v != 5 || redis.Get().Addr != "a3" || audit.Get().File != "audit.log" {
			t.Errorf("pinned %+v %+v, version %d, %v", *redis.Get(), *audit.Get(), v, err)
		}
		if err := cfg.Unpin(t.Context()); err != nil || cfg.Get().N != 3 {
			t.Errorf("unpinned: %+v, %v", *cfg.Get(), err)
		}
	})
}

func TestARestartOnlyFieldOfASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("audit"), "n: 1\naudit: {keep: 1, file: f}")
		audit := section[auditConfig](t, cfg, "audit")
		m.Set([]byte("n: 2\naudit: {keep: 2, file: g}"))
		settle()
		if a := audit.Get(); a.Keep != 1 || a.File != "g" || len(cfg.Health().Pending) != 1 || !strings.HasPrefix(cfg.Health().Pending[0], "audit.keep ") {
			t.Errorf("live is %+v, pending %v", *a, cfg.Health().Pending)
		}
	})
}

// Closing a section ends what was made with it, and it holds nothing up any more once all who asked
// for it have closed it.
func TestClosingASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: a}")
		one, other := section[redisConfig](t, cfg, "redis"), section[redisConfig](t, cfg, "redis")
		var heard, others, probes atomic.Int64
		sub, _ := nacre.Subscribe(one, func(c *redisConfig) string { return c.Addr }, func(context.Context, nacre.Change[string]) error {
			heard.Add(1)
			return nil
		})
		nacre.Subscribe(other, func(c *redisConfig) string { return c.Addr }, func(context.Context, nacre.Change[string]) error {
			others.Add(1)
			return nil
		})
		nacre.AutoRollback(one, func(context.Context, *redisConfig) error { probes.Add(1); return nil })
		for range 2 {
			if err := one.Close(); err != nil {
				t.Fatal(err)
			}
		}
		<-sub.Done()
		m.Set([]byte("n: 2\nredis: {addr: b}"))
		time.Sleep(time.Minute)
		if heard.Load() != 0 || probes.Load() != 0 || others.Load() != 1 || one.Get().Addr != "a" || other.Get().Addr != "b" {
			t.Errorf("after one has closed it: it heard %d times and probed %d times, the other heard %d times", heard.Load(), probes.Load(), others.Load())
		}
		m.Set([]byte("n: 3\nredis: {pool: 1}"))
		settle()
		if cfg.Get().N != 2 {
			t.Error("the other's section was not heeded")
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("n: 4\nredis: {pool: 1}"))
		settle()
		if cfg.Get().N != 4 || one.Get().Addr != "a" || other.Get().Addr != "b" {
			t.Errorf("closed by all, and live is %+v, %+v", *cfg.Get(), *one.Get())
		}
		if _, err := nacre.Derive(t.Context(), one, func(c *redisConfig) string { return c.Addr }, func(context.Context, string) (int, error) { return 0, nil }, nil); !errors.Is(err, source.Closed) {
			t.Errorf("a resource of a closed section: %v", err)
		}
		if sub, err := nacre.Subscribe(one, func(c *redisConfig) string { return c.Addr }, func(context.Context, nacre.Change[string]) error { return nil }); sub != nil || !errors.Is(err, source.Closed) {
			t.Errorf("a subscriber of a closed section: %v, %v", sub, err)
		}
		m.Set([]byte("n: 4\nredis: {addr: c}"))
		settle()
		if again := section[redisConfig](t, cfg, "redis"); again.Get().Addr != "c" || one.Get().Addr != "a" {
			t.Errorf("asked for again: %+v", *again.Get())
		}
	})
}

func TestWhatCannotBeASection(t *testing.T) {
	cfg, _ := open[struct {
		Hosts []string          `config:"hosts"`
		Name  string            `config:"name"`
		More  map[string]string `config:"more"`
	}](t, quiet, "name: x")
	for key, want := range map[string]string{"": "not a key", "a..b": "not a key", "hosts[0]": "not a key", "hosts": "a list", "name.x": "a single value", "more.x": "a single value"} {
		_, err := nacre.Section[redisConfig](t.Context(), cfg, key)
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want Misused with %q", key, err, want)
		}
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[redisConfig](key)}
		if other, err := nacre.OpenWith[struct {
			Hosts []string          `config:"hosts"`
			Name  string            `config:"name"`
			More  map[string]string `config:"more"`
		}](t.Context(), o, memory.New("a.yaml", nil)); !errors.Is(opened(other, err), source.InvalidArgument) {
			t.Errorf("%q, declared: %v", key, err)
		}
	}
	if _, err := nacre.Section[struct {
		C chan int `config:"c"`
	}](t.Context(), cfg, "redis"); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("a type that cannot be bound: %v", err)
	}
	if cfg.Snapshot().Version != 1 || len(cfg.Health().Sections) != 0 {
		t.Errorf("what could not be left version %d, %+v", cfg.Snapshot().Version, cfg.Health().Sections)
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := nacre.Section[auditConfig](t.Context(), cfg, "audit"); !errors.Is(err, source.Closed) {
		t.Errorf("of a closed config: %v", err)
	}
}

// A service whose section cannot be bound to what it has just started with goes back to its last
// known good copy.
func TestAStartFallsBackForASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := reserving("redis")
		o.LastKnownGoodDir = t.TempDir()
		m := remoteLayer{&scripted{text: "n: 1\nredis: {addr: a}"}}
		run := func() (*nacre.Config[appConfig], *nacre.Config[redisConfig], error) {
			cfg, err := nacre.OpenWith[appConfig](t.Context(), o, m)
			if err != nil {
				t.Fatal(err)
			}
			redis, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
			return cfg, redis, err
		}
		cfg, _, err := run()
		if err != nil {
			t.Fatal(err)
		}
		settle()
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		m.text = "n: 2\nredis: {pool: 101}"
		for range 2 { // the copy must outlive a start that it was needed for
			cfg, redis, err := run()
			if err != nil || cfg.Get().N != 1 || redis.Get().Addr != "a" || len(cfg.Health().Layers[0].Rejected) == 0 {
				t.Fatalf("started with %+v: %v, %+v", *cfg.Get(), err, cfg.Health().Layers)
			}
			time.Sleep(time.Minute)
			if err := cfg.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What a section's secret is stays hidden, from before the section was there.
func TestASecretOfASection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen strings.Builder
		o := reserving("redis")
		o.Observers = on(handlers{observe.Applied: func(a observe.Event) { fmt.Fprintf(&seen, "%+v\n", a) }, observe.Rejected: func(r observe.Event) { fmt.Fprintf(&seen, "%+v\n", r) }})
		cfg, m := open[appConfig](t, o, "redis: {addr: a, auth: "+canary+"-1}")
		m.Set([]byte("redis: {addr: a, auth: " + canary + "-2}"))
		settle()
		redis := section[redisConfig](t, cfg, "redis")
		m.Set([]byte("redis: {addr: a, auth: " + canary + "-3}"))
		settle()
		m.Set([]byte("redis: {addr: a, auth: [" + canary + "-4]}"))
		settle()
		fmt.Fprintf(&seen, "%+v\n%+v\n%+v\n%+v\n%v", cfg.History(), cfg.ExplainAll(), cfg.Health(), redis.Snapshot(), redis)
		if strings.Contains(seen.String(), canary) {
			t.Errorf("the secret is in:\n%s", seen.String())
		}
		if redis.Get().Auth.Reveal() != canary+"-3" {
			t.Error("the secret did not come")
		}
	})
}

// A section that comes while the config is closed is there or is not; what is given can be read.
func TestASectionWhileTheConfigIsClosed(t *testing.T) {
	for range 200 {
		cfg, err := nacre.OpenWith[appConfig](t.Context(), reserving("redis"), memory.New("config.yaml", []byte("redis: {addr: a}")))
		if err != nil {
			t.Fatal(err)
		}
		res, err := nacre.Derive(t.Context(), cfg, func(c *appConfig) int { return c.N }, func(context.Context, int) (*conn, error) { return &conn{}, nil }, (&factory{}).close)
		if err != nil {
			t.Fatal(err)
		}
		var closing sync.WaitGroup
		closing.Go(func() {
			if err := cfg.Close(); err != nil {
				t.Error(err)
			}
		})
		redis, err := nacre.Section[redisConfig](t.Context(), cfg, "redis")
		switch {
		case err != nil && !errors.Is(err, source.Closed):
			t.Errorf("a section of a config that is being closed: %v", err)
		case err == nil && redis.Get().Addr != "a":
			t.Error("the section cannot be read")
		}
		closing.Wait()
		if !res.Get().closed.Load() {
			t.Fatal("a resource was left open")
		}
	}
}
