package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// ran makes a last known good copy by running a config once with yaml as the content of x.
func ran(t *testing.T, path, yaml string) {
	t.Helper()
	s := settings(t, newOrigin("x", yaml))
	s.LastKnownGoodPath = path
	e := start(t, s)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBootWaitsForALayerThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.fail(errDown)
		go func() {
			time.Sleep(4 * time.Second)
			x.put("a: 2")
		}()
		began := time.Now()
		e := start(t, settings(t, x))
		if took := time.Since(began); value(e.Live()).A != 2 || took > 5*time.Second {
			t.Errorf("booted after %v with a=%d", took, value(e.Live()).A)
		}
		e.Close()
	})
}

func TestBootFailsWithEveryLayerAndCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y, z := newOrigin("x", ""), newOrigin("y", ""), newOrigin("z", "a: 1")
		x.fail(errDown)
		began := time.Now()
		e, err := engine.Start(t.Context(), settings(t, x, y, z))
		if e != nil || err == nil {
			t.Fatal("it booted without its layers")
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it gave up after %v, want BootTimeout", took)
		}
		for _, want := range []string{"layer x: read server: unavailable: refused", "layer y: wait: timeout"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error %q does not say %q", err, want)
			}
		}
		var l *source.LayerError
		if !errors.As(err, &l) || !errors.Is(err, source.Unavailable) || !errors.Is(err, source.Timeout) {
			t.Errorf("layers and kinds are not reachable in %v", err)
		}
		if !x.closed || !z.closed {
			t.Error("the sources were not closed")
		}
	})
}

func TestBootDoesNotWaitForPermanentErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.fail(&source.Error{Kind: source.NotFound, Op: "read", Document: "orders.yaml"})
		began := time.Now()
		if _, err := engine.Start(t.Context(), settings(t, x)); !errors.Is(err, source.NotFound) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v to say that a document does not exist", took)
		}
	})
}

// A server says of a config that was published a moment ago that it does not exist, until it has
// copied it from its database.
func TestBootWaitsForADocumentThatWasJustPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.putAll("0", map[string]string{"orders.yaml": ""})
		go func() {
			time.Sleep(2 * time.Second)
			x.putAll("1", map[string]string{"orders.yaml": "a: 2"})
		}()
		began := time.Now()
		e := start(t, settings(t, x))
		if took := time.Since(began); value(e.Live()).A != 2 || took > 2500*time.Millisecond {
			t.Errorf("booted after %v with a=%d, want 2 as soon as the server knows the document", took, value(e.Live()).A)
		}
		e.Close()
	})
}

func TestBootDoesNotWaitLongForADocumentThatDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			what           string
			change         func(*engine.Settings)
			atLeast, below time.Duration
		}{
			{"a remote document", func(*engine.Settings) {}, 3 * time.Second, 3500 * time.Millisecond},
			{"a remote document, with a shorter BootTimeout", func(s *engine.Settings) { s.BootTimeout = time.Second }, time.Second, 1500 * time.Millisecond},
			{"a file", func(s *engine.Settings) { s.Layers[0].Source = localOrigin{s.Layers[0].Source.(*origin)} }, 0, 500 * time.Millisecond},
		} {
			x := newOrigin("x", "")
			x.putAll("0", map[string]string{"orders.yaml": ""})
			s := settings(t, x)
			c.change(&s)
			began := time.Now()
			if _, err := engine.Start(t.Context(), s); !errors.Is(err, source.NotFound) {
				t.Errorf("%s: got %v", c.what, err)
			}
			if took := time.Since(began); took < c.atLeast || took > c.below {
				t.Errorf("%s: it took %v to say that it does not exist, want at least %v and at most %v", c.what, took, c.atLeast, c.below)
			}
		}
	})
}

func TestBootEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := engine.Start(ctx, settings(t, newOrigin("x", ""))); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "layer x") {
			t.Errorf("got %v, want the context's error and the layer that is missing", err)
		}
	})
}

func TestBootWithoutAnOptionalLayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 2"), newOrigin("y", "")
		y.fail(errDown)
		s := settings(t, x, y)
		s.Layers[1].MayBeDown = true
		s.NotReadyWhenStale = 2 * time.Minute
		e := start(t, s)
		if h := e.Health(); value(e.Live()).A != 2 || h.Ready() != nil || !h.Layers[1].Stale || h.Layers[1].Down == "" {
			t.Errorf("a=%d, ready %v, %+v; want 2, ready without the optional layer, and its trouble shown", value(e.Live()).A, h.Ready(), h.Layers[1])
		}
		y.put("b: 3")
		settle()
		time.Sleep(time.Minute) // its back-off
		if value(e.Live()).B != 3 || e.Health().Ready() != nil {
			t.Error("the optional layer came up and is not in use")
		}
		y.fail(errDown)
		time.Sleep(time.Hour)
		if e.Health().Ready() == nil {
			t.Error("an optional layer whose content is in use may be as old as it likes")
		}
		e.Close()
	})
}

func TestBootFromLastGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		ran(t, path, "a: 7")
		time.Sleep(time.Hour)
		x, local := newOrigin("x", ""), localOrigin{newOrigin("local", "b: 3")}
		x.fail(errDown)
		s := settings(t, x, local)
		s.LastKnownGoodPath = path
		s.NotReadyWhenStale = 10 * time.Minute
		var booted observe.Event
		s.Observers = on(handlers{observe.Opened: func(b observe.Event) { booted = b }})
		e := start(t, s)
		if v := value(e.Live()); v.A != 7 || v.B != 3 {
			t.Errorf("booted with %+v, want the copy's a=7 and the local b=3", v)
		}
		if len(booted.FromLastKnownGood) != 1 || booted.FromLastKnownGood[0] != "x" || booted.Age < time.Hour || booted.Age > 61*time.Minute {
			t.Errorf("the event is %+v, want x stale for an hour", booted)
		}
		h := e.Health()
		if !h.Layers[0].FromLastKnownGood || !h.Layers[0].Stale || h.Ready() == nil {
			t.Errorf("a stale boot is not shown as one: %+v", h.Layers[0])
		}
		if want := []string{string(revision("a: 7"))}; !slices.Equal(x.received, want) {
			t.Errorf("Ack received %q, want %q: the content of the copy is live", x.received, want)
		}
		x.put("a: 7")
		time.Sleep(time.Minute)
		synctest.Wait()
		if h := e.Health(); h.Version != 1 || h.Layers[0].FromLastKnownGood || h.Ready() != nil {
			t.Errorf("the layer is up with the same content: %+v", h)
		}
		e.Close()
	})
}

func TestBadPublishDoesNotKeepServiceDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		ran(t, path, "a: 7")
		x := newOrigin("x", "a: [")
		s := settings(t, x)
		s.LastKnownGoodPath = path
		e := start(t, s)
		if value(e.Live()).A != 7 || len(e.Health().Layers[0].Rejected) == 0 {
			t.Errorf("a=%d, %+v; want the copy, and the rejection shown", value(e.Live()).A, e.Health().Layers[0])
		}
		if len(x.received) != 2 || x.received[0] != string(revision("a: 7")) || !strings.Contains(x.received[1], "x.yaml:1") {
			t.Errorf("Ack received %q, want the content of the copy, which is live, and the rejected one", x.received)
		}
		x.put("a: 8")
		settle()
		if value(e.Live()).A != 8 {
			t.Error("the good content after it is not live")
		}
		e.Close()
	})
}

func TestBootRejectsDamagedCopy(t *testing.T) {
	dir := t.TempDir()
	for name, spoil := range map[string]func(path string) error{
		"tampered": func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			data[len(data)/2] ^= 1
			return os.WriteFile(path, data, 0o600)
		},
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"gone":  os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			synctest.Test(t, func(t *testing.T) {
				ran(t, path, "a: 7")
				if err := spoil(path); err != nil {
					t.Fatal(err)
				}
				x := newOrigin("x", "")
				x.fail(errDown)
				s := settings(t, x)
				s.LastKnownGoodPath = path
				if e, err := engine.Start(t.Context(), s); err == nil {
					t.Errorf("booted with a=%d", value(e.Live()).A)
					e.Close()
				}
			})
		})
	}
}

func TestCopyThatCannotBeSavedIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := settings(t, newOrigin("x", "a: 7"))
		s.LastKnownGoodPath = filepath.Join(file, "x.lastgood")
		e := start(t, s)
		if value(e.Live()).A != 7 || e.Health().LastKnownGood.Error == "" {
			t.Errorf("a=%d, last good %+v", value(e.Live()).A, e.Health().LastKnownGood)
		}
		e.Close()
	})
}

func TestTwoConfigsOneCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		s := settings(t, newOrigin("x", "a: 7"))
		s.LastKnownGoodPath = path
		first := start(t, s)
		o2 := newOrigin("x", "a: 8")
		s2 := settings(t, o2)
		s2.LastKnownGoodPath = path
		second := start(t, s2)
		if h := second.Health().LastKnownGood; !strings.Contains(h.Error, "another config of this process owns the copy") {
			t.Errorf("the second owner shows %+v", h)
		}
		synctest.Wait() // the second config has tried to save
		first.Close()
		x := newOrigin("x", "")
		x.fail(errDown)
		s3 := settings(t, x)
		s3.LastKnownGoodPath = path
		third := start(t, s3)
		if value(third.Live()).A != 7 {
			t.Errorf("who does not own the copy has written it: a=%d", value(third.Live()).A)
		}
		third.Close()
		o2.put("a: 9") // the owner has ended: the second config saves now
		settle()
		if h := second.Health().LastKnownGood; h.Error != "" || h.Version != 2 {
			t.Errorf("the owner has ended, and the copy is not kept by the other: %+v", h)
		}
		second.Close()
	})
}
