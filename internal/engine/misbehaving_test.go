package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// panickingError is an error whose Error method panics, as that of a typed nil pointer does.
type panickingError struct{ text string }

func (m *panickingError) Error() string { return m.text }

func TestErrorsThatCannotBePrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		e.Subscribe("typed nil", true, func(*pipeline.State) engine.Handler {
			return func(context.Context, *pipeline.State, []observe.Cause) (bool, error) {
				var none *panickingError
				return true, none
			}
		})
		settle()
		if h := e.Health().Subscribers[0]; h.Failures != 1 || h.LastError == "" {
			t.Errorf("the subscriber's error is not shown: %+v", h)
		}
		x.fail(nilError{})
		settle()
		if h := e.Health().Layers[0]; h.Down == "" {
			t.Errorf("the source's error is not shown: %+v", h)
		}
		x.put("a: 2")
		time.Sleep(time.Minute) // longer than the back-off of a source that failed
		synctest.Wait()
		if value(e.Live()).A != 2 {
			t.Error("the config has stopped")
		}
		e.Close()
	})
}

// many is an error that cannot be compared.
type many []string

func (m many) Error() string { return strings.Join(m, " ") }

func TestCauseThatIsNotComparable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		s.Sections[0].Validate = checked(func(c *config, _ *tree.Node) source.Problems {
			if c.A == 2 {
				return source.Problems{{Kind: source.Invalid, Message: "is bad", Err: many{"a", "b"}}}
			}
			return nil
		})
		e := start(t, s)
		x.put("a: 2")
		settle()
		history := e.History()
		if last := history[len(history)-1]; len(last.Problems) != 1 || !errors.As(last.Problems, new(many)) {
			t.Errorf("the cause is not reachable in %v", last.Problems)
		}
		e.Close()
	})
}

// nilError panics in Error, though not in the comparisons of the test's origin.
type nilError struct{}

func (nilError) Error() string { panic("no text") }

// unreliableReporter is a source with an unreliable VerifiedAt.
type unreliableReporter struct {
	*origin
	proven func() time.Time
}

func (p unreliableReporter) VerifiedAt() time.Time { return p.proven() }

func TestFreshnessReporterThatPanicsOrBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := unreliableReporter{newOrigin("p", "a: 1"), func() time.Time { panic("rude") }}
		e := start(t, settings(t, p))
		settle()
		if h := e.Health(); h.Layers[0].VerifiedAt.IsZero() {
			t.Errorf("what the engine itself knows is not shown: %+v", h.Layers[0])
		}
		p.put("a: 2")
		settle()
		if value(e.Live()).A != 2 {
			t.Error("a panic in VerifiedAt has stopped the config")
		}
		e.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		asked := false
		p := unreliableReporter{newOrigin("p", "a: 1"), func() time.Time { asked = true; <-release; return time.Now() }}
		e := start(t, settings(t, p))
		settle()
		go e.Health()
		synctest.Wait()
		if !asked {
			t.Fatal("Health did not ask")
		}
		p.put("a: 2")
		settle()
		if value(e.Live()).A != 2 {
			t.Error("a source that blocks in VerifiedAt holds the writer up")
		}
		close(release)
		e.Close()
	})
}

// repeats is a source that returns the same error from each call.
type repeats struct{ *origin }

func (r repeats) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	r.mu.Lock()
	err := r.err
	r.mu.Unlock()
	if err != nil {
		return source.Content{}, err
	}
	return r.origin.Next(ctx, prev)
}

func TestRepeatedErrorIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := repeats{newOrigin("r", "a: 1")}
		j := &journal{}
		s := settings(t, r)
		s.Observers = on(handlers{
			observe.LayerDown: func(d observe.Event) { j.add("down: " + d.Err.Error()) },
			observe.LayerUp:   func(u observe.Event) { j.add("up") },
		})
		e := start(t, s)
		settle()
		r.fail(errors.New("first"))
		time.Sleep(10 * time.Minute)
		r.mu.Lock()
		r.err = errors.New("second")
		r.mu.Unlock()
		time.Sleep(10 * time.Minute)
		r.heal()
		time.Sleep(time.Minute)
		if got := strings.Join(j.take(), ", "); got != "down: first, down: second, up" {
			t.Errorf("the outage is reported as %q, want each error once", got)
		}
		e.Close()
	})
}

// A content is not lost if several errors follow it before the writer receives it.
func TestContentBeforeErrorsIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		s := settings(t, x, y)
		release := make(chan struct{})
		s.Sections[0].Validate = checked(func(c *config, n *tree.Node) source.Problems {
			if c.B == 2 {
				<-release
			}
			return rules(c, n)
		})
		e := start(t, s)
		settle()
		y.put("b: 2") // keeps the writer busy
		settle()
		x.put("a: 2")
		settle()
		for _, text := range []string{"first", "second", "third"} {
			x.fail(errors.New(text))
			settle()
		}
		close(release)
		settle()
		if a := value(e.Live()).A; a != 2 {
			t.Errorf("a=%d is live; the source had given 2 before it failed", a)
		}
		if h := e.Health().Layers[0]; !strings.Contains(h.Down, "third") {
			t.Errorf("the layer shows %q, want the last trouble", h.Down)
		}
		e.Close()
	})
}

// A content that a source returns with an error is ignored.
type half struct{ *origin }

func (h half) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	c, err := h.origin.Next(ctx, prev)
	if err != nil && ctx.Err() == nil {
		c = source.Content{Revision: "half", Documents: []source.Document{{Name: "x", Format: source.FormatYAML, Data: []byte("a: 44")}}}
	}
	return c, err
}

func TestContentWithErrorIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := half{newOrigin("h", "a: 1")}
		e := start(t, settings(t, h))
		settle()
		h.fail(errDown)
		settle()
		if a := value(e.Live()).A; a != 1 {
			t.Errorf("a=%d is live: it came with an error", a)
		}
		e.Close()
	})
}

func TestNamesOfLayersAreUnique(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, settings(t, newOrigin("x#2", "a: 1"), newOrigin("x", "a: 1"), newOrigin("x", "a: 1"), newOrigin("x#2", "a: 1")))
		seen := map[string]bool{}
		for _, l := range e.Health().Layers {
			if seen[l.Name] {
				t.Errorf("two layers are called %s", l.Name)
			}
			seen[l.Name] = true
		}
		e.Close()
	})
}

// A secret that begins with an older secret is redacted as a whole.
func TestSecretsWithCommonPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "token: hunter22")
		s := settings(t, x)
		j := &journal{}
		s.Observers = on(handlers{observe.SubscriberCalled: func(d observe.Event) {
			j.add(d.Err.Error())
		}})
		e := start(t, s)
		e.Subscribe("tells", false, func(*pipeline.State) engine.Handler {
			return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
				return true, errors.New("with " + value(s).Token.text)
			}
		})
		x.put("token: hunter22-and-more")
		settle()
		if lines := j.take(); len(lines) != 1 || lines[0] != "with ******" {
			t.Errorf("the text is %q: the new secret's end is in clear", lines)
		}
		e.Close()
	})
}

// quiet is an error whose text does not include its cause.
type quiet struct{ cause error }

func (q quiet) Error() string { return "it did not work" }
func (q quiet) Unwrap() error { return q.cause }

func TestSecretsInCausesAreUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "token: hunter22")
		s := settings(t, x)
		var reported error
		s.Observers = on(handlers{observe.SubscriberCalled: func(d observe.Event) { reported = d.Err }})
		e := start(t, s)
		e.Subscribe("tells", true, func(*pipeline.State) engine.Handler {
			return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
				return true, quiet{errors.Join(errors.New("harmless"), quiet{errors.New("with " + value(s).Token.text)})}
			}
		})
		settle()
		if reported == nil || reported.Error() != "it did not work" {
			t.Fatalf("got %v", reported)
		}
		if errors.As(reported, new(quiet)) {
			t.Error("the secret can be reached through the causes of an event's error")
		}
		e.Close()
	})
}
