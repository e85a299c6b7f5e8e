package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// traces is where all spans go: in place of a backend, an exporter in the process.
type traces struct {
	exporter  tracetest.InMemoryExporter
	providers []*sdk.TracerProvider
}

// provider returns the provider of one process.
func (t *traces) provider(service string) *sdk.TracerProvider {
	p := sdk.NewTracerProvider(sdk.WithSyncer(&t.exporter), sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", service))))
	t.providers = append(t.providers, p)
	return p
}

func (t *traces) close() {
	for _, p := range t.providers {
		_ = p.Shutdown(context.Background())
	}
}

// decided reports whether the decisions on a release are there, and so many calls of subscribers.
func (t *traces) decided(release string, decisions, calls int) bool {
	for _, s := range t.exporter.GetSpans() {
		if text(s, "nacre.release") != release {
			continue
		}
		switch s.Name {
		case "config.apply":
			decisions--
		case "config.subscriber", "config.subscriber.slow":
			calls--
		}
	}
	return decisions <= 0 && calls <= 0
}

// shown are the attributes in the tree. A real backend shows all of them.
var shown = []string{"nacre.result", "nacre.document", "nacre.layer", "nacre.resource", "nacre.subscriber"}

// write writes the trace that begins with a span of that name as a tree: below each span its
// children, and the decisions that link to it, marked with ~>.
func (t *traces) write(w io.Writer, name string) {
	spans := t.exporter.GetSpans()
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int {
		if c := strings.Compare(service(a), service(b)); c != 0 {
			return c
		}
		return a.StartTime.Compare(b.StartTime)
	})
	var write func(s tracetest.SpanStub, indent int, mark string)
	write = func(s tracetest.SpanStub, indent int, mark string) {
		var about []string
		for _, key := range shown {
			if value := text(s, key); value != "" {
				about = append(about, value)
			}
		}
		if s.Status.Code == codes.Error {
			about = append(about, "error.type="+text(s, "error.type"))
		}
		kind := ""
		if s.SpanKind != trace.SpanKindInternal {
			kind = " " + strings.ToUpper(s.SpanKind.String())
		}
		line := fmt.Sprintf("  %-10s %s%s%s%s", service(s), strings.Repeat("  ", indent), mark, s.Name, kind)
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-48s %s", line, strings.Join(about, " ")), " "))
		for _, x := range spans {
			if x.Parent.SpanID() == s.SpanContext.SpanID() {
				write(x, indent+1, "")
			}
		}
		for _, x := range spans {
			if !x.Parent.IsValid() && slices.ContainsFunc(x.Links, func(l sdk.Link) bool { return l.SpanContext.SpanID() == s.SpanContext.SpanID() }) {
				write(x, indent+1, "~> ")
			}
		}
	}
	for _, s := range spans {
		if s.Name == name {
			write(s, 0, "")
		}
	}
}

func service(s tracetest.SpanStub) string {
	name, _ := s.Resource.Set().Value("service.name")
	return name.AsString()
}

func text(s tracetest.SpanStub, key string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}
