package otelobserve_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
)

func Example() {
	// A service has a provider with an exporter to its collector, and may set it globally.
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))

	o := otelobserve.New("orders", otelobserve.WithTracerProvider(provider))
	published := "# nacre: release=2.4.0 traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\npool: 5\n"
	cfg, err := nacre.OpenWith[struct {
		Pool int `config:"pool"`
	}](context.Background(), nacre.Options{Observers: []observe.Observer{o.Observe}}, memory.New("orders.yaml", []byte(published)))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := o.Watch(cfg.Health); err != nil { // for the metrics
		fmt.Println(err)
	}
	_ = cfg.Close()

	for _, span := range exporter.GetSpans() {
		fmt.Println(span.SpanKind, span.Name)
		for _, link := range span.Links {
			fmt.Println("  published in trace", link.SpanContext.TraceID())
		}
	}
	// Output:
	// internal config.decode
	// internal config.merge
	// internal config.validate
	// internal config.build
	// internal config.swap
	// consumer config.apply
	//   published in trace 0af7651916cd43dd8448eb211c80319c
}
