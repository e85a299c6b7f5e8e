package otelobserve_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

func TestTheTraceOfAChange(t *testing.T) {
	t.Parallel()
	s := newSpans()
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(s.provider))
	events := make(chan observe.Event, 100)
	options := with(o)
	options.Observers = append(options.Observers, func(e observe.Event) {
		switch e.Kind {
		case observe.Applied, observe.Unchanged, observe.Rejected, observe.Held:
			events <- e
		}
	})
	m := memory.New("orders.yaml", []byte(line(1)+"pool: 1"))
	cfg, err := nacre.OpenWith[config](t.Context(), options, m)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, events)
	if _, err := nacre.Derive(t.Context(), cfg, func(c *config) int { return c.Pool },
		func(_ context.Context, pool int) (int, error) {
			if pool == 13 {
				return 0, errors.New("planted")
			}
			return pool, nil
		}, nil, nacre.WithName("pool")); err != nil {
		t.Fatal(err)
	}
	called := make(chan error, 10)
	nacre.Subscribe(cfg, func(c *config) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
		err := error(nil)
		if ch.New == 3 {
			err = errors.New("planted")
		}
		called <- err
		return err
	}, nacre.WithName("server"))

	set(t, events, m, line(2)+"pool: 2")
	<-called
	set(t, events, m, line(3)+"pool: 3")
	<-called
	set(t, events, m, line(4)+"pool: 3")
	set(t, events, m, line(5)+"pool: planted")
	set(t, events, m, line(6)+"pool: 13")
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	s.want(t, `
config.apply consumer applied 1 r1 link=0000000000000001
  config.decode internal orders.yaml
  config.merge internal
  config.validate internal
  config.build internal
  config.swap internal
config.apply consumer applied 2 r2 link=0000000000000002
  config.decode internal orders.yaml
  config.merge internal
  config.validate internal
  config.build internal
    config.build.resource internal pool
  config.swap internal
  config.subscriber internal server 2 r2 link=0000000000000002
config.apply consumer applied 3 r3 link=0000000000000003
  config.decode internal orders.yaml
  config.merge internal
  config.validate internal
  config.build internal
    config.build.resource internal pool
  config.swap internal
  config.subscriber internal server 3 r3 error=unknown link=0000000000000003
config.apply consumer unchanged 3 r4 link=0000000000000004
  config.decode internal orders.yaml
  config.merge internal
config.apply consumer rejected 3 r5 error=wrong_type link=0000000000000005
  config.decode internal orders.yaml
  config.merge internal
  config.validate internal
  config.search internal
config.apply consumer rejected 3 r6 error=build_failed link=0000000000000006
  config.decode internal orders.yaml
  config.merge internal
  config.validate internal
  config.build internal
    config.build.resource internal pool error=unknown
  config.search internal
`)
	for _, x := range s.GetSpans() {
		if !x.Parent.IsValid() && !x.Links[0].SpanContext.IsRemote() {
			t.Errorf("the link of %s is not to a remote span", x.Name)
		}
		if x.StartTime.After(x.EndTime) || time.Since(x.StartTime) > time.Hour {
			t.Errorf("%s is from %v to %v", x.Name, x.StartTime, x.EndTime)
		}
		for _, a := range append(x.Attributes, attribute.String("status", x.Status.Description)) {
			if strings.Contains(a.Value.String(), "planted") {
				t.Errorf("%s has a value of the config or the text of an error: %s=%s", x.Name, a.Key, a.Value.String())
			}
		}
		if len(x.Events) > 0 {
			t.Errorf("%s has events, which may hold a text: %+v", x.Name, x.Events)
		}
	}
	if n := o.Dropped(); n != 0 {
		t.Errorf("%d events were dropped", n)
	}
}

func TestTheTraceOfARollback(t *testing.T) {
	t.Parallel()
	s := newSpans()
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(s.provider))
	back := make(chan observe.Event, 10)
	options := with(o)
	options.Observers = append(options.Observers, func(e observe.Event) {
		if e.Kind == observe.RolledBack {
			back <- e
		}
	})
	m := memory.New("orders.yaml", []byte(line(1)+"pool: 1"))
	cfg, err := nacre.OpenWith[config](t.Context(), options, m)
	if err != nil {
		t.Fatal(err)
	}
	nacre.AutoRollback(cfg, func(_ context.Context, c *config) error {
		if c.Pool == 2 {
			return errors.New("planted")
		}
		return nil
	}, nacre.RollbackCheckInterval(10*time.Millisecond))
	m.Set([]byte(line(2) + "pool: 2"))
	wait(t, back)
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	var bad, rollback *int
	all := s.GetSpans()
	for i, x := range all {
		switch {
		case x.Name == "config.rollback":
			rollback = &i
		case x.Name == "config.apply" && len(x.Links) == 1 && x.Links[0].SpanContext.SpanID().String() == "0000000000000002" && bad == nil:
			bad = &i
		}
	}
	if bad == nil || rollback == nil {
		t.Fatalf("the spans are\n%s", s.tree())
	}
	links := all[*rollback].Links
	if len(links) != 2 || links[0].SpanContext.SpanID().String() != "0000000000000002" || links[1].SpanContext.SpanID() != all[*bad].SpanContext.SpanID() {
		t.Errorf("the rollback links to %+v, want the publish and the decision of the bad version", links)
	}
	if all[*rollback].Status.Description != "unknown" {
		t.Errorf("the rollback has the status %+v, want the kind of the error", all[*rollback].Status)
	}
}

// Names come from the service and from outside: they are cut, whatever they hold.
func TestAttributesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSpans()
	hostile := strings.Repeat("ü\x1b\xff\n", 1000)
	o := otelobserve.New(hostile, otelobserve.WithTracerProvider(s.provider))
	e := observe.Event{Time: time.Now(), Version: 1, Name: hostile, Sum: hostile, Err: errors.New(hostile), Changed: make([]string, 100)}
	for i := range 10_000 {
		name := fmt.Sprint(i, hostile)
		e.Causes = append(e.Causes, observe.Cause{
			Position:    source.Position{Layer: name, Document: name, Revision: source.Revision(name)},
			Release:     name,
			TraceParent: fmt.Sprintf(parent, i+1),
		})
		e.Steps = append(e.Steps[:min(len(e.Steps), 10)], observe.Step{Name: "decode", Layer: name})
		e.Problems = append(e.Problems, &source.Problem{Kind: source.Invalid, Message: hostile})
	}
	for kind := observe.ContentReceived; kind <= observe.Closed; kind++ {
		e.Kind = kind
		o.Observe(e)
	}
	all := s.GetSpans()
	if len(all) == 0 {
		t.Fatal("there are no spans")
	}
	for _, x := range all {
		if len(x.Links) > 33 || len(x.Name) > 40 {
			t.Errorf("%s has %d links", x.Name, len(x.Links))
		}
		for _, a := range x.Attributes {
			texts := []string{a.Value.String()}
			limit := 128
			if a.Value.Type() == attribute.STRINGSLICE {
				texts = a.Value.AsStringSlice()
			}
			if a.Key == "nacre.release" {
				limit = 16 * 129
			}
			if len(texts) > 16 {
				t.Errorf("%s has %d items in %s", x.Name, len(texts), a.Key)
			}
			for _, text := range texts {
				if len(text) > limit || strings.ContainsAny(text, "\x1b\n") || !utf8.ValidString(text) {
					t.Errorf("%s has %d bytes in %s: %.60q", x.Name, len(text), a.Key, text)
				}
			}
		}
	}
}

// stubborn is a provider that blocks or panics.
type stubborn struct {
	noop.TracerProvider
	tracer func()
}

func (p stubborn) Tracer(name string, options ...api.TracerOption) api.Tracer {
	p.tracer()
	return p.TracerProvider.Tracer(name, options...)
}

// hollow is a provider without tracers.
type hollow struct{ noop.TracerProvider }

func (hollow) Tracer(string, ...api.TracerOption) api.Tracer { return nil }

// hollowSpans is a provider whose tracers have no spans.
type hollowSpans struct{ noop.TracerProvider }

func (hollowSpans) Tracer(string, ...api.TracerOption) api.Tracer { return spanless{} }

type spanless struct{ noop.Tracer }

func (spanless) Start(ctx context.Context, _ string, _ ...api.SpanStartOption) (context.Context, api.Span) {
	return ctx, nil
}

// A provider that returns nil is one that panics.
func TestAHollowProviderAffectsNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []api.TracerProvider{hollow{}, hollowSpans{}} {
		o := otelobserve.New("orders", otelobserve.WithTracerProvider(p))
		for kind := observe.ContentReceived; kind <= observe.Closed; kind++ {
			o.Observe(observe.Event{Kind: kind, Time: time.Now(), Version: 1, Name: "x"})
		}
		if n := o.Dropped(); n < 5 {
			t.Errorf("%T: %d events are counted as dropped", p, n)
		}
		publish := otelobserve.OnPublish(otelobserve.WithTracerProvider(p))
		if traceParent, done := publish(t.Context(), "orders.yaml"); traceParent != "" || done != nil {
			t.Errorf("%T: a publish has the trace parent %q", p, traceParent)
		}
	}
}

func TestABadProviderAffectsNothing(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	for name, bad := range map[string]func(){"blocks": func() { <-blocked }, "panics": func() { panic("planted") }} {
		o := otelobserve.New("orders", otelobserve.WithTracerProvider(stubborn{tracer: bad}))
		m := memory.New("orders.yaml", []byte("pool: 0"))
		cfg, err := nacre.OpenWith[config](t.Context(), with(o), m)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for n := 1; n <= 1200; n++ {
			m.Set([]byte(fmt.Sprint("pool: ", n)))
			if _, err := cfg.Wait(t.Context(), func(c *config) bool { return c.Pool == n }); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("a provider that %s delays changes: 1200 took %v", name, took)
		}
		if err := cfg.Close(); err != nil && !errors.Is(err, source.Timeout) { // the events before it are still waiting
			t.Error(err)
		}
		if n := o.Dropped(); n < 100 {
			t.Errorf("a provider that %s: %d events are counted as dropped", name, n)
		}
	}
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	s := newSpans()
	publish := otelobserve.OnPublish(otelobserve.WithTracerProvider(s.provider))
	ctx, release := s.provider.Tracer("test").Start(t.Context(), "release")
	traceParent, done := publish(ctx, "public/DEFAULT_GROUP/orders.yaml")
	done(nil)
	_, failed := publish(ctx, "public/DEFAULT_GROUP/limits.yaml")
	failed(&source.Error{Kind: source.Conflict, Op: "publish", Err: errors.New("planted")})
	release.End()
	s.want(t, `
release internal
  config.publish producer public/DEFAULT_GROUP/orders.yaml
  config.publish producer public/DEFAULT_GROUP/limits.yaml error=conflict
`)
	span := s.GetSpans()[0].SpanContext
	if want := "00-" + span.TraceID().String() + "-" + span.SpanID().String() + "-01"; traceParent != want {
		t.Errorf("the trace parent is %q, want %q", traceParent, want)
	}
	if got := otelobserve.TraceParent(ctx); !strings.Contains(got, release.SpanContext().SpanID().String()) {
		t.Errorf("the trace parent of a context is %q, and its span %+v", got, release.SpanContext())
	}
	if got := otelobserve.TraceParent(t.Context()); got != "" {
		t.Errorf("a context without a span has the trace parent %q", got)
	}
}

func TestABadProviderDelaysAPublishByASecond(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	for name, bad := range map[string]func(){"blocks": func() { <-blocked }, "panics": func() { panic("planted") }} {
		publish := otelobserve.OnPublish(otelobserve.WithTracerProvider(stubborn{tracer: bad}))
		began := time.Now()
		for range 200 {
			if traceParent, done := publish(t.Context(), "orders.yaml"); traceParent != "" || done != nil {
				t.Errorf("a provider that %s has the trace parent %q", name, traceParent)
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("a provider that %s delays 200 publishes by %v", name, took)
		}
	}
}

// A sampler of the service decides by the attributes and links of a decision.
func TestASamplerSeesTheLinks(t *testing.T) {
	t.Parallel()
	var seen []trace.SamplingParameters
	provider := trace.NewTracerProvider(trace.WithSampler(sampler{&seen}))
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(provider))
	cfg, err := nacre.OpenWith[config](t.Context(), with(o), memory.New("orders.yaml", []byte(line(1)+"pool: 1")))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || len(seen[0].Links) != 1 || len(seen[0].Attributes) == 0 {
		t.Errorf("the sampler sees %+v", seen)
	}
}

type sampler struct{ seen *[]trace.SamplingParameters }

func (s sampler) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	*s.seen = append(*s.seen, p)
	return trace.SamplingResult{Decision: trace.Drop}
}

func (s sampler) Description() string { return "test" }
