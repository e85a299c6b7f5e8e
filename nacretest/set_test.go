package nacretest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/nacretest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type orders struct {
	Addr string `config:"addr" live:"false" validate:"required"`
	DB   struct {
		DSN  nacre.Secret `config:"dsn" validate:"required"`
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
	} `config:"db"`
	Hosts  []string          `config:"hosts"`
	Labels map[string]string `config:"labels"`
}

func valid() (o orders) {
	o.Addr, o.DB.DSN, o.DB.Pool = ":0", nacre.NewSecret("s3cr3t-4711"), 3
	return o
}

// subscribe is nacre.Subscribe without an error.
func subscribe[T, V any](t testing.TB, cfg *nacre.Config[T], selectFrom func(*T) V, fn func(context.Context, nacre.Change[V]) error) {
	t.Helper()
	if _, err := nacre.Subscribe(cfg, selectFrom, fn); err != nil {
		t.Fatal(err)
	}
}

// Whatever subscribers do, Set returns when they have done it.
func TestSetReturnsWhenSubscribersHaveReturned(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	var pools []int // without a lock: the race detector sees whether Set waits
	subscribe(t, cfg, func(o *orders) int { return o.DB.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
		for range 1000 {
			pools = append(pools[:len(pools):len(pools)], ch.New)[:len(pools)]
		}
		pools = append(pools, ch.New)
		return nil
	})
	for i := range 50 {
		if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 100 + i }); err != nil {
			t.Fatal(err)
		}
		if len(pools) != i+1 || pools[i] != 100+i {
			t.Fatalf("after change %d, the subscriber has seen %v", i, pools)
		}
	}
	if err := nacretest.Update(cfg, func(o *orders) { o.Hosts = []string{"a"} }); err != nil || len(pools) != 50 {
		t.Errorf("a change of another field called the subscriber: %v, %v", pools, err)
	}
}

// The log and the observers have the event of a call when Set returns.
func TestSetReturnsWhenTheCallIsReported(t *testing.T) {
	t.Parallel()
	var called int
	cfg := nacretest.NewWith(t, nacre.Options{Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.SubscriberCalled {
			called++
		}
	}}}, valid())
	subscribe(t, cfg, func(o *orders) int { return o.DB.Pool }, func(context.Context, nacre.Change[int]) error { return nil })
	for i := range 50 {
		if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 100 + i }); err != nil || called != i+1 {
			t.Fatalf("after change %d, %d calls are reported: %v", i, called, err)
		}
	}
}

// A value that is not valid gives the error that a document with it gives, and changes nothing.
func TestSetGivesTheErrorOfProduction(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	called := false
	subscribe(t, cfg, func(o *orders) orders { return *o }, func(context.Context, nacre.Change[orders]) error { called = true; return nil })

	document := memory.New("orders.yaml", []byte("addr: x\ndb: {pool: 1000}"))
	_, err := nacre.Check[orders](t.Context(), document)
	want, ok := errors.AsType[source.Problems](err)
	if !ok || len(want) != 2 {
		t.Fatalf("the document has the problems %v", want)
	}
	bad := orders{Addr: "x"}
	bad.DB.Pool = 1000
	got, ok := errors.AsType[source.Problems](nacretest.Set(cfg, bad))
	if !ok || len(got) != len(want) {
		t.Fatalf("the value has the problems %v, want %v", got, want)
	}
	for i := range want {
		if got[i].Key != want[i].Key || got[i].Kind != want[i].Kind || got[i].Message != want[i].Message {
			t.Errorf("problem %d is %v, want %v", i, got[i], want[i])
		}
		if at := got[i].Position; want[i].Position.Layer != "" && (at.Layer != "nacretest" || at.Document != "nacretest_test.orders") {
			t.Errorf("problem %d is at %v", i, at)
		}
	}
	if called || cfg.Get().DB.Pool != 3 || cfg.Snapshot().Version != 1 {
		t.Error("a value that is not valid changes something")
	}
	if err := nacretest.Set(cfg, bad); err == nil || len(cfg.Health().Layers[0].Rejected) == 0 {
		t.Errorf("the second time, the same value is accepted: %v", err)
	}
	if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 4 }); err != nil || !called || cfg.Get().DB.Pool != 4 {
		t.Errorf("a good value after a bad one is not applied: %v", err)
	}
}

// A zero field is zero: defaults are for documents.
func TestDefaultsDoNotApply(t *testing.T) {
	t.Parallel()
	v := valid()
	v.DB.Pool = 0
	type lax struct {
		Pool  int      `config:"pool" default:"10"`
		Hosts []string `config:"hosts" default:"a,b"`
	}
	cfg := nacretest.New(t, lax{})
	if got := cfg.Get(); got.Pool != 0 || got.Hosts != nil {
		t.Errorf("a zero value has become %+v", *got)
	}
	if x, err := cfg.Explain("pool"); err != nil || x.Value != "0" || len(x.LayerValues) != 1 {
		t.Errorf("Explain says %v, and the value is 0: %v", x, err)
	}
	strict := nacretest.New(t, valid())
	if err := nacretest.Set(strict, v); !errors.Is(err, source.Invalid) || !strings.Contains(err.Error(), "db.pool") {
		t.Errorf("a pool of 0 gives %v, and the rule is gte=1", err)
	}
}

// Fields with live:"false" keep their value, and the rest of the change applies.
func TestRestartOnlyFieldsKeepTheirValue(t *testing.T) {
	t.Parallel()
	type item struct {
		Fixed *node `config:"fixed" live:"false"`
		Free  int   `config:"free"`
	}
	type config struct {
		Item   item            `config:"item"`
		ByName map[string]item `config:"by_name"`
		List   []item          `config:"list"`
		Hidden int             `config:"-"`
	}
	cfg := nacretest.New(t, config{item{nil, 1}, map[string]item{"a": {&node{Name: "a"}, 1}}, []item{{&node{Name: "l"}, 1}}, 1})
	if err := nacretest.Set(cfg, config{item{&node{Name: "x"}, 2}, map[string]item{"a": {nil, 2}, "b": {&node{Name: "b"}, 2}}, []item{{&node{Name: "m"}, 2}}, 2}); err != nil {
		t.Fatal(err)
	}
	got := cfg.Get()
	if got.Item.Fixed != nil || got.ByName["a"].Fixed.Name != "a" || got.List[0].Fixed.Name != "l" {
		t.Errorf("a field that needs a restart has changed: %v %v %v", got.Item.Fixed, got.ByName["a"].Fixed, got.List[0].Fixed)
	}
	if got.Item.Free != 2 || got.ByName["a"].Free != 2 || got.ByName["b"].Fixed.Name != "b" || got.List[0].Free != 2 || got.Hidden != 2 {
		t.Errorf("the rest of the change is not applied: %+v", *got)
	}
	if err := nacretest.Update(cfg, func(c *config) { c.Item.Free = 3 }); err != nil {
		t.Fatal(err)
	}
	if got := cfg.Get(); got.Item.Fixed != nil || got.Item.Free != 3 || got.List[0].Fixed.Name != "l" {
		t.Errorf("the next change makes it %+v", *got)
	}
	if x, err := cfg.Explain("item.fixed"); err != nil || !x.Pending {
		t.Errorf("Explain does not show that the field waits for a restart: %v, %v", x, err)
	}
}

// A build that fails rejects the value, with its error.
func TestABuildCanRejectAValue(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	down := errors.New("database is down")
	pool, err := nacre.Derive(t.Context(), cfg, func(o *orders) int { return o.DB.Pool }, func(_ context.Context, n int) (int, error) {
		if n > 100 {
			return 0, down
		}
		return n, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 101 }); !errors.Is(err, down) || !errors.Is(err, source.BuildFailed) || pool.Get() != 3 {
		t.Errorf("a build that fails gives %v, and the pool has %d", err, pool.Get())
	}
	if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 99 }); err != nil || pool.Get() != 99 {
		t.Errorf("a build that succeeds gives %v, and the pool has %d", err, pool.Get())
	}
}

// Pin and Rollback act as in production, and Set says that the value is held.
func TestHeldValues(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	set := func(n int) error { return nacretest.Update(cfg, func(o *orders) { o.DB.Pool = n }) }
	if err := set(4); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Rollback(t.Context()); err != nil || cfg.Get().DB.Pool != 3 || cfg.Get().DB.DSN.Reveal() != "s3cr3t-4711" {
		t.Fatalf("after Rollback, the pool is %d: %v", cfg.Get().DB.Pool, err)
	}
	if err := set(5); err == nil || !strings.Contains(err.Error(), "pinned") || cfg.Get().DB.Pool != 3 {
		t.Errorf("a value that a pin holds gives %v", err)
	}
	if err := cfg.Unpin(t.Context()); err != nil || cfg.Get().DB.Pool != 5 {
		t.Errorf("after Unpin, the pool is %d: %v", cfg.Get().DB.Pool, err)
	}

	guarded := nacretest.NewWith(t, nacre.Options{MaxKeyLoss: 0.5}, map[string]any{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6})
	if err := nacretest.Set(guarded, map[string]any{"a": 1}); err == nil || !strings.Contains(err.Error(), "held") || len(*guarded.Get()) != 6 {
		t.Errorf("a value that the change guard holds gives %v", err)
	}
	open := nacretest.New(t, map[string]any{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6})
	if err := nacretest.Set(open, nil); err != nil || *open.Get() != nil {
		t.Errorf("without an option, an empty value is not applied: %v", err)
	}
}

// A check that fails rolls the value back, at the speed of the bubble's clock.
func TestABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := nacretest.New(t, valid())
		nacre.AutoRollback(cfg, func(_ context.Context, o *orders) error {
			if o.DB.Pool > 100 {
				return errors.New("too many connections")
			}
			return nil
		})
		start := time.Now()
		if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 101 }); err != nil || cfg.Get().DB.Pool != 101 {
			t.Fatal(err)
		}
		if passed := time.Since(start); passed != 0 {
			t.Errorf("a change takes %v on the clock of the bubble", passed)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := cfg.Get().DB.Pool; got != 3 {
			t.Errorf("after a check that fails, the pool is %d", got)
		}
		if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 101 }); err == nil || !strings.Contains(err.Error(), "held") {
			t.Errorf("the value that was rolled back gives %v", err)
		}
	})
}

// A subscriber that never returns makes Set fail, not hang; one that calls Set as well.
func TestSetDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := nacretest.New(t, valid())
		var inner error
		sub, err := nacre.Subscribe(cfg, func(o *orders) int { return o.DB.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
			if ch.New == 4 {
				inner = nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 5 })
			}
			return nil
		}, nacre.WithName("reentrant"))
		if err != nil {
			t.Fatal(err)
		}
		err = nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 4 })
		if err != nil && !errors.Is(err, source.Timeout) { // the inner call may end in the same moment
			t.Errorf("a subscriber that waits for itself gives %v", err)
		}
		synctest.Wait()
		if !errors.Is(inner, source.Timeout) {
			t.Errorf("within the subscriber, Update returns %v", inner)
		}
		sub.Stop()
		build, err := nacre.Derive(t.Context(), cfg, func(o *orders) int { return o.DB.Pool }, func(_ context.Context, n int) (int, error) {
			if n == 6 {
				inner = nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 7 })
			}
			return n, inner
		}, nil, nacre.BuildTimeout(time.Hour))
		_ = build
		if inner = nil; err == nil {
			err = nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 6 })
		}
		if !errors.Is(err, source.Timeout) {
			t.Errorf("a build that waits for itself gives %v", err)
		}
		time.Sleep(time.Minute)
	})
}

// Updates of several goroutines do not lose each other's changes.
func TestUpdatesAreNotLost(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				if err := nacretest.Update(cfg, func(o *orders) {
					if o.Labels == nil {
						o.Labels = map[string]string{}
					}
					o.Labels[fmt.Sprint(i)] += "x"
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for i := range 8 {
		if got := cfg.Get().Labels[fmt.Sprint(i)]; len(got) != 10 {
			t.Errorf("of goroutine %d, %d of 10 updates are left", i, len(got))
		}
	}
}

// A panic of Update's function is the test's own, and the config goes on.
func TestUpdateThatPanics(t *testing.T) {
	t.Parallel()
	cfg := nacretest.New(t, valid())
	func() {
		defer func() { _ = recover() }()
		_ = nacretest.Update(cfg, func(*orders) { panic("test") })
	}()
	if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool = 4 }); err != nil || cfg.Get().DB.Pool != 4 {
		t.Errorf("after a panic, Update returns %v", err)
	}
}

// Set of a config that is not of this package, or not open, is an error.
func TestSetOfAnotherConfig(t *testing.T) {
	t.Parallel()
	options := nacre.Options{Logger: slog.New(slog.DiscardHandler)}
	other, err := nacre.OpenWith[orders](t.Context(), options, memory.New("o.yaml", []byte("addr: x\ndb: {dsn: x}")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	closed := nacretest.New(t, valid())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  *nacre.Config[orders]
		kind source.Kind
	}{
		"a config of documents": {other, source.InvalidArgument}, "a nil config": {nil, source.InvalidArgument},
		"the zero config": {new(nacre.Config[orders]), source.InvalidArgument}, "a closed config": {closed, source.Closed},
	} {
		if err := nacretest.Set(c.cfg, valid()); !errors.Is(err, c.kind) {
			t.Errorf("%s: Set returns %v, want an error of kind %v", name, err, c.kind)
		}
	}
}

// An error of a subscriber shows no secret of the value.
func TestSecretsAreRedacted(t *testing.T) {
	t.Parallel()
	var failed atomic.Pointer[observe.Event]
	cfg := nacretest.NewWith(t, nacre.Options{Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.SubscriberCalled {
			failed.Store(&e)
		}
	}}}, valid())
	subscribe(t, cfg, func(o *orders) int { return o.DB.Pool }, func(context.Context, nacre.Change[int]) error {
		return fmt.Errorf("login with %s", cfg.Get().DB.DSN.Reveal())
	})
	if err := nacretest.Update(cfg, func(o *orders) { o.DB.Pool++ }); err != nil {
		t.Fatal(err)
	}
	if text := failed.Load().Err.Error(); strings.Contains(text, "4711") {
		t.Errorf("the error of a subscriber shows a secret: %s", text)
	}
	if x, err := cfg.Explain("db.dsn"); err != nil || strings.Contains(fmt.Sprint(x), "4711") {
		t.Errorf("Explain shows a secret: %v %v", x, err)
	}
}
