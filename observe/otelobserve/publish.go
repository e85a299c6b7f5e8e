package otelobserve

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	// providerWait is how long a provider delays a caller at most: Watch, and a publish at its
	// start and at its end.
	providerWait = time.Second
	// maxStuck is the number of calls of a provider that may hang; further ones are left out.
	maxStuck = 4
)

// OnPublish returns a function for nacos.OnPublish, which makes a span "config.publish" of kind
// PRODUCER of each publish, below the span in its context. With nacos.ReleaseLine, the decisions of
// the instances link to it.
//
//	client, err := nacos.NewClient(cfg, nacos.OnPublish(otelobserve.OnPublish()))
//	err = client.Publish(ctx, "orders.yaml", content, nacos.ReleaseLine("2.4.0"))
//
// A provider that panics or blocks has no effect, except that a publish waits for it for 1 s at its
// start and at its end, and no more after four calls hang.
func OnPublish(options ...Option) func(ctx context.Context, config string) (traceParent string, done func(error)) {
	s := newSettings(options)
	var stuck atomic.Int32
	return func(ctx context.Context, config string) (string, func(error)) {
		span := within(&stuck, func() trace.Span {
			_, span := s.tracer().Start(ctx, "config.publish", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(keyDocument.String(clean(config))))
			return span
		})
		if span == nil {
			return "", nil
		}
		parent := within(&stuck, func() string { return TraceParent(trace.ContextWithSpan(context.Background(), span)) })
		return parent, func(err error) {
			kind := kindOf(err)
			within(&stuck, func() struct{} { end(span, time.Now(), kind); return struct{}{} })
		}
	}
}

// TraceParent returns the span in a context in the form of W3C Trace Context, or "" if there is
// none. It is meant for the field TraceParent of a manifest: the span that publishes the release.
func TraceParent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// within returns what f returns, or a zero value if f panics, takes too long, or is not called
// because too many calls hang.
func within[T any](stuck *atomic.Int32, f func() T) (result T) {
	if stuck.Load() >= maxStuck {
		return result
	}
	done := make(chan T, 1)
	var settled atomic.Bool // set by whichever comes first: the end of f, or giving up on it
	go func() {
		var result T
		defer func() {
			_ = recover()
			if !settled.CompareAndSwap(false, true) {
				stuck.Add(-1)
			}
			done <- result
		}()
		result = f()
	}()
	limit := time.NewTimer(providerWait)
	defer limit.Stop()
	select {
	case result = <-done:
	case <-limit.C:
		if settled.CompareAndSwap(false, true) {
			stuck.Add(1)
			break
		}
		result = <-done
	}
	return result
}
