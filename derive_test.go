package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
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

type deriveConfig struct {
	DB    string       `config:"db"`
	Cache string       `config:"cache"`
	Other int          `config:"other"`
	Token nacre.Secret `config:"token"`
}

// conn is a resource that knows whether it is open.
type conn struct {
	dsn    string
	below  *conn
	closed atomic.Bool
}

// factory makes conns, and remembers what was made and closed, in order.
type factory struct {
	mu       sync.Mutex
	log      []string
	refuse   map[string]error
	hang     map[string]chan struct{} // a build of that text waits for it, whatever its context says
	all      []*conn
	closeErr error
}

func (f *factory) build(ctx context.Context, dsn string) (*conn, error) {
	f.mu.Lock()
	err, hang := f.refuse[dsn], f.hang[dsn]
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if err != nil {
		f.note("refuse " + dsn)
		return nil, err
	}
	switch dsn {
	case "panic":
		panic("boom")
	case "goexit":
		runtime.Goexit()
	case "slow":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	f.note("open " + dsn)
	c := &conn{dsn: dsn}
	f.mu.Lock()
	f.all = append(f.all, c)
	f.mu.Unlock()
	return c, nil
}

func (f *factory) close(c *conn) error {
	if c.below != nil && c.below.closed.Load() {
		f.note("closed below " + c.dsn)
	}
	if c.closed.Swap(true) {
		f.note("closed twice " + c.dsn)
	}
	f.note("close " + c.dsn)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closeErr
}

func (f *factory) note(s string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, s)
}

// took returns what has happened since the last call.
func (f *factory) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	return strings.Join(log, ", ")
}

func derive(t *testing.T, cfg *nacre.Config[deriveConfig], f *factory, o ...nacre.DeriveOption) *nacre.Resource[*conn] {
	t.Helper()
	r, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, f.build, f.close, append([]nacre.DeriveOption{nacre.WithName("db")}, o...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAResourceIsRebuiltBeforeTheSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\nother: 1")
		f := &factory{}
		db := derive(t, cfg, f)
		if got := db.Get().dsn; got != "one" || f.took() != "open one" {
			t.Fatalf("Derive has built %q", got)
		}
		m.Set([]byte("db: one\nother: 2"))
		settle()
		if log := f.took(); log != "" || cfg.Get().Other != 2 {
			t.Errorf("a change of another part did %q", log)
		}
		m.Set([]byte("db: two\nother: 3"))
		settle()
		if got := db.Get().dsn; got != "two" || cfg.Get().DB != "two" {
			t.Errorf("after the change the resource is %q", got)
		}
		if log := f.took(); log != "open two" {
			t.Errorf("the change did %q; who got the old one by Get has a grace time", log)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if log := f.took(); log != "close one" {
			t.Errorf("after the grace time: %q, want the old one closed", log)
		}
	})
}

// Anomaly: half-applied.
func TestNothingIsHalfAppliedWhenABuildFails(t *testing.T) {
	for what, dsn := range map[string]string{"error": "bad", "panic": "panic", "goexit": "goexit", "timeout": "slow"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg, m := open[deriveConfig](t, quiet, "db: one\ncache: one\nother: 1")
				f := &factory{refuse: map[string]error{"bad": errors.New("refused")}}
				db := derive(t, cfg, f, nacre.BuildTimeout(2*time.Second))
				g := &factory{}
				cache, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.Cache }, g.build, g.close, nacre.WithName("cache"))
				if err != nil {
					t.Fatal(err)
				}
				before := cfg.Get()
				m.Set([]byte("db: " + dsn + "\ncache: two\nother: 2"))
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if cfg.Get() != before || db.Get().dsn != "one" || cache.Get().dsn != "one" {
					t.Errorf("a change whose resource cannot be built is live in part: %+v, db %s, cache %s", *cfg.Get(), db.Get().dsn, cache.Get().dsn)
				}
				if log := g.took(); !strings.HasPrefix(log, "open one, open two, close two") {
					t.Errorf("what was built for a change that did not come: %q, want it closed", log)
				}
				h := cfg.Health()
				if len(h.Layers[0].Rejected) != 1 || !strings.Contains(h.Layers[0].Rejected[0], "db cannot be built") {
					t.Errorf("Health says of the change %q", h.Layers[0].Rejected)
				}
				r := h.Resources[0]
				if r.Name != "db" || r.Failures == 0 || r.LastError == "" || (r.Panics > 0) != (what == "panic" || what == "goexit") {
					t.Errorf("Health says of the resource %+v", r)
				}
				last := cfg.History()[len(cfg.History())-1]
				if last.Kind != observe.Rejected || !errors.Is(last.Problems, source.BuildFailed) {
					t.Errorf("the history ends with %+v, want a rejected change of kind BuildFailed", last)
				}
				m.Set([]byte("db: three\ncache: two\nother: 3"))
				time.Sleep(5 * time.Second) // it may be tried again just now
				synctest.Wait()
				if cfg.Get().Other != 3 || db.Get().dsn != "three" || cache.Get().dsn != "two" {
					t.Errorf("a good change after it is not live: %+v", *cfg.Get())
				}
			})
		})
	}
}

// What the resource needs may have been down: a change that is good must come without another one.
func TestAFailedBuildIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rejected int
		o := quiet
		o.Observers = on(handlers{observe.Rejected: func(observe.Event) { rejected++ }})
		cfg, m := open[deriveConfig](t, o, "db: one")
		f := &factory{refuse: map[string]error{"two": errors.New("connection refused")}}
		db := derive(t, cfg, f)
		m.Set([]byte("db: two"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		tries := strings.Count(f.took(), "refuse two")
		if tries < 8 || tries > 16 || rejected != 1 {
			t.Errorf("in 5 minutes it was tried %d times and told %d times, want tries after 1 s, 2 s and so on up to a minute, told once", tries, rejected)
		}
		f.mu.Lock()
		f.refuse = nil
		f.mu.Unlock()
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if cfg.Get().DB != "two" || db.Get().dsn != "two" || len(cfg.Health().Layers[0].Rejected) != 0 {
			t.Errorf("the database is up again, and the change is not live: %+v", cfg.Health().Layers[0])
		}
		f.took()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if log := f.took(); strings.Contains(log, "open") {
			t.Errorf("it is still being built: %q", log)
		}
	})
}

// Anomaly: use after close.
func TestAnOldResourceIsClosedWhenItsLastUserHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one")
		f := &factory{}
		db := derive(t, cfg, f)
		one, release := db.Acquire()
		_, again := db.Acquire()
		if n := cfg.Health().Resources[0].Users; n != 2 {
			t.Errorf("Health counts %d users, want 2", n)
		}
		m.Set([]byte("db: two"))
		settle()
		release()
		release() // once more does nothing
		settle()
		if one.closed.Load() {
			t.Fatal("it was closed under one who holds it")
		}
		two, releaseTwo := db.Acquire()
		if two.dsn != "two" || cfg.Health().Resources[0].Replaced != 1 {
			t.Errorf("new users get %s, Health %+v", two.dsn, cfg.Health().Resources[0])
		}
		again()
		synctest.Wait()
		if !one.closed.Load() {
			t.Error("the last user has gone, and it is open")
		}
		m.Set([]byte("db: three"))
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if two.closed.Load() {
			t.Error("it was closed within the grace time under one who holds it")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if r := cfg.Health().Resources[0]; !two.closed.Load() || r.ClosedInUse != 1 || r.Closed != 2 {
			t.Errorf("after the grace time: closed %v, %+v, want it closed by force", two.closed.Load(), r)
		}
		releaseTwo()
	})
}

// Anomaly: use after close, with real concurrency: nobody who holds one, or has just got one, sees
// it closed.
func TestNoUseAfterClose(t *testing.T) {
	o := quiet
	o.Window = -1
	cfg, m := open[deriveConfig](t, o, "db: '0'")
	f := &factory{}
	db := derive(t, cfg, f)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var uses atomic.Int64
	for i := range 4 {
		wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				c, release := db.Acquire()
				uses.Add(1)
				if c.closed.Load() {
					t.Error("a resource is closed while it is held")
				}
				if n%8 == i {
					runtime.Gosched()
				}
				release()
			}
		})
	}
	for n := 1; n <= 300; n++ {
		m.Set(fmt.Appendf(nil, "db: '%d'", n))
		for cfg.Get().DB != fmt.Sprint(n) {
			runtime.Gosched()
		}
		if c, release := db.Acquire(); c.dsn != fmt.Sprint(n) {
			t.Errorf("the config is of %d and the resource of %s", n, c.dsn)
		} else {
			release()
		}
	}
	close(stop)
	wait.Wait()
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.all {
		if !c.closed.Load() {
			t.Errorf("%s was never closed", c.dsn)
		}
	}
	t.Logf("%d uses", uses.Load())
}

func TestResourcesStandOnResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\ncache: one")
		f := &factory{}
		db := derive(t, cfg, f)
		repo, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.Cache }, func(ctx context.Context, v string) (*conn, error) {
			below, err := db.From(ctx)
			if err != nil {
				return nil, err
			}
			c, err := f.build(ctx, "repo-"+v)
			if c != nil {
				c.below = below
			}
			return c, err
		}, f.close, nacre.WithName("repo"))
		if err != nil {
			t.Fatal(err)
		}
		f.took()

		m.Set([]byte("db: two\ncache: one"))
		settle()
		if repo.Get().below != db.Get() || db.Get().dsn != "two" {
			t.Error("the repository stands on a database that was replaced")
		}
		if log := f.took(); log != "open two, open repo-one, close repo-one, close one" {
			t.Errorf("a change of the database did %q, want the repository built after it and the old one closed before it", log)
		}

		m.Set([]byte("db: two\ncache: two"))
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if log := f.took(); log != "open repo-two, close repo-one" || repo.Get().below != db.Get() {
			t.Errorf("a change of the repository alone did %q", log)
		}

		// It cannot be built: told once, and not of what stands on it.
		f.mu.Lock()
		f.refuse = map[string]error{"bad": errors.New("refused")}
		f.mu.Unlock()
		m.Set([]byte("db: bad\ncache: three"))
		settle()
		if r := cfg.Health().Layers[0].Rejected; len(r) != 1 || !strings.Contains(r[0], "db cannot be built: refused") {
			t.Errorf("the reasons are %q, want the one of the database", r)
		}
		m.Set([]byte("db: two\ncache: two"))
		settle()
		f.took()
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		if log := f.took(); log != "close repo-two, close two" {
			t.Errorf("Close did %q, want what stands on the other closed first", log)
		}
	})
}

func TestResourcesAreBuiltAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "other: 1")
		slow := func(_ context.Context, v int) (int, error) { time.Sleep(2 * time.Second); return v, nil }
		for i := range 5 {
			if _, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) int { return c.Other }, slow, nil, nacre.WithName(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		m.Set([]byte("other: 2"))
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if cfg.Get().Other != 2 {
			t.Error("five builds of 2 s each take longer than 2.5 s together")
		}
	})
}

func TestABuildThatIsGivenUpLeavesNothingOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one")
		hang := make(chan struct{})
		f := &factory{hang: map[string]chan struct{}{"late": hang}}
		derive(t, cfg, f, nacre.BuildTimeout(time.Second))
		f.took()
		m.Set([]byte("db: late"))
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if cfg.Get().DB != "one" || len(cfg.Health().Layers[0].Rejected) == 0 {
			t.Fatal("a build that hangs holds the config up for longer than its time")
		}
		m.Set([]byte("db: two"))
		settle()
		if cfg.Get().DB != "two" {
			t.Error("after a build that hangs the config does not go on")
		}
		close(hang)
		synctest.Wait()
		if log := f.took(); !strings.Contains(log, "open late, close late") {
			t.Errorf("what was built too late: %q, want it closed", log)
		}
	})
}

func TestDeriveReturnsWhyItCannotBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: bad\ntoken: hunter2-canary")
		f := &factory{refuse: map[string]error{"bad": errors.New("refused hunter2-canary")}}
		try := func(ctx context.Context) error {
			r, err := nacre.Derive(ctx, cfg, func(c *deriveConfig) string { return c.DB }, f.build, f.close, nacre.WithName("db"))
			if (r == nil) != (err != nil) {
				t.Errorf("Derive returns %v and %v", r, err)
			}
			return err
		}
		err := try(t.Context())
		if !errors.Is(err, source.BuildFailed) || !strings.Contains(err.Error(), "db") || strings.Contains(err.Error(), "canary") {
			t.Errorf("the error is %v, want kind BuildFailed, the name, and no secret", err)
		}
		m.Set([]byte("db: slow"))
		settle()
		f.took()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := try(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that ended the error is %v", err)
		}
		settle()
		if n := len(cfg.Health().Resources); n != 0 {
			t.Errorf("%d resources are there, and none could be built", n)
		}
		m.Set([]byte("db: one"))
		settle()
		if log := f.took(); log != "" {
			t.Errorf("a resource that never was is built: %q", log)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		if err := try(t.Context()); !errors.Is(err, source.Closed) {
			t.Errorf("after Close the error is %v, want kind Closed", err)
		}
	})
}

func TestCloseWaitsForUsersAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _ := open[deriveConfig](t, quiet, "db: one")
		f := &factory{}
		db := derive(t, cfg, f)
		c, release := db.Acquire()
		closed := make(chan error, 1)
		go func() { closed <- cfg.Close() }()
		time.Sleep(time.Second)
		synctest.Wait()
		if c.closed.Load() {
			t.Error("Close closes a resource at once that is held")
		}
		release()
		synctest.Wait()
		if err := <-closed; err != nil || !c.closed.Load() {
			t.Errorf("Close: %v, the resource is closed: %v", err, c.closed.Load())
		}
		if got := db.Get(); got != c {
			t.Error("after Close Get returns another resource")
		}
		got, free := db.Acquire()
		free()
		if got != c {
			t.Error("after Close Acquire returns another resource")
		}

		// Held for ever: closed by force.
		cfg, _ = open[deriveConfig](t, quiet, "db: one")
		db = derive(t, cfg, f)
		c, _ = db.Acquire()
		if err := cfg.Close(); err != nil || !c.closed.Load() {
			t.Errorf("a user that never ends: Close %v, closed %v", err, c.closed.Load())
		}

		// A close that hangs is named.
		o := quiet
		o.CloseTimeout = time.Second
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, memory.New("c.yaml", nil))
		if err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		if _, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, f.build, func(*conn) error { <-hang; return nil }, nacre.WithName("stuck")); err != nil {
			t.Fatal(err)
		}
		if err := cfg.Close(); !errors.Is(err, source.Timeout) || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("a close that hangs gives %v", err)
		}
		close(hang)
	})
}

func TestGoingBackBuildsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one")
		f := &factory{}
		db := derive(t, cfg, f)
		m.Set([]byte("db: two"))
		settle()
		if _, err := cfg.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := db.Get(); c.dsn != "one" || c.closed.Load() {
			t.Errorf("after going back it is %s, closed %v", c.dsn, c.closed.Load())
		}
		f.mu.Lock()
		f.refuse = map[string]error{"two": errors.New("refused")}
		f.mu.Unlock()
		if _, err := cfg.Rollback(t.Context()); !errors.Is(err, source.BuildFailed) {
			t.Errorf("going to a version that cannot be built: %v", err)
		}
		if cfg.Get().DB != "one" || db.Get().dsn != "one" {
			t.Error("a rollback that failed has changed what is live")
		}
	})
}

func TestFailuresOfCloseAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var released []observe.Event
		var mu sync.Mutex
		o := quiet
		o.Observers = on(handlers{observe.ResourceClosed: func(r observe.Event) {
			mu.Lock()
			defer mu.Unlock()
			released = append(released, r)
		}})
		cfg, m := open[deriveConfig](t, o, "db: one\ntoken: hunter2-canary")
		f := &factory{closeErr: errors.New("cannot close hunter2-canary")}
		derive(t, cfg, f)
		if _, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, f.build, func(*conn) error { panic("hunter2-canary") }, nacre.WithName("panics")); err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("db: two\ntoken: hunter2-canary"))
		settle()
		for _, r := range cfg.Health().Resources {
			if r.LastError == "" || strings.Contains(r.LastError, "canary") || (r.Panics == 1) != (r.Name == "panics") {
				t.Errorf("Health says %+v, want the error of the close without a secret", r)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if len(released) != 2 || slices.ContainsFunc(released, func(r observe.Event) bool { return r.Err == nil || strings.Contains(r.Err.Error(), "canary") }) {
			t.Errorf("told of %+v", released)
		}
	})
}

// One bad layer must not hold back a good one, also where only a build finds it bad.
func TestAGoodLayerIsNotHeldBackByOneThatCannotBeBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := memoryLayer("low.yaml", "db: one"), memoryLayer("high.yaml", "other: 1")
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), quiet, low, high)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cfg.Close() }()
		f := &factory{refuse: map[string]error{"bad": errors.New("refused")}}
		db := derive(t, cfg, f)
		f.took()
		low.Set([]byte("db: bad"))
		high.Set([]byte("other: 2"))
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if c := cfg.Get(); c.Other != 2 || c.DB != "one" || db.Get().dsn != "one" {
			t.Errorf("live is %+v", *c)
		}
		if log := f.took(); log != "refuse bad" {
			t.Errorf("one decision did %q, want one try", log)
		}
		h := cfg.Health()
		if len(h.Layers[0].Rejected) != 1 || len(h.Layers[1].Rejected) != 0 {
			t.Errorf("rejected: %q and %q", h.Layers[0].Rejected, h.Layers[1].Rejected)
		}
	})
}

// sorted is equal to what has the same letters.
type sorted string

func (s sorted) Equal(other sorted) bool {
	letters := func(s sorted) string {
		l := []byte(s)
		slices.Sort(l)
		return string(l)
	}
	return letters(s) == letters(other)
}

func TestEqualOfTheTypeDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: abc")
		builds, calls := 0, 0
		part := func(c *deriveConfig) sorted { return sorted(c.DB) }
		if _, err := nacre.Derive(t.Context(), cfg, part, func(context.Context, sorted) (int, error) { builds++; return 0, nil }, nil); err != nil {
			t.Fatal(err)
		}
		nacre.Subscribe(cfg, part, func(context.Context, nacre.Change[sorted]) error { calls++; return nil })
		m.Set([]byte("db: cba"))
		settle()
		if builds != 1 || calls != 0 || cfg.Get().DB != "cba" {
			t.Errorf("equal values made %d builds and %d calls", builds, calls)
		}
		m.Set([]byte("db: cbx"))
		settle()
		if builds != 2 || calls != 1 {
			t.Errorf("another value made %d builds and %d calls, want 2 and 1", builds, calls)
		}
	})
}

func BenchmarkResourceGet(b *testing.B) {
	cfg, err := nacre.OpenWith[deriveConfig](b.Context(), quiet, memory.New("c.yaml", nil))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = cfg.Close() }()
	f := &factory{}
	db, err := nacre.Derive(b.Context(), cfg, func(c *deriveConfig) string { return c.DB }, f.build, f.close)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Get", func(b *testing.B) {
		for b.Loop() {
			db.Get()
		}
	})
	b.Run("Acquire", func(b *testing.B) {
		for b.Loop() {
			_, release := db.Acquire()
			release()
		}
	})
}

func memoryLayer(name, text string) *memory.Source { return memory.New(name, []byte(text)) }

// Anomaly: torn read, within one request.
func TestARequestSeesOneVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\nother: 1")
		other, _ := open[deriveConfig](t, quiet, "db: else")
		f := &factory{}
		db := derive(t, cfg, f)
		request, end := context.WithCancel(t.Context())
		request = cfg.NewContext(request)
		m.Set([]byte("db: two\nother: 2"))
		settle()
		c, err := db.From(request)
		if got := cfg.FromContext(request); got.Other != 1 || err != nil || c.dsn != "one" || c.closed.Load() {
			t.Errorf("within the request: %+v and %s, closed %v, %v", *got, c.dsn, c.closed.Load(), err)
		}
		if again := cfg.NewContext(request); cfg.FromContext(again).Other != 1 {
			t.Error("a part of the request has another version than the request")
		}
		if got := other.FromContext(request); got.DB != "else" {
			t.Error("a context holds the version of another config")
		}
		if got := cfg.FromContext(t.Context()); got.Other != 2 {
			t.Error("without a version in the context it is not the live one")
		}
		end()
		settle()
		if !c.closed.Load() {
			t.Error("the request has ended, and its resource is open")
		}
		late := cfg.NewContext(t.Context())
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		if got := cfg.FromContext(late).Other; got != 2 {
			t.Errorf("after Close a context has %d", got)
		}
		if got := cfg.FromContext(cfg.NewContext(t.Context())).Other; got != 2 {
			t.Errorf("made after Close a context has %d", got)
		}
	})
}

// A database that is down must not hold up every other change for as long as a build may take.
func TestOtherChangesDoNotWaitForABuildThatFailedAMomentAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := memoryLayer("low.yaml", "db: one"), memoryLayer("high.yaml", "other: 0")
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), quiet, low, high)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cfg.Close() }()
		derive(t, cfg, &factory{})
		low.Set([]byte("db: slow")) // takes the whole 10 s, each time
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		failures := cfg.Health().Resources[0].Failures
		late := 0
		for n := 1; n <= 60; n++ {
			high.Set(fmt.Appendf(nil, "other: %d", n))
			settle()
			if cfg.Get().Other != n {
				late++
			}
		}
		if tries := cfg.Health().Resources[0].Failures - failures; tries > 3 || late > 22 {
			t.Errorf("in a minute it was tried %d times, and %d of 60 changes were late", tries, late)
		}
		low.Set([]byte("db: two"))
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if cfg.Get().DB != "two" {
			t.Error("another content is held up by the failure of the one before")
		}
	})
}

func TestDeriveWithoutAFunction(t *testing.T) {
	t.Parallel()
	cfg, err := nacre.OpenWith[deriveConfig](t.Context(), quiet, memory.New("c.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	for name, f := range map[string]func() error{
		"no select": func() error {
			_, err := nacre.Derive[deriveConfig, int, int](t.Context(), cfg, nil, func(context.Context, int) (int, error) { return 0, nil }, nil)
			return err
		},
		"no build": func() error {
			_, err := nacre.Derive[deriveConfig, string, int](t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, nil, nil)
			return err
		},
	} {
		if err := f(); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "function is nil") {
			t.Errorf("%s: Derive returns %v, want an error of kind InvalidArgument", name, err)
		}
	}
}
