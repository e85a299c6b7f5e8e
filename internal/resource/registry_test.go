package resource_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/synctest"
)

// bench is a registry with resources that log what becomes of them. A configuration is a map from
// the name of a resource to the part that it is built from.
type bench struct {
	t    *testing.T
	reg  *resource.Registry
	live *resource.Set

	mu  sync.Mutex
	log []string
}

type parts map[string]string

func newBench(t *testing.T) *bench {
	b := &bench{t: t}
	b.reg = resource.New(resource.Hooks{
		Built: func(name string, _ time.Duration, err error) {
			if err != nil {
				b.note("failed " + name)
			}
		},
		Closed: func(name string, users int64, err error) {
			if users > 0 {
				b.note(fmt.Sprintf("forced %s (%d)", name, users))
			}
		},
	})
	return b
}

func (b *bench) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, s)
}

// took returns what has happened, in the order of the alphabet where it may be any.
func (b *bench) took() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	log := b.log
	b.log = nil
	return strings.Join(log, ", ")
}

// spec is a resource that stands on others, by their numbers.
func (b *bench) spec(name string, needs ...int) resource.Spec {
	return resource.Spec{
		Name:   name,
		Select: func(config any) any { return config.(parts)[name] },
		Equal:  reflect.DeepEqual,
		Build: func(ctx context.Context, part any) (any, error) {
			for _, n := range needs {
				if _, building, err := b.reg.In(ctx, n); err != nil || !building {
					return nil, fmt.Errorf("need %d: %w", n, err)
				}
			}
			switch part {
			case "bad":
				return nil, errors.New("refused")
			case "goexit":
				runtime.Goexit()
			}
			b.note("build " + name + "=" + part.(string))
			return name + "=" + part.(string), nil
		},
		Close:        func(built any) error { b.note("close " + built.(string)); return nil },
		BuildTimeout: time.Second, Grace: 10 * time.Second,
	}
}

func (b *bench) add(config parts, s resource.Spec) (number int) {
	b.t.Helper()
	err := b.reg.Add(b.t.Context(), s, b.live, config, func(n int, with *resource.Set) bool {
		number, b.live = n, with
		return true
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return number
}

// move makes a configuration live and reports whether it could.
func (b *bench) move(config parts) []resource.Failure {
	batch := b.reg.Begin(b.live)
	set, failures := batch.Build(b.t.Context(), config)
	if failures == nil {
		b.reg.Adopt(b.live, set)
		b.live = set
	}
	batch.End(b.live)
	synctest.Wait()
	return failures
}

func (b *bench) end() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if running := b.reg.Close(ctx, b.live); running != nil {
		b.t.Errorf("after Close there run %q", running)
	}
}

func TestADecisionBuildsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add(parts{"a": "1", "b": "1"}, b.spec("a"))
		b.add(parts{"a": "1", "b": "1"}, b.spec("b"))
		b.took()
		batch := b.reg.Begin(b.live)
		first, failures := batch.Build(t.Context(), parts{"a": "2", "b": "bad"})
		if first != nil || len(failures) != 1 || failures[0].Name != "b" {
			t.Fatalf("the first candidate: %v, %v", first, failures)
		}
		if _, failures := batch.Build(t.Context(), parts{"a": "1", "b": "bad"}); len(failures) != 1 {
			t.Errorf("what could not be built a moment ago can be now: %v", failures)
		}
		good, failures := batch.Build(t.Context(), parts{"a": "2", "b": "1"})
		if failures != nil || good.At(0).Value() != "a=2" || good.At(1) != b.live.At(1) {
			t.Errorf("the candidate that is good: %v", failures)
		}
		if _, failures := batch.Build(t.Context(), parts{"a": "3", "b": "1"}); failures != nil {
			t.Error(failures)
		}
		b.reg.Adopt(b.live, good)
		b.live = good
		batch.End(good)
		synctest.Wait()
		if log := b.took(); !strings.HasPrefix(log, "failed b, build a=2, build a=3") && !strings.HasPrefix(log, "build a=2, failed b, build a=3") {
			t.Errorf("it did %q, want each part built once", log)
		} else if strings.Contains(log, "close a=2") || !strings.Contains(log, "close a=1") || !strings.Contains(log, "close a=3") {
			t.Errorf("it did %q, want what was replaced and what was built in vain closed", log)
		}
		b.end()
	})
}

func TestWhatStandsOnAFailureIsNotToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		config := parts{"a": "1", "b": "1", "c": "1"}
		b.add(config, b.spec("a"))
		b.add(config, b.spec("b", 0))
		b.add(config, b.spec("c", 1))
		for what, next := range map[string]parts{"all new": {"a": "bad", "b": "2", "c": "2"}, "only the lowest": {"a": "bad", "b": "1", "c": "1"}} {
			if failures := b.move(next); len(failures) != 1 || failures[0].Name != "a" {
				t.Errorf("%s: failures %v, want that of the lowest alone", what, failures)
			}
		}
		b.took()
		if failures := b.move(parts{"a": "2", "b": "1", "c": "1"}); failures != nil {
			t.Fatal(failures)
		}
		if log := b.took(); log != "build a=2, build b=1, build c=1, close c=1, close b=1, close a=1" {
			t.Errorf("a change of the lowest did %q, want all built from below and closed from above", log)
		}
		b.end()
		if log := b.took(); log != "close c=1, close b=1, close a=2" {
			t.Errorf("the end did %q", log)
		}
	})
}

func TestABuildMayAskOnlyForWhatWasThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for _, need := range []int{0, 1, 7} {
			err := b.reg.Add(t.Context(), b.spec("a", need), nil, parts{}, func(int, *resource.Set) bool { t.Error("it is kept"); return false })
			if err == nil || !strings.Contains(err.Error(), "derived before it") {
				t.Errorf("a resource that stands on number %d: %v", need, err)
			}
		}
		if _, building, err := b.reg.In(t.Context(), 0); building || err != nil {
			t.Errorf("outside a build: %v, %v", building, err)
		}
		b.end()
	})
}

func TestWhoeverGoesIsSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		number := b.add(parts{"a": "1"}, b.spec("a"))
		one := b.live.At(number)
		release, ok := b.live.Hold()
		if !ok {
			t.Fatal("a live set cannot be held")
		}
		old := b.live
		if failures := b.move(parts{"a": "2"}); failures != nil {
			t.Fatal(failures)
		}
		if _, ok := one.Hold(); ok {
			t.Error("what was replaced can be held")
		}
		if _, ok := one.Loose(); ok {
			t.Error("what was replaced is handed out")
		}
		if _, ok := old.Hold(); ok {
			t.Error("a set that was replaced can be held")
		}
		if log := b.took(); strings.Contains(log, "close a=1") {
			t.Errorf("it was closed under one who holds it: %q", log)
		}
		release()
		synctest.Wait()
		if log := b.took(); log != "close a=1" {
			t.Errorf("the last user has gone: %q", log)
		}
		b.end()
	})
}

func TestRudeFunctionsAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for what, change := range map[string]func(*resource.Spec){
			"select panics": func(s *resource.Spec) { s.Select = func(any) any { panic("boom") } },
			"select exits":  func(s *resource.Spec) { s.Select = func(any) any { runtime.Goexit(); return nil } },
			"build panics":  func(s *resource.Spec) { s.Build = func(context.Context, any) (any, error) { panic("boom") } },
			"build exits":   func(s *resource.Spec) { s.Select = func(any) any { return "goexit" } },
		} {
			s := b.spec("a")
			change(&s)
			err := b.reg.Add(t.Context(), s, nil, parts{}, func(int, *resource.Set) bool { return true })
			if _, ok := errors.AsType[*rescue.Panic](err); !ok {
				t.Errorf("%s: the error is %v", what, err)
			}
		}
		s := b.spec("a")
		s.Equal = func(any, any) bool { panic("boom") }
		b.add(parts{"a": "1"}, s)
		if failures := b.move(parts{"a": "2"}); len(failures) != 1 {
			t.Errorf("equal panics: %v", failures)
		}
		b.end()
	})
}

func TestEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		hang := make(chan struct{})
		s := b.spec("stuck")
		s.Close = func(any) error { <-hang; return nil }
		b.add(parts{"stuck": "1"}, s)
		b.add(parts{"stuck": "1", "a": "1"}, b.spec("a"))
		if _, ok := b.live.At(1).Hold(); !ok {
			t.Fatal("not live")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		began := time.Now()
		running := b.reg.Close(ctx, b.live)
		if took := time.Since(began); took != 4*time.Second || !slices.Equal(running, []string{"stuck"}) {
			t.Errorf("Close took %v and names %q", took, running)
		}
		if log := b.took(); !strings.Contains(log, "close a=1") || !strings.Contains(log, "forced a (1)") {
			t.Errorf("one that is held for ever: %q, want it closed by force", log)
		}
		close(hang)
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add(parts{"a": "1"}, b.spec("a"))
		b.move(parts{"a": "bad"})
		s := b.reg.Stats(b.live)[0]
		if s.Name != "a" || s.Builds != 1 || s.Failures != 1 || s.LastErr == nil || s.Users != 0 {
			t.Errorf("after a failure: %+v", s)
		}
		_, _ = b.live.At(0).Hold()
		b.move(parts{"a": "2"})
		if s := b.reg.Stats(b.live)[0]; s.Old != 1 || s.Builds != 2 || s.LastErr != nil {
			t.Errorf("after a change: %+v", s)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if s := b.reg.Stats(b.live)[0]; s.Old != 0 || s.Closed != 1 || s.Forced != 1 {
			t.Errorf("after the grace time: %+v", s)
		}
		b.end()
	})
}
