package engine

import (
	"github.com/nacre-go/nacre/internal/inspect"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Explain returns where the value at a path comes from.
func (e *Engine) Explain(p tree.Path) observe.Explanation { return e.view().Explain(p) }

// ExplainAll explains all keys at a path and below it.
func (e *Engine) ExplainAll(below tree.Path) observe.Report {
	v := e.view()
	below = below.Canonical(v.Shape)
	r := observe.Report{Version: v.Live.Version, Keys: v.ExplainAll(below)}
	r.Readers = e.readers(v.Live, below)
	return r
}

// view returns a consistent copy of the state that an explanation needs.
func (e *Engine) view() inspect.View {
	var v inspect.View
	e.table.read(func() {
		s := e.schema() // once: the writer may store another one, which the table does not lock
		v = inspect.View{Live: e.cell.Load(), Shape: s.Shape, Merger: s.Merger, Roots: e.table.roots, Pending: e.table.pending, Layers: map[string]inspect.Layer{}, Notes: map[source.Position]string{}}
		for _, l := range e.layers {
			if l.applied == nil {
				continue
			}
			v.Layers[l.name] = inspect.Layer{Revision: l.applied.Shown(), Since: l.appliedAt}
			for _, d := range l.applied.Documents {
				if d.Note != "" {
					v.Notes[source.Position{Layer: l.name, Document: d.Name}] = pipeline.Note(d.Note)
				}
			}
		}
	})
	return v
}
