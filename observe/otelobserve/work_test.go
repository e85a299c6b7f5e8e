package otelobserve_test

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/source"
)

// rejected is a change of that many documents with as many problems, half of which have no layer.
func rejected(n int) observe.Event {
	e := observe.Event{Kind: observe.Rejected}
	for i := range n {
		layer := fmt.Sprint("layer", i%10)
		p := &source.Problem{Kind: []source.Kind{source.UnknownKey, source.WrongType, source.Missing}[i%3]}
		if i%2 == 0 {
			p.Position.Layer = layer
		}
		e.Problems = append(e.Problems, p)
		e.Causes = append(e.Causes, observe.Cause{Position: source.Position{Layer: layer, Document: fmt.Sprint("document", i)}, TraceParent: fmt.Sprintf(parent, i+1)})
	}
	return e
}

// The work for a rejection does not grow with the product of problems and documents. It is counted
// in allocations.
func TestTheWorkForARejectionIsLinear(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	m := newMeters()
	o := otelobserve.New("orders", otelobserve.WithMeterProvider(m.provider), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	count := func(n int) float64 {
		e := rejected(n)
		return testing.AllocsPerRun(1, func() {
			o.Observe(e)
			o.Observe(observe.Event{Kind: observe.Closed}) // it waits until the event before it is counted
		})
	}
	small, large := count(300), count(3000)
	if large > 20*small+1000 {
		t.Errorf("10 times as many problems and documents take %.0f allocations instead of %.0f", large, small)
	}
	if got := m.points(t)["nacre.rejections kind=missing layer=layer0"]; got != 4 { // AllocsPerRun calls it twice
		t.Errorf("%v rejections are counted, want 4", got)
	}
}
