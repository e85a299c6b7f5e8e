package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// drainInbox moves the updates from the inbox to the layers and reports whether there is a new
// content. Only the writer calls it.
func (e *Engine) drainInbox() (changed bool) {
	for _, a := range e.inbox.take() {
		if a.content != nil && e.receiveContent(a.layer, a.content) {
			changed = true
		}
		if a.err != nil {
			e.receiveError(a.layer, a.err)
		}
	}
	if changed {
		e.markSecretsInUse()
	}
	return changed
}

// receiveContent makes c the newest content of a layer and reports whether its revision is new.
func (e *Engine) receiveContent(l *layerState, c *pipeline.Content) (changed bool) {
	now := time.Now()
	wasDown, since := l.err != nil, l.downSince
	var before []string
	e.table.change(func() {
		l.err, l.lastHealthyAt = nil, now
		if l.latest == nil || l.latest.Revision != c.Revision {
			changed = true
			before = l.absent
			l.latest = l.withKept(c)
			l.absent = nil
			for _, d := range pipeline.AbsentDocuments(c.Content) {
				l.absent = append(l.absent, d.Name)
			}
			l.rejected, l.held = nil, nil
		}
	})

	if wasDown {
		e.emit(observe.Event{Kind: observe.LayerUp, Layer: l.name, Took: now.Sub(since)})
	}
	if changed {
		e.emit(observe.Event{Kind: observe.ContentReceived, Layer: l.name, Documents: l.latest.Names(), Revision: c.Shown()})
		e.reportAbsent(l, pipeline.AbsentDocuments(c.Content), before)
	}
	return changed
}

// reportAbsent reports the absent documents that were not absent before.
func (e *Engine) reportAbsent(l *layerState, absent []source.Document, before []string) {
	for _, d := range absent {
		switch {
		case slices.Contains(before, d.Name):
		case l.latest.IsKept(d.Name):
			e.emit(observe.Event{Kind: observe.DocumentAbsent, Layer: l.name, Document: d.Name})
		default:
			e.emit(observe.Event{Kind: observe.DocumentMissing, Layer: l.name, Document: d.Name, Location: d.Location})
		}
	}
}

// receiveError records an error of a source. It reports an error that a source repeats once.
func (e *Engine) receiveError(l *layerState, err error) {
	if !isBuiltIn(err) {
		err = e.evaluator.Redactor.SourceError(err, l.builtIn, append(l.latest.Names(), l.name)...)
	}
	kind, text := source.KindOf(err), err.Error() // the source's code: the table is not locked
	now := time.Now()
	known := l.err != nil && l.errKind == kind && l.errText == text
	e.table.change(func() {
		if l.err == nil {
			l.downSince = now
			if l.latest != nil {
				l.lastHealthyAt = now
			}
		}
		l.err, l.errKind, l.errText = err, kind, text
	})
	if known {
		return // reported before
	}
	e.emit(observe.Event{Kind: observe.LayerDown, Layer: l.name, Err: err, Took: now.Sub(l.downSince)})
}
