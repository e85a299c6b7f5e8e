package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// causes returns the documents in which next differs from the applied content. A document that is
// absent in both is not a cause. A document that became absent or present while its last content
// stayed in use is a cause only if nothing else differs.
func (e *Engine) causes(l *layerState, next *pipeline.Content) (all []observe.Cause) {
	if next == nil || next == l.applied {
		return nil
	}
	var moved []observe.Cause // became absent or present
	absenceDiffers := false   // the contents differ in absent documents only
	for i := range next.Documents {
		d, old := &next.Documents[i], l.applied.Document(next.Documents[i].Name)
		switch {
		case d.Absent && (old == nil || old.Absent):
			absenceDiffers = absenceDiffers || old == nil
		case !pipeline.SameDocument(old, d):
			all = append(all, e.cause(l, next, d))
		case next.IsKept(d.Name) != l.applied.IsKept(d.Name):
			moved = append(moved, e.cause(l, next, d))
		}
	}
	if l.applied != nil {
		for i := range l.applied.Documents {
			switch d := &l.applied.Documents[i]; {
			case next.Document(d.Name) != nil:
			case d.Absent:
				absenceDiffers = true
			default:
				all = append(all, causeAt(l, d.Name, next.Shown())) // deleted, at a time that the origin does not say
			}
		}
	}
	if all == nil {
		all = moved
	}
	if first := next.Names(); all == nil && !absenceDiffers && first != nil {
		// The documents are the same; the revision or their order differs.
		all = append(all, e.cause(l, next, next.Document(first[0])))
	}
	return all
}

// cause returns a document of a content as a cause.
func (e *Engine) cause(l *layerState, c *pipeline.Content, d *source.Document) observe.Cause {
	cause := causeAt(l, d.Name, c.Shown())
	if !d.Absent {
		cause.Modified = d.Modified
	}
	line := c.Decoded().Lines[d.Name]
	cause.Release, cause.TraceParent = line.Release, line.TraceParent
	return cause
}

func causeAt(l *layerState, document string, shown source.Revision) observe.Cause {
	return observe.Cause{Position: source.Position{Layer: l.name, Document: document, Revision: shown}}
}
