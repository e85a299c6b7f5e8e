package promobserve_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/prometheus/client_golang/prometheus"
)

const benchKeys = 2000

type benchConfig struct {
	Limits map[string]int `config:"limits"`
}

// benchOpen opens a config of 2 000 keys, with the metrics or without.
func benchOpen(b *testing.B, m *promobserve.Metrics) (*nacre.Config[benchConfig], *memory.Source, <-chan struct{}) {
	b.Helper()
	applied := make(chan struct{}, 1)
	options := nacre.Options{
		Observers: []observe.Observer{func(e observe.Event) {
			if e.Kind == observe.Applied {
				applied <- struct{}{}
			}
		}},
		Window: nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler),
	}
	if m != nil {
		options.Observers = append([]observe.Observer{m.Observe}, options.Observers...)
	}
	layer := memory.New("limits.yaml", benchDocument(0))
	cfg, err := nacre.OpenWith[benchConfig](b.Context(), options, layer)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cfg.Close() })
	<-applied
	if m != nil {
		m.Watch(cfg.Health)
		if err := m.Register(prometheus.NewRegistry()); err != nil {
			b.Fatal(err)
		}
	}
	return cfg, layer, applied
}

func with(m *promobserve.Metrics) string {
	if m == nil {
		return "without"
	}
	return "with"
}

func benchDocument(value int) []byte {
	var text strings.Builder
	text.WriteString("limits:\n")
	for key := range benchKeys {
		fmt.Fprintf(&text, "  key%d: %d\n", key, value)
	}
	return []byte(text.String())
}

// BenchmarkApply applies a change of 2 000 keys. The promise is that the metrics cost at most a
// twentieth: compare the sub-benchmarks.
func BenchmarkApply(b *testing.B) {
	documents := [][]byte{benchDocument(1), benchDocument(2)}
	for _, m := range []*promobserve.Metrics{nil, promobserve.New("bench")} {
		b.Run(with(m), func(b *testing.B) {
			_, layer, applied := benchOpen(b, m)
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

// BenchmarkGet reads a config with the metrics and without: they are not on its way.
func BenchmarkGet(b *testing.B) {
	for _, m := range []*promobserve.Metrics{nil, promobserve.New("bench")} {
		b.Run(with(m), func(b *testing.B) {
			cfg, _, _ := benchOpen(b, m)
			n := 0
			for b.Loop() {
				n += len(cfg.Get().Limits)
			}
			if n == 0 {
				b.Error("the config is empty")
			}
		})
	}
}

// BenchmarkObserve is what an event costs the goroutine that reports it.
func BenchmarkObserve(b *testing.B) {
	m := promobserve.New("bench")
	e := observe.Event{Kind: observe.Unchanged}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(e)
	}
	m.Observe(observe.Event{Kind: observe.Closed})
}

// BenchmarkScrape collects the metrics of a config with 20 layers and 50 subscribers.
func BenchmarkScrape(b *testing.B) {
	h := full()
	for i := range 20 {
		h.Layers = append(h.Layers, observe.LayerHealth{Name: fmt.Sprint("layer", i)})
	}
	for i := range 50 {
		h.Subscribers = append(h.Subscribers, observe.SubscriberHealth{Name: fmt.Sprint("subscriber", i)})
	}
	r := prometheus.NewRegistry()
	if err := fed(promobserve.New("bench"), h).Register(r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
