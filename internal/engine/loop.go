package engine

import (
	"context"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// runWriter is the writer goroutine: it receives updates, waits for the window, decides, and runs
// commands.
func (e *Engine) runWriter(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
			if e.drainInbox() && e.collectWindow(ctx) {
				e.decide()
			}
		case command := <-e.commands:
			command()
		case <-e.writer.rebuildTimer.due:
			e.resources.Forget()
			e.drainInbox()
			e.decide()
		}
	}
}

// collectWindow waits until no new content has arrived for Window, or until MaxWindow has passed
// since the first, so that contents that change together become one version. It returns false when
// ctx ends. Commands do not wait for the window, since they concern the live version.
func (e *Engine) collectWindow(ctx context.Context) bool {
	if e.Window <= 0 {
		return true
	}
	e.writer.inWindow = true
	defer func() { e.writer.inWindow = false }()
	quiet := time.NewTimer(e.Window)
	defer quiet.Stop()
	last := time.NewTimer(e.MaxWindow)
	defer last.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-e.wake:
			if e.drainInbox() {
				quiet.Reset(e.Window)
			}
		case command := <-e.commands:
			command()
		case <-quiet.C:
			return true
		case <-last.C:
			return true
		}
	}
}

// retryDecision decides again after something other than a content has changed. It does nothing
// while a window is open, since the decision follows, and while the config is pinned. Only the
// writer calls it.
func (e *Engine) retryDecision() {
	if !e.writer.inWindow && !e.pinned() {
		e.decide()
	}
}

// drainInbox moves the updates from the inbox to the layers and reports whether there is a new
// content. Only the writer calls it.
func (e *Engine) drainInbox() (changed bool) {
	for _, a := range e.emptyInbox() {
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
	e.mu.Lock()
	wasDown, since := l.err != nil, l.downSince
	l.err, l.lastHealthyAt = nil, now
	var before []string
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
	e.mu.Unlock()

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
		err = e.redactor.SourceError(err, l.builtIn, append(l.latest.Names(), l.name)...)
	}
	kind, text := source.KindOf(err), err.Error() // the source's code: mu is not held
	now := time.Now()
	e.mu.Lock()
	if l.err == nil {
		l.downSince = now
		if l.latest != nil {
			l.lastHealthyAt = now
		}
	}
	known := l.err != nil && l.errKind == kind && l.errText == text
	l.err, l.errKind, l.errText = err, kind, text
	since := l.downSince
	e.mu.Unlock()
	if known {
		return // reported before
	}
	e.emit(observe.Event{Kind: observe.LayerDown, Layer: l.name, Err: err, Took: now.Sub(since)})
}
