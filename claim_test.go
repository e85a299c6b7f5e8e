package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type claimed struct {
	N int `config:"n"`
}

// stateful is a source as users write it: its Next is for one caller.
type stateful struct {
	name  string
	said  int // by Next alone, so that two configs race
	data  *memory.Source
	inner source.Source // not its own: another decorator
}

func newStateful() *stateful {
	return &stateful{name: "stateful", data: memory.New("a.yaml", []byte("n: 1"))}
}

func (s *stateful) Name() string { return s.name }

func (s *stateful) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	s.said++
	return s.data.Next(ctx, prev)
}

// closable is one that is closed with its config, and then is dead.
type closable struct {
	stateful
	closed atomic.Int32
}

func newClosable() *closable { return &closable{stateful: *newStateful()} }

func (c *closable) Close() error { c.closed.Add(1); return nil }

// Decorators as users write them.
type (
	byPointer struct {
		source.Source
		hits int
	}
	byValue struct {
		source.Source
		label string
	}
	byConcrete struct {
		*stateful
	}
)

// Sources of which two that are equal are not the same.
type (
	sizeless struct{}
	constant struct{ n int }
)

func (sizeless) Name() string { return "nothing" }

func (sizeless) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return constant{1}.Next(ctx, prev)
}

func (constant) Name() string { return "constant" }

func (c constant) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if prev == "1" {
		<-ctx.Done()
		return source.Content{}, ctx.Err()
	}
	doc := source.Document{Name: "a.yaml", Format: source.FormatYAML, Data: fmt.Appendf(nil, "n: %d", c.n)}
	return source.Content{Revision: "1", Documents: []source.Document{doc}}, nil
}

func claim(t *testing.T, layers ...source.Source) (*nacre.Config[claimed], error) {
	t.Helper()
	o := quiet
	o.Window, o.LastKnownGoodDisabled = -1, true
	cfg, err := nacre.OpenWith[claimed](t.Context(), o, layers...)
	if err == nil {
		t.Cleanup(func() { cfg.Close() })
	}
	return cfg, err
}

// refusedClaim wants the error that names the source and says what to do.
func refusedClaim(t *testing.T, what string, err error, name string) {
	t.Helper()
	if source.KindOf(err) != source.InvalidArgument {
		t.Errorf("%s: a source that belongs to another config was taken: %v", what, err)
		return
	}
	if text := err.Error(); !strings.Contains(text, name) || !strings.Contains(text, "a source belongs to one config; make a second one with ") {
		t.Errorf("%s: the error does not name the source and the fix: %s", what, text)
	}
}

func TestASourceBelongsToOneConfig(t *testing.T) {
	t.Parallel()
	s := newStateful()
	for what, again := range map[string]source.Source{
		"the source itself":                   s,
		"in a Layer":                          nacre.Layer(s, nacre.MayBeDown()),
		"in two Layers":                       nacre.Layer(nacre.Layer(s, nacre.MayBeDown()), nacre.AllowUnknown()),
		"in a decorator":                      &byPointer{Source: s},
		"in a decorator that is a value":      byValue{Source: s, label: "b"},
		"in a decorator of a known type":      byConcrete{s},
		"in a decorator in a Layer":           nacre.Layer(&byPointer{Source: s}, nacre.MayBeDown()),
		"in a decorator of a decorator":       &byPointer{Source: byValue{Source: s}},
		"beside a source of its own":          nil, // below
		"in a pointer to a decorated pointer": &byPointer{Source: &byConcrete{s}},
	} {
		t.Run(what, func(t *testing.T) {
			first, err := claim(t, nacre.Layer(s, nacre.MayBeDown()))
			if err != nil {
				t.Fatal(err)
			}
			own := newClosable()
			layers := []source.Source{own, again}
			if again == nil {
				layers = []source.Source{s, own}
			}
			_, err = claim(t, layers...)
			refusedClaim(t, what, err, "stateful")
			if own.closed.Load() != 1 {
				t.Error("a layer that the refused config had for itself was not closed")
			}
			heard := make(chan int, 1)
			nacre.Subscribe(first, func(c *claimed) int { return c.N }, func(_ context.Context, ch nacre.Change[int]) error {
				heard <- ch.New
				return nil
			})
			s.data.Set(fmt.Appendf(nil, "n: %d", first.Get().N+1))
			select {
			case <-heard:
			case <-time.After(30 * time.Second):
				t.Fatal("the config that had the source hears nothing of it any more")
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			if second, err := claim(t, s); err != nil || second.Get().N != 1+first.Get().N-1 {
				t.Errorf("a source without Close cannot be used again after its config was closed: %v", err)
			} else if err := second.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A refused Open must not close what is another config's.
func TestARefusedConfigLeavesTheOthersSourceOpen(t *testing.T) {
	t.Parallel()
	s := newClosable()
	first, err := claim(t, s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = claim(t, s)
	refusedClaim(t, "while it is open", err, "stateful")
	type broken struct {
		A int `config:"a" default:"x"`
	}
	_, err = nacre.OpenWith[broken](t.Context(), quiet, s)
	if source.KindOf(err) != source.InvalidArgument {
		t.Errorf("a struct that is wrong was taken: %v", err)
	}
	if n := s.closed.Load(); n != 0 {
		t.Fatalf("a config that was refused has closed the source of another, %d times", n)
	}
	if err := first.Close(); err != nil || s.closed.Load() != 1 {
		t.Errorf("the source was closed %d times, %v", s.closed.Load(), err)
	}
	_, err = claim(t, s)
	refusedClaim(t, "after it was closed with its config", err, "stateful")
	if !strings.Contains(err.Error(), "closed") {
		t.Errorf("the error does not say that the source was closed: %v", err)
	}
	if s.closed.Load() != 1 {
		t.Errorf("the source was closed %d times", s.closed.Load())
	}
}

func TestASourceOfAnOpenThatFailedIsClosed(t *testing.T) {
	t.Parallel()
	s, free := newClosable(), newStateful()
	if _, err := claim(t, s, free, memory.New("b.yaml", []byte("unknown: 1"))); err == nil {
		t.Fatal("an unknown key was taken")
	}
	_, err := claim(t, s)
	refusedClaim(t, "after an Open that failed", err, "stateful")
	if _, err := claim(t, free); err != nil {
		t.Errorf("a source without Close cannot be used again after an Open that failed: %v", err)
	}
}

func TestOfManyConfigsAtOnceOneGetsTheSource(t *testing.T) {
	t.Parallel()
	s := newStateful()
	var got atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := claim(t, s)
			switch {
			case err == nil:
				got.Add(1)
			case source.KindOf(err) != source.InvalidArgument:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got.Load() != 1 {
		t.Errorf("%d configs have the same source", got.Load())
	}
}

// A source whose Next has not returned is still its config's, although Close has given up on it.
func TestASourceThatHangsIsNotGivenAway(t *testing.T) {
	t.Parallel()
	s := newStateful()
	free := make(chan struct{})
	hanging := &hangs{stateful: s, free: free, began: make(chan struct{})}
	o := quiet
	o.LastKnownGoodDisabled, o.CloseTimeout = true, 50*time.Millisecond
	cfg, err := nacre.OpenWith[claimed](t.Context(), o, hanging)
	if err != nil {
		t.Fatal(err)
	}
	<-hanging.began
	if err := cfg.Close(); source.KindOf(err) != source.Timeout {
		t.Fatalf("Close returned %v of a source that hangs", err)
	}
	_, err = claim(t, hanging)
	refusedClaim(t, "while its Next still runs", err, "stateful")
	close(free)
}

type hangs struct {
	*stateful
	free, began chan struct{}
}

func (h *hangs) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if prev != "" {
		close(h.began)
		<-h.free
		return source.Content{}, errors.New("late")
	}
	return h.stateful.Next(ctx, prev)
}

func TestEqualValuesAreNotTheSameSource(t *testing.T) {
	t.Parallel()
	for what, two := range map[string]func() source.Source{
		"a value":                        func() source.Source { return constant{1} },
		"a value of no size":             func() source.Source { return sizeless{} },
		"a pointer to what has no size":  func() source.Source { return &sizeless{} },
		"a decorator of a value":         func() source.Source { return byValue{Source: constant{1}} },
		"a decorator of nothing":         func() source.Source { return byValue{Source: &sizeless{}} },
		"a decorator with a nil in it":   func() source.Source { return &odd{data: memory.New("a.yaml", []byte("n: 1"))} },
		"a function":                     func() source.Source { return function(constant{1}.Next) },
		"an uncomparable value":          func() source.Source { return uncomparable{[]int{1}} },
		"pointers to two that are equal": func() source.Source { return &constant{1} },
	} {
		t.Run(what, func(t *testing.T) {
			for range 2 {
				if _, err := claim(t, two(), two()); err != nil {
					t.Errorf("two equal values were taken for one source: %v", err)
				}
			}
		})
	}
}

type odd struct {
	source.Source // nil: both methods are its own
	data          *memory.Source
}

func (o *odd) Name() string { return "odd" }

func (o *odd) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return o.data.Next(ctx, prev)
}

type function func(context.Context, source.Revision) (source.Content, error)

func (f function) Name() string { return "function" }

func (f function) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return f(ctx, prev)
}

type uncomparable struct{ list []int }

func (uncomparable) Name() string { return "uncomparable" }

func (uncomparable) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return constant{1}.Next(ctx, prev)
}

// Package memory promises that one source may be a layer of several configs.
func TestASourceThatSaysSoMayBeShared(t *testing.T) {
	t.Parallel()
	m := memory.New("a.yaml", []byte("n: 7"))
	for range 2 {
		for _, s := range []source.Source{m, nacre.Layer(m, nacre.MayBeDown()), &byPointer{Source: m}} {
			if cfg, err := claim(t, s); err != nil || cfg.Get().N != 7 {
				t.Errorf("a memory was refused: %v", err)
			}
		}
	}
	if _, err := claim(t, m, m); source.KindOf(err) != source.InvalidArgument {
		t.Errorf("one source in two layers of one config was taken: %v", err)
	}
	if _, err := claim(t, m, &byPointer{Source: m}); err != nil {
		t.Errorf("a decorator of a source that may be shared was refused: %v", err)
	}
}

func TestOneSourceInTwoLayers(t *testing.T) {
	t.Parallel()
	s := newStateful()
	for what, again := range map[string]source.Source{
		"the source itself": s, "in a Layer": nacre.Layer(s), "in a decorator": &byPointer{Source: s}, "in a value": byValue{Source: s},
	} {
		_, err := claim(t, s, again)
		if source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "two layers use the same source stateful") {
			t.Errorf("%s: one source in two layers was taken: %v", what, err)
		}
	}
	if _, err := claim(t, s); err != nil {
		t.Errorf("the source cannot be used after it was refused: %v", err)
	}
}

func TestTheProvidersSources(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(path, []byte("n: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLAIMED_N", "2")
	for _, s := range []source.Source{file.New(path), env.New("CLAIMED")} {
		first, err := claim(t, s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = claim(t, s)
		refusedClaim(t, s.Name(), err, s.Name())
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = claim(t, s)
		if _, closes := s.(io.Closer); closes {
			refusedClaim(t, s.Name()+", closed", err, s.Name())
		} else if err != nil {
			t.Errorf("%s cannot be used again after its config was closed: %v", s.Name(), err)
		}
	}
}

// Who owns what must not keep alive what nobody has any more.
func TestASourceThatNobodyHasIsCollected(t *testing.T) {
	t.Parallel()
	collected := make(chan struct{}, 2)
	func() {
		s, free := newClosable(), newStateful()
		for _, p := range []*stateful{&s.stateful, free} {
			runtime.AddCleanup(p, func(c chan struct{}) { c <- struct{}{} }, collected)
		}
		o := quiet
		o.LastKnownGoodDisabled = true
		cfg, err := nacre.OpenWith[claimed](t.Context(), o, s, free)
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); len(collected) < cap(collected); runtime.Gosched() {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("of two sources that nobody has any more, %d were collected", len(collected))
		}
	}
}
