package engine

import (
	"context"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// write is the writer's life: it takes what arrives, gathers what belongs together, and decides.
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
		case <-e.rebuildTimer.due:
			e.resources.Forget()
			e.drainInbox()
			e.decide()
		}
	}
}

// gather waits until no new content has come for Window, or MaxWindow has passed since the first, so that contents which
// were changed together become one version. It returns false when ctx ends. Commands don't wait for the window: who pins wants
// what is live now, not what is about to come.
func (e *Engine) collectWindow(ctx context.Context) bool {
	if e.Window <= 0 {
		return true
	}
	e.inWindow = true
	defer func() { e.inWindow = false }()
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

// decideAgain decides on what has come before, since something other than a content has changed. While contents are gathered it is left to the
// end of that: what belongs together is not torn apart. What is pinned stays.
func (e *Engine) retryDecision() {
	if !e.inWindow && !e.pinned() {
		e.decide()
	}
}

// take moves the inbox into the layers and reports whether there is a content that is not applied.
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

func (e *Engine) receiveContent(l *layerState, c *layerContent) (changed bool) {
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
		for _, d := range absentDocuments(c.Content) {
			l.absent = append(l.absent, d.Name)
		}
		l.rejected, l.held = nil, nil
	}
	e.mu.Unlock()

	if wasDown {
		e.emit(observe.Event{Kind: observe.LayerUp, Layer: l.name, Took: now.Sub(since)})
	}
	if changed {
		e.emit(observe.Event{Kind: observe.ContentReceived, Layer: l.name, Documents: l.latest.names(), Revision: e.shown(c)})
		e.reportAbsent(l, absentDocuments(c.Content), before)
	}
	return changed
}

// tellAbsent tells of the absent documents that were not so before.
func (e *Engine) reportAbsent(l *layerState, absent []source.Document, before []string) {
	for _, d := range absent {
		switch {
		case slices.Contains(before, d.Name):
		case l.latest.isKept(d.Name):
			e.emit(observe.Event{Kind: observe.DocumentAbsent, Layer: l.name, Document: d.Name})
		default:
			e.emit(observe.Event{Kind: observe.DocumentMissing, Layer: l.name, Document: d.Name, Location: d.Location})
		}
	}
}

func (e *Engine) receiveError(l *layerState, err error) {
	if !isBuiltIn(err) {
		err = e.redactor.sourceError(err, l, l.latest.names()...)
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
		return // a source should not say the same twice, and need not be believed
	}
	e.emit(observe.Event{Kind: observe.LayerDown, Layer: l.name, Err: err, Took: now.Sub(since)})
}
