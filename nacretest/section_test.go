package nacretest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/nacretest"
	"github.com/nacre-go/nacre/source"
)

type redis struct {
	Addr string `config:"addr" validate:"required"`
	Pool int    `config:"pool" default:"5"`
	Hook func() `config:"-"`
}

// A library that binds a section of its own gets the value of the field, or of its own type.
func TestSections(t *testing.T) {
	t.Parallel()
	type app struct {
		Name  string `config:"name"`
		Redis redis  `config:"redis"`
	}
	type pointing struct {
		Redis *redis `config:"redis"`
	}
	type mirror struct {
		Redis struct {
			Addr string
			Pool int
		} `config:"redis"`
	}
	t.Run("field", func(t *testing.T) {
		t.Parallel()
		check(t, nacretest.New(t, app{"n", redis{"a:1", 0, nil}}), func(a *app) { a.Redis.Pool = 7 })
	})
	t.Run("pointer", func(t *testing.T) {
		t.Parallel()
		check(t, nacretest.New(t, pointing{&redis{"a:1", 0, nil}}), func(a *pointing) { a.Redis.Pool = 7 })
	})
	t.Run("own", func(t *testing.T) {
		t.Parallel()
		check(t, nacretest.New(t, orders{Addr: "x", DB: valid().DB}, nacretest.Section("redis", redis{"a:1", 0, nil})), nil)
	})
	t.Run("of another type", func(t *testing.T) {
		t.Parallel()
		v := mirror{}
		v.Redis.Addr, v.Redis.Pool = "a:1", 9
		cfg := nacretest.New(t, v)
		sub, err := nacre.Section[redis](t.Context(), cfg, "redis")
		if err != nil || sub.Get().Addr != "a:1" || sub.Get().Pool != 9 {
			t.Fatalf("the section is not bound from the other type: %v", err)
		}
		if err := nacretest.Set(sub, redis{Addr: "b"}); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("a section without a value of its own is set: %v", err)
		}
		if err := nacretest.Update(cfg, func(m *mirror) { m.Redis.Pool = 8 }); err != nil || sub.Get().Pool != 8 {
			t.Errorf("the section does not follow: %v", err)
		}
	})
}

func check[T any](t *testing.T, cfg *nacre.Config[T], update func(*T)) {
	t.Helper()
	sub, err := nacre.Section[redis](t.Context(), cfg, "redis")
	if err != nil {
		t.Fatal(err)
	}
	if got := sub.Get(); got.Addr != "a:1" || got.Pool != 0 {
		t.Errorf("the section is %+v", *got)
	}
	var seen []int
	subscribe(t, sub, func(r *redis) int { return r.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
		seen = append(seen, ch.New)
		return nil
	})
	if err := nacretest.Set(sub, redis{"b:2", 6, func() {}}); err != nil || sub.Get().Addr != "b:2" || sub.Get().Hook == nil {
		t.Errorf("Set of the section gives %+v: %v", *sub.Get(), err)
	}
	if err := nacretest.Set(sub, redis{}); !errors.Is(err, source.Missing) || !strings.Contains(err.Error(), "redis.addr") || sub.Get().Pool != 6 {
		t.Errorf("a section that is not valid gives %v", err)
	}
	want := "[6]"
	if update != nil {
		want = "[6 7]"
		if err := nacretest.Update(cfg, update); err != nil || sub.Get().Pool != 7 || sub.Get().Addr != "b:2" {
			t.Errorf("Update of the whole gives the section %+v: %v", *sub.Get(), err)
		}
	}
	if fmt.Sprint(seen) != want {
		t.Errorf("the subscriber of the section has seen %v, want %s", seen, want)
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

// fakeTB records how a test ends.
type fakeTB struct {
	testing.TB
	failed  string
	cleanup []func()
}

func (f *fakeTB) Helper()                   {}
func (f *fakeTB) Output() io.Writer         { return io.Discard }
func (f *fakeTB) Cleanup(c func())          { f.cleanup = append(f.cleanup, c) }
func (f *fakeTB) Errorf(s string, a ...any) { f.failed += fmt.Sprintf(s, a...) }
func (f *fakeTB) Fatalf(s string, a ...any) { f.failed += fmt.Sprintf(s, a...); panic(f) }
func (f *fakeTB) Fatal(a ...any)            { f.failed += fmt.Sprint(a...); panic(f) }

func (f *fakeTB) run(test func(t testing.TB)) {
	defer func() {
		if v := recover(); v != nil && v != any(f) {
			panic(v)
		}
		for len(f.cleanup) > 0 {
			last := len(f.cleanup) - 1
			c := f.cleanup[last]
			f.cleanup = f.cleanup[:last]
			c()
		}
	}()
	test(f)
}

// A value that is not valid, and a subscriber that does not return, fail the test.
func TestNewFailsTheTest(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var updates sync.WaitGroup
	for name, c := range map[string]struct {
		test func(testing.TB)
		want string
	}{
		"not valid":                {func(t testing.TB) { nacretest.New(t, orders{}) }, "addr: is required"},
		"no struct":                {func(t testing.TB) { nacretest.New(t, 3) }, "must be a struct or a map"},
		"a type that Open refuses": {func(t testing.TB) { nacretest.New(t, struct{ F func() }{}) }, "cannot be bound"},
		"key of a field": {func(t testing.TB) {
			nacretest.New(t, valid(), nacretest.Section("db", redis{Addr: "a"}))
		}, "the key db of a section"},
		"empty section": {func(t testing.TB) { nacretest.New(t, valid(), nacretest.SectionValue{}) }, "SectionValue is empty"},
		"a subscriber that blocks": {func(t testing.TB) {
			cfg := nacretest.NewWith(t, nacre.Options{CloseTimeout: 1}, valid())
			started := make(chan struct{})
			if _, err := nacre.Subscribe(cfg, func(o *orders) int { return o.DB.Pool }, func(context.Context, nacre.Change[int]) error {
				close(started)
				<-release
				return nil
			}, nacre.WithName("blocker")); err != nil {
				t.Fatal(err)
			}
			updates.Go(func() { _ = nacretest.Update(cfg, func(o *orders) { o.DB.Pool++ }) }) // waits for the subscriber
			<-started
		}, "subscriber blocker still runs"},
		"good": {func(t testing.TB) { nacretest.New(t, valid()) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeTB{TB: t}
			f.run(c.test)
			if c.want == "" && f.failed != "" || !strings.Contains(f.failed, c.want) {
				t.Errorf("the test failed with %q, want %q", f.failed, c.want)
			}
		})
	}
	close(release)
	updates.Wait()
}
