package otelobserve_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet are options without a log and without a last known good copy.
var quiet = nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true, Window: time.Millisecond}

func with(o *otelobserve.Observer) nacre.Options {
	options := quiet
	options.Observers = []observe.Observer{o.Observe}
	return options
}

// spans is an exporter of the SDK and its provider.
type spans struct {
	*tracetest.InMemoryExporter
	provider *trace.TracerProvider
}

func newSpans() spans {
	e := tracetest.NewInMemoryExporter()
	return spans{e, trace.NewTracerProvider(trace.WithSyncer(e))}
}

// tree returns the spans as a tree: one line a span, indented below its parent, with its kind, its
// error and the spans that it links to.
func (s spans) tree() string {
	all := s.GetSpans()
	slices.SortStableFunc(all, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var b strings.Builder
	var write func(parent string, indent int)
	write = func(parent string, indent int) {
		for _, x := range all {
			if x.Parent.SpanID().String() != parent {
				continue
			}
			fmt.Fprintf(&b, "%s%s %s", strings.Repeat("  ", indent), x.Name, x.SpanKind)
			for _, a := range x.Attributes {
				switch a.Key {
				case "nacre.result", "nacre.version", "nacre.layer", "nacre.resource", "nacre.subscriber", "nacre.release", "nacre.document":
					fmt.Fprintf(&b, " %s", a.Value.String())
				}
			}
			if x.Status.Code == codes.Error {
				fmt.Fprintf(&b, " error=%s", x.Status.Description)
			}
			for _, l := range x.Links {
				fmt.Fprintf(&b, " link=%s", l.SpanContext.SpanID())
			}
			b.WriteByte('\n')
			write(x.SpanContext.SpanID().String(), indent+1)
		}
	}
	write("0000000000000000", 0)
	return b.String()
}

// want compares the tree of the spans.
func (s spans) want(t *testing.T, want string) {
	t.Helper()
	if got := s.tree(); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("the spans are\n%s\nwant\n%s", got, want)
	}
}

type config struct {
	Pool  int    `config:"pool"`
	Level string `config:"level"`
}

const (
	parent     = "00-0af7651916cd43dd8448eb211c80319c-%016x-01"
	lineFormat = "# nacre: release=r%d traceparent=" + parent + "\n"
)

func line(n int) string { return fmt.Sprintf(lineFormat, n, n) }

// set sets a document and waits until the config has decided on it.
func set(t *testing.T, decided <-chan observe.Event, m *memory.Source, text string) observe.Event {
	t.Helper()
	m.Set([]byte(text))
	return wait(t, decided)
}

func wait(t *testing.T, events <-chan observe.Event) observe.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case e := <-events:
		return e
	case <-ctx.Done():
		t.Fatal("the event did not come")
		return observe.Event{}
	}
}
