package otelobserve

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/observe"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxVersions = 64  // whose spans subscribers can be below
	maxBuilds   = 256 // that wait for the end of their decision
)

// tracer makes spans of events. Only the goroutine of the queue calls it.
type tracer struct {
	settings
	config    string
	current   trace.Tracer // that makes the spans of an event
	published publications
	versions  []version // the newest, oldest first
	builds    []observe.Event
}

// version is the decision that made a version.
type version struct {
	number int64
	span   trace.SpanContext
}

// isTraced reports whether observe does something with events of a kind. Closed is in the queue so
// that Close of the config waits for the spans of the events before it.
func isTraced(k observe.EventKind) bool {
	switch k {
	case observe.Applied, observe.Unchanged, observe.Rejected, observe.Held, observe.RolledBack, observe.RollbackFailed,
		observe.ResourceBuilt, observe.SubscriberCalled, observe.SubscriberSlow, observe.Closed:
		return true
	}
	return false
}

func (t *tracer) observe(e observe.Event) {
	if e.Kind != observe.Closed && (t.current == nil || t.tracers == nil) { // the global provider may be another one by now
		t.current = t.tracer()
	}
	switch e.Kind {
	case observe.Applied, observe.Unchanged, observe.Rejected, observe.Held:
		t.decided(e)
	case observe.RolledBack, observe.RollbackFailed:
		t.rolledBack(e)
	case observe.ResourceBuilt:
		if len(t.builds) == maxBuilds {
			t.builds = t.builds[1:]
		}
		t.builds = append(t.builds, e)
	case observe.SubscriberCalled, observe.SubscriberSlow:
		t.subscriber(e)
	case observe.Closed:
		t.versions, t.builds = nil, nil // the observer may serve the config again
	}
}

// decided makes the span of a decision and those of its steps.
func (t *tracer) decided(e observe.Event) {
	decided := e.Time.Add(-e.Took)
	began := decided
	for _, s := range e.Steps {
		if s.Began.Before(began) {
			began = s.Began // decoding comes before the decision
		}
	}
	attributes := append([]attribute.KeyValue{
		keyConfig.String(t.config), keyResult.String(e.Kind.String()), keyVersion.Int64(e.Version),
	}, aboutCauses(e.Causes)...)
	kind := ""
	switch e.Kind {
	case observe.Applied:
		attributes = append(attributes, keySum.String(short(e.Sum)), keyChangedKeys.Int(len(e.Changed)))
	case observe.Rejected:
		kind = problemKind(e.Problems)
		attributes = append(attributes, keyProblems.Int(len(e.Problems)))
	}
	ctx, span := t.start(context.Background(), "config.apply", trace.SpanKindConsumer, began, attributes, t.published.links(e.Causes), trace.WithNewRoot())
	for _, s := range e.Steps {
		var about []attribute.KeyValue
		if s.Layer != "" {
			about = append(about, keyLayer.String(clean(s.Layer)))
		}
		step, child := t.start(ctx, "config."+s.Name, trace.SpanKindInternal, s.Began, about, nil)
		if s.Name == "build" || s.Name == "search" {
			t.addBuilds(step, s.Began, s.Began.Add(s.Took))
		}
		end(child, s.Began.Add(s.Took), "")
	}
	t.addBuilds(ctx, decided, e.Time)
	t.builds = nil // of a call of Derive, or of a decision that needed no event
	if e.Kind == observe.Applied {
		t.remember(e.Version, span.SpanContext())
	}
	end(span, e.Time, kind)
}

// addBuilds makes the spans of the builds that began between two times, and forgets them.
func (t *tracer) addBuilds(ctx context.Context, after, before time.Time) {
	waiting := t.builds[:0]
	for _, b := range t.builds {
		began := b.Time.Add(-b.Took)
		if began.Before(after) || began.After(before) {
			waiting = append(waiting, b)
			continue
		}
		_, span := t.start(ctx, "config.build.resource", trace.SpanKindInternal, began, []attribute.KeyValue{keyResource.String(clean(b.Name))}, nil)
		end(span, b.Time, kindOf(b.Err))
	}
	t.builds = waiting
}

// rolledBack makes the span of an automatic rollback, with links to the decision that made the bad
// version and to its publication.
func (t *tracer) rolledBack(e observe.Event) {
	attributes := append([]attribute.KeyValue{
		keyConfig.String(t.config), keyResult.String(e.Kind.String()), keyVersion.Int64(e.Version), keyFrom.Int64(e.From), keyTo.Int64(e.To),
	}, aboutCauses(e.Causes)...)
	all := t.published.links(e.Causes)
	if bad := t.spanOf(e.From); bad.IsValid() {
		all = append(all, trace.Link{SpanContext: bad})
	}
	_, span := t.start(context.Background(), "config.rollback", trace.SpanKindConsumer, e.Time, attributes, all, trace.WithNewRoot())
	end(span, e.Time, kindOf(e.Err))
}

// subscriber makes the span of a call of a subscriber, below the decision that made the version.
func (t *tracer) subscriber(e observe.Event) {
	attributes := append([]attribute.KeyValue{
		keyConfig.String(t.config), keySubscriber.String(clean(e.Name)), keyVersion.Int64(e.Version),
	}, aboutCauses(e.Causes)...)
	ctx := context.Background()
	if decision := t.spanOf(e.Version); decision.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, decision)
	}
	name, kind := "config.subscriber", kindOf(e.Err)
	if e.Kind == observe.SubscriberSlow {
		name, kind = "config.subscriber.slow", "timeout"
	}
	_, span := t.start(ctx, name, trace.SpanKindInternal, e.Time.Add(-e.Took), attributes, t.published.links(e.Causes))
	end(span, e.Time, kind)
}

func (t *tracer) start(ctx context.Context, name string, kind trace.SpanKind, at time.Time, attributes []attribute.KeyValue, links []trace.Link, more ...trace.SpanStartOption) (context.Context, trace.Span) {
	return t.current.Start(ctx, name, append(more, trace.WithSpanKind(kind), trace.WithTimestamp(at), trace.WithAttributes(attributes...), trace.WithLinks(links...))...)
}

// end ends a span, with an error of that kind if it is not "".
func end(span trace.Span, at time.Time, kind string) {
	if kind != "" {
		span.SetAttributes(keyErrorType.String(kind))
		span.SetStatus(codes.Error, kind)
	}
	span.End(trace.WithTimestamp(at))
}

func (t *tracer) remember(number int64, span trace.SpanContext) {
	if len(t.versions) == maxVersions {
		t.versions = t.versions[1:]
	}
	t.versions = append(t.versions, version{number, span})
}

func (t *tracer) spanOf(number int64) trace.SpanContext {
	for _, v := range t.versions {
		if v.number == number {
			return v.span
		}
	}
	return trace.SpanContext{}
}
