package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// boot waits, for a bounded time, for a content of each layer and makes the first version. It
// replaces a layer that is down with its last known good copy. If the newest contents are rejected,
// it starts from the copies and applies the good part of the newest contents. Without a copy it
// fails with the layers and their errors.
func (e *Engine) boot(ctx context.Context) error {
	started := time.Now()
	waitErr := e.awaitLayers(ctx)
	if waitErr != nil && !errors.Is(waitErr, context.DeadlineExceeded) {
		return errors.Join(waitErr, e.missingLayers(nil))
	}
	c := e.bootCandidate(func(l *layerState) bool { return l.latest == nil })
	if err := e.missingLayers(c.contents); err != nil {
		return errors.Join(waitErr, err)
	}
	problems := e.tryApply(c)
	for hasTransient(problems) && time.Since(started) < e.BootTimeout && sleep(ctx, decodeRetryAfter+time.Millisecond) {
		e.drainInbox()
		c = e.bootCandidate(func(l *layerState) bool { return l.latest == nil })
		problems = e.tryApply(c)
	}
	if problems != nil {
		// The newest contents are bad. Start from the last known good copy: a bad publish must not
		// keep a service down.
		copied := e.bootCandidate(func(l *layerState) bool { return !l.local })
		if !copied.fromDisk() || e.tryApply(copied) != nil {
			return problems
		}
		e.applyPartially(c, problems)
	}
	e.reportOpened(started)
	return nil
}

// hasTransient reports whether a problem may disappear without a new content, such as a secret that
// does not exist yet.
func hasTransient(problems source.Problems) bool {
	return slices.ContainsFunc(problems, func(p *source.Problem) bool { return p.Kind == source.Unavailable })
}

func (c candidate) fromDisk() bool {
	for _, content := range c.contents {
		if content != nil && content.fromDisk {
			return true
		}
	}
	return false
}

// awaitLayers waits until each layer has a content or an error that is not worth retrying, or until
// BootTimeout is over. If ctx ends first, it returns the error of ctx; the caller treats a deadline
// as the end of BootTimeout, since the copy may suffice.
func (e *Engine) awaitLayers(ctx context.Context) error {
	timer := time.NewTimer(e.BootTimeout)
	defer timer.Stop()
	for {
		e.drainInbox()
		if !e.hasPendingLayer() {
			return nil
		}
		select {
		case <-e.wake:
		case <-timer.C:
			e.drainInbox()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hasPendingLayer reports whether a layer has no content and may still get one.
func (e *Engine) hasPendingLayer() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.layers {
		if l.latest == nil && (l.err == nil || isRetryable(l.err)) {
			return true
		}
	}
	return false
}

// isRetryable reports whether an error may disappear within a moment.
func isRetryable(err error) bool {
	switch source.KindOf(err) {
	case source.InvalidArgument, source.NotFound, source.PermissionDenied, source.TooLarge, source.Closed:
		return false
	}
	return true
}

// bootCandidate returns the candidate of the last known good copies of the layers for which old
// returns true, and the newest contents of the others.
func (e *Engine) bootCandidate(old func(*layerState) bool) candidate {
	record := e.saver.loadedRecord()
	return e.candidateOf(func(l *layerState) *layerContent {
		if !old(l) || l.local {
			return l.latest
		}
		if l.diskCopy == nil {
			saved := record.Find(l.name, l.identity)
			if saved == nil {
				return l.latest
			}
			copied, verifiedAt := &layerContent{Content: saved.Content(), fromDisk: true}, verifiedTime(saved.VerifiedAt)
			e.mu.Lock()
			l.diskCopy, l.lastHealthyAt = copied, verifiedAt
			e.mu.Unlock()
		}
		return l.diskCopy
	})
}

// verifiedTime converts the time at which another process verified a copy to one with a monotonic
// clock. A time in the future means that the clock was set back: the age of the copy is then
// unknown, and verifiedTime returns zero, for never.
func verifiedTime(at time.Time) time.Time {
	age := time.Since(at)
	if at.IsZero() || age < 0 {
		return time.Time{}
	}
	return time.Now().Add(-age)
}

// missingLayers returns an error that names the layers without a content.
func (e *Engine) missingLayers(contents []*layerContent) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for i, l := range e.layers {
		if l.MayBeDown || l.latest != nil || contents != nil && contents[i] != nil {
			continue
		}
		err := l.err
		if err == nil && l.decoding.Load() {
			err = &source.Error{Kind: source.Timeout, Op: "wait", Err: errDecoding}
		}
		if err == nil {
			err = &source.Error{Kind: source.Timeout, Op: "wait", Err: errSilent}
		}
		errs = append(errs, &source.LayerError{Layer: l.name, Err: err})
	}
	return errors.Join(errs...)
}

var (
	errSilent   = errors.New("source has not answered yet")
	errDecoding = errors.New("content is still being decoded; a resolver or the decryption may be slow")
)

// reportOpened reports the start, with the layers that use the last known good copy.
func (e *Engine) reportOpened(started time.Time) {
	live := e.cell.Load()
	opened := observe.Event{Kind: observe.Opened, Version: live.Version, Sum: live.Sum(), KeyedSum: e.KeyedSum(live), Took: time.Since(started)}
	for i, content := range live.contents {
		if content != nil && content.fromDisk {
			l := e.layers[i]
			opened.FromLastKnownGood = append(opened.FromLastKnownGood, l.name)
			if !l.lastHealthyAt.IsZero() {
				opened.Age = max(opened.Age, time.Since(l.lastHealthyAt))
			}
		}
	}
	e.emit(opened)
}
