package otelobserve_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
)

// discard is an exporter to nowhere.
type discard struct{}

func (discard) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                          { return nil }

func benchDocument(value int) []byte {
	var text strings.Builder
	text.WriteString(line(value) + "limits:\n")
	for key := range 2000 {
		fmt.Fprintf(&text, "  key%d: %d\n", key, value)
	}
	return []byte(text.String())
}

// BenchmarkApply applies a change of 2 000 keys. The promise is that traces and metrics cost at
// most a twentieth: compare the sub-benchmarks.
func BenchmarkApply(b *testing.B) {
	type config struct {
		Limits map[string]int `config:"limits"`
	}
	documents := [][]byte{benchDocument(1), benchDocument(2)}
	for _, name := range []string{"without", "with"} {
		b.Run(name, func(b *testing.B) {
			applied := make(chan struct{}, 1)
			options := nacre.Options{Window: nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}
			if name == "with" {
				provider := trace.NewTracerProvider(trace.WithBatcher(discard{}))
				b.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
				o := otelobserve.New("bench", otelobserve.WithTracerProvider(provider), otelobserve.WithMeterProvider(newMeters().provider))
				options.Observers = append(options.Observers, o.Observe)
			}
			options.Observers = append(options.Observers, func(e observe.Event) {
				if e.Kind == observe.Applied {
					applied <- struct{}{}
				}
			})
			layer := memory.New("limits.yaml", benchDocument(0))
			cfg, err := nacre.OpenWith[config](b.Context(), options, layer)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = cfg.Close() })
			<-applied
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				layer.Set(documents[n%2])
				<-applied
				n++
			}
		})
	}
}
