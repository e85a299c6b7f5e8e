package engine

import (
	"context"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// write is the writer's life: it takes what arrives, gathers what belongs together, and decides.
func (e *Engine) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
			if e.take() && e.collect(ctx) {
				e.decide()
			}
		case command := <-e.commands:
			command()
		case <-e.rebuildTimer.due:
			e.resources.Forget()
			e.take()
			e.decide()
		}
	}
}

// collect waits until no new content has arrived for Window, or MaxWindow has passed since the
// first, so that contents that were changed together become one version. It returns false when ctx
// ends. Commands do not wait for the window: Pin means the version that is live now, not the next
// one.
func (e *Engine) collect(ctx context.Context) bool {
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
			if e.take() {
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

// retryDecision decides again on the contents that are there, because something other than a
// content has changed. While a window is open, the decision at its end does this, so that contents
// that were changed together stay together. A pinned config stays as it is.
func (e *Engine) retryDecision() {
	if !e.inWindow && !e.pinned() {
		e.decide()
	}
}

// take moves the inbox into the layers and reports whether there is a content that is not applied.
func (e *Engine) take() (news bool) {
	for _, a := range e.takeInbox() {
		if a.content != nil && e.takeContent(a.feed, a.content) {
			news = true
		}
		if a.err != nil {
			e.takeError(a.feed, a.err)
		}
	}
	if news {
		e.markSecretsInUse()
	}
	return news
}

func (e *Engine) takeContent(l *layerState, c *layerContent) (news bool) {
	now := time.Now()
	e.mu.Lock()
	down, since := l.err != nil, l.since
	l.err, l.verifiedAtLast = nil, now
	var before []string
	if l.latest == nil || l.latest.Revision != c.Revision {
		news = true
		before = l.absent
		l.latest = l.keep(c)
		l.absent = nil
		for _, d := range absent(c.Content) {
			l.absent = append(l.absent, d.Name)
		}
		l.rejected, l.held = nil, nil
	}
	e.mu.Unlock()

	if down {
		e.tell(observe.Event{Kind: observe.LayerUp, Layer: l.name, Took: now.Sub(since)})
	}
	if news {
		e.tell(observe.Event{Kind: observe.ContentReceived, Layer: l.name, Documents: l.latest.names(), Revision: e.shown(c)})
		e.reportAbsent(l, absent(c.Content), before)
	}
	return news
}

// reportAbsent reports the absent documents that were not absent before.
func (e *Engine) reportAbsent(l *layerState, absent []source.Document, before []string) {
	for _, d := range absent {
		switch {
		case slices.Contains(before, d.Name):
		case l.latest.keeps(d.Name):
			e.tell(observe.Event{Kind: observe.DocumentAbsent, Layer: l.name, Document: d.Name})
		default:
			e.tell(observe.Event{Kind: observe.DocumentMissing, Layer: l.name, Document: d.Name, Location: d.Location})
		}
	}
}

func (e *Engine) takeError(l *layerState, err error) {
	if !isBuiltIn(err) {
		err = e.redactor.ofSource(err, l, l.latest.names()...)
	}
	kind, text := source.KindOf(err), err.Error() // the source's code: mu is not held
	now := time.Now()
	e.mu.Lock()
	if l.err == nil {
		l.since = now
		if l.latest != nil {
			l.verifiedAtLast = now
		}
	}
	known := l.err != nil && l.errKind == kind && l.errText == text
	l.err, l.errKind, l.errText = err, kind, text
	since := l.since
	e.mu.Unlock()
	if known {
		return // a source should not say the same twice, and need not be believed
	}
	e.tell(observe.Event{Kind: observe.LayerDown, Layer: l.name, Err: err, Took: now.Sub(since)})
}
