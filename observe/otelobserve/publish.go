package otelobserve

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
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
	var calls provider.Calls
	return func(ctx context.Context, config string) (string, func(error)) {
		span := provider.Within(&calls, func() trace.Span {
			_, span := s.tracer().Start(ctx, "config.publish", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(keyDocument.String(clean(config))))
			return span
		})
		if span == nil {
			return "", nil
		}
		parent := provider.Within(&calls, func() string { return TraceParent(trace.ContextWithSpan(context.Background(), span)) })
		return parent, func(err error) {
			kind := kindOf(err)
			provider.Within(&calls, func() struct{} { end(span, time.Now(), kind); return struct{}{} })
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
