package promobserve_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
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
		e.Causes = append(e.Causes, observe.Cause{Position: source.Position{Layer: layer, Document: fmt.Sprint("document", i)}})
	}
	return e
}

// The work for a rejection grows with the number of problems and of documents, and not with their
// product: a release of ten thousand documents may be rejected as a whole. The work is counted in
// allocations, of which each label of a kind needs one.
func TestTheWorkForARejectionIsLinear(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	m := promobserve.New("orders")
	count := func(n int) float64 {
		e := rejected(n)
		return testing.AllocsPerRun(1, func() {
			m.Observe(e)
			m.Observe(observe.Event{Kind: observe.Closed}) // it waits until the event before it is counted
		})
	}
	small, large := count(300), count(3000)
	if large > 20*small+1000 {
		t.Errorf("10 times as many problems and documents take %.0f allocations instead of %.0f", large, small)
	}
	text := exposition(t, "", m)
	for _, want := range []string{`kind="missing",layer="layer0"} 4`, `kind="unknown_key",layer="layer9"} 4`} { // AllocsPerRun calls it twice
		if !strings.Contains(text, want) {
			t.Errorf("the rejections are %q, want %s", series(text, "nacre_rejections"), want)
		}
	}
}

// BenchmarkRejected counts a rejection of 10 000 documents with as many problems.
func BenchmarkRejected(b *testing.B) {
	m, e := promobserve.New("bench"), rejected(10_000)
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(e)
		m.Observe(observe.Event{Kind: observe.Closed})
	}
}
