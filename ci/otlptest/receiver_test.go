package otlptest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	proto "google.golang.org/protobuf/proto"
)

// receiver receives spans over OTLP/HTTP, as a collector does.
type receiver struct {
	url string

	mu    sync.Mutex
	spans []span
}

// span is a span as it was received, with its IDs as text.
type span struct {
	service, name, kind, status string
	id, trace, parent           string
	links                       []string // trace and span
	begin, end                  uint64
	attributes                  map[string]string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || q.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		http.Error(w, "not a request of OTLP", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, of := range request.GetResourceSpans() {
		service := ""
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == string(semconv.ServiceNameKey) {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, x := range scope.GetSpans() {
				s := span{
					service: service, name: x.GetName(), kind: strings.TrimPrefix(x.GetKind().String(), "SPAN_KIND_"), status: x.GetStatus().GetMessage(),
					id: fmt.Sprintf("%x", x.GetSpanId()), trace: fmt.Sprintf("%x", x.GetTraceId()), parent: fmt.Sprintf("%x", x.GetParentSpanId()),
					begin: x.GetStartTimeUnixNano(), end: x.GetEndTimeUnixNano(), attributes: map[string]string{},
				}
				for _, l := range x.GetLinks() {
					s.links = append(s.links, fmt.Sprintf("%x %x", l.GetTraceId(), l.GetSpanId()))
				}
				for _, a := range x.GetAttributes() {
					s.attributes[a.GetKey()] = a.GetValue().GetStringValue()
				}
				r.spans = append(r.spans, s)
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	answer, _ := proto.Marshal(&collector.ExportTraceServiceResponse{}) // an empty message can be encoded
	_, _ = w.Write(answer)
}

// provider returns a provider whose spans go to the receiver, as those of one process.
func (r *receiver) provider(t *testing.T, service string) *trace.TracerProvider {
	t.Helper()
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(r.url+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	p := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(resource.NewSchemaless(semconv.ServiceName(service))))
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) }) // nothing, if the test has done it
	return p
}

// from writes the trace that begins with a span: the spans below each one, and the spans that link
// to it.
func (r *receiver) from(root span) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	var write func(s span, indent string, linked bool)
	write = func(s span, indent string, linked bool) {
		mark := ""
		if linked {
			mark = "~> "
		}
		fmt.Fprintf(&b, "%s%s%s %s %s", indent, mark, s.service, s.name, s.kind)
		for _, key := range []string{"nacre.document", "nacre.result", "nacre.release", "nacre.layer", "nacre.subscriber"} {
			if v := s.attributes[key]; v != "" {
				fmt.Fprintf(&b, " %s", v)
			}
		}
		if s.status != "" {
			fmt.Fprintf(&b, " error=%s", s.status)
		}
		b.WriteByte('\n')
		for _, x := range r.spans {
			if x.trace == s.trace && x.parent == s.id {
				write(x, indent+"   ", false)
			}
		}
		for _, x := range r.spans {
			if x.parent == "" && slices.Contains(x.links, s.trace+" "+s.id) {
				write(x, indent+"   ", true)
			}
		}
	}
	slices.SortStableFunc(r.spans, func(a, b span) int {
		if c := strings.Compare(a.service, b.service); c != 0 {
			return c
		}
		return int(int64(a.begin) - int64(b.begin)) //nolint:gosec // times of one test
	})
	write(root, "", false)
	return b.String()
}

// named returns the spans of that name, in the order in which they were received.
func (r *receiver) named(name string) (all []span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.name == name {
			all = append(all, s)
		}
	}
	return all
}
