package otlptest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/providers/memory"
)

// nowhere is an exporter that drops spans.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                          { return nil }

// unread is a handler that takes the lines that a service has by default, and writes none.
type unread struct{}

func (unread) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }
func (unread) Handle(context.Context, slog.Record) error    { return nil }
func (h unread) WithAttrs([]slog.Attr) slog.Handler         { return h }
func (h unread) WithGroup(string) slog.Handler              { return h }

type costConfig struct {
	Limits map[string]int `config:"limits"`
}

// costly is a config of 2 000 keys, with all adapters or with none.
type costly struct {
	cfg     *nacre.Config[costConfig]
	layer   *memory.Source
	applied chan struct{}
	settle  func() // waits until the adapters have handled the events
	n       int
}

func newCostly(tb testing.TB, adapters bool) *costly {
	tb.Helper()
	c := &costly{applied: make(chan struct{}, 1), layer: memory.New("limits.yaml", costDocument(0)), settle: func() {}}
	options := nacre.Options{Window: nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}
	watch := func(func() observe.Health) error { return nil }
	if adapters {
		options.Logger = slog.New(unread{}) // for slogobserve
		registry := prometheus.NewRegistry()
		p := promobserve.New("orders", promobserve.TraceID(func(e observe.Event) string { return e.Causes[0].TraceParent[3:35] }))
		tracers := trace.NewTracerProvider(trace.WithBatcher(nowhere{}))
		o := otelobserve.New("orders", otelobserve.WithTracerProvider(tracers),
			otelobserve.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))))
		tb.Cleanup(func() { _ = tracers.Shutdown(context.Background()) })
		options.Observers = append(options.Observers, p.Observe, o.Observe)
		watch = func(health func() observe.Health) error {
			p.Watch(health)
			return errors.Join(p.Register(registry), o.Watch(health))
		}
		c.settle = func() {
			p.Observe(observe.Event{Kind: observe.Closed})
			o.Observe(observe.Event{Kind: observe.Closed})
			_ = tracers.ForceFlush(context.Background())
		}
	}
	options.Observers = append(options.Observers, func(e observe.Event) {
		if e.Kind == observe.Applied {
			c.applied <- struct{}{}
		}
	})
	var err error
	if c.cfg, err = nacre.OpenWith[costConfig](tb.Context(), options, c.layer); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.cfg.Close() })
	<-c.applied
	if err := watch(c.cfg.Health); err != nil {
		tb.Fatal(err)
	}
	if _, err := nacre.Subscribe(c.cfg, func(x *costConfig) int { return x.Limits["key0"] },
		func(context.Context, nacre.Change[int]) error { return nil }, nacre.WithName("limiter")); err != nil {
		tb.Fatal(err)
	}
	return c
}

func costDocument(value int) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "# nacre: release=r%d traceparent=00-%032x-%016x-01\nlimits:\n", value, value+1, value+1)
	for key := range 2000 {
		fmt.Fprintf(&text, "  key%d: %d\n", key, value)
	}
	return []byte(text.String())
}

// costDocuments are several documents that differ in each value.
var costDocuments = sync.OnceValue(func() (all [][]byte) {
	for value := range 7 {
		all = append(all, costDocument(value))
	}
	return all
})

// apply applies changes, each of all keys, and returns the CPU time that the process took for each.
func (c *costly) apply(changes int) time.Duration {
	documents := costDocuments()
	runtime.GC() // what was left by others is not to be collected on its account
	before := testrun.CPU()
	for range changes {
		c.n++
		c.layer.Set(documents[c.n%len(documents)])
		<-c.applied
	}
	c.settle()
	return (testrun.CPU() - before) / time.Duration(changes)
}

// BenchmarkApplyAllAdapters applies changes of 2 000 keys to a config with promobserve, otelobserve
// and slogobserve, and to one with none of them, in turn. It reports the median of the ratios of
// the CPU times, which is promised to be at most 1.05. docs/operations.md has the figure and the
// command. With more than one processor, the collector of garbage uses the time of those that a
// queue has woken, which counts as CPU time of the process.
func BenchmarkApplyAllAdapters(b *testing.B) {
	const changes = 20 // so that the wait for the adapters counts little
	without, with := newCostly(b, false), newCostly(b, true)
	without.apply(changes)
	with.apply(changes)
	var ratios []float64
	var first, second time.Duration
	for b.Loop() { // neither has the better place
		x := without.apply(changes)
		y := with.apply(changes) + with.apply(changes)
		x += without.apply(changes)
		first, second = first+x/2, second+y/2
		ratios = append(ratios, float64(y)/float64(x))
	}
	slices.Sort(ratios)
	n := len(ratios)
	b.ReportMetric(ratios[n/2], "ratio")
	b.ReportMetric(ratios[n/4], "ratio-25%")
	b.ReportMetric(ratios[n*3/4], "ratio-75%")
	b.ReportMetric(float64(first.Microseconds())/float64(n), "µs-without/change")
	b.ReportMetric(float64(second.Microseconds())/float64(n), "µs-with/change")
}

// BenchmarkGetAllAdapters reads a config with all adapters and one with none, in turn: they are not
// on its way.
func BenchmarkGetAllAdapters(b *testing.B) {
	const reads = 1_000_000
	without, with := newCostly(b, false), newCostly(b, true)
	read := func(c *costly) time.Duration {
		before, sum := testrun.CPU(), 0
		for range reads {
			sum += len(c.cfg.Get().Limits)
		}
		if sum != reads*2000 {
			b.Fatal("the config is not the one that was applied")
		}
		return testrun.CPU() - before
	}
	var ratios []float64
	for b.Loop() {
		x := read(without)
		y := read(with) + read(with)
		x += read(without)
		ratios = append(ratios, float64(y)/float64(x))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
}

// The adapters may need at most 1.05 times the memory, in bytes and in allocations, which can be
// counted on a busy machine too.
func TestAllAdaptersAllocateLittle(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	used := func(adapters bool) (allocations, bytes float64) {
		c := newCostly(t, adapters)
		c.apply(5)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.apply(20)
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc)
	}
	allocations, bytes := used(false)
	allAllocations, allBytes := used(true)
	if a, b := allAllocations/allocations, allBytes/bytes; a > 1.05 || b > 1.05 {
		t.Errorf("changes with all adapters need %.3f times the allocations and %.3f times the bytes; want at most 1.05", a, b)
	} else {
		t.Logf("%.3f times the allocations, and %.3f times the bytes", a, b)
	}
}
