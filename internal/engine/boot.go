package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// boot waits, for a bounded time, until every layer has spoken, and makes the first version. A layer that is down is
// replaced by its last known good copy; so are all of them when what they say now is refused, and what is good in it joins them. With
// neither it fails and says which layer and why.
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
		// What the layers say now is bad. The last known good copy may know better: a bad publish must not keep a service down.
		copied := e.bootCandidate(func(l *layerState) bool { return !l.local })
		if !copied.fromDisk() || e.tryApply(copied) != nil {
			return problems
		}
		e.applyPartially(c, problems)
	}
	e.reportOpened(started)
	return nil
}

// mayPass reports whether what is wrong may pass by itself, such as a secret that is not there yet.
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

// await returns when no layer is worth waiting for: it has content, or an error that time does not heal, or BootTimeout is over.
// It returns ctx's error where that ends first. A deadline is a time to wait as BootTimeout is: the copy may do.
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

// mayHeal reports whether an error may be gone in a moment.
func isRetryable(err error) bool {
	switch source.KindOf(err) {
	case source.InvalidArgument, source.NotFound, source.PermissionDenied, source.TooLarge, source.Closed:
		return false
	}
	return true
}

// bootCandidate takes the last known good copy of the layers that old names, and the newest content of the others.
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

// provenBefore takes over when another process has proven a copy, as a time that no setting of the clock moves any more. One that is
// yet to come says that the clock was set back since: how old the copy is nobody knows then, and it counts as never proven.
func verifiedTime(at time.Time) time.Time {
	age := time.Since(at)
	if at.IsZero() || age < 0 {
		return time.Time{}
	}
	return time.Now().Add(-age)
}

// missing is the error for the layers that have no content.
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
	errSilent   = errors.New("the source has not answered yet")
	errDecoding = errors.New("its content is still being decoded, which may wait for a resolver or for decryption")
)

func (e *Engine) reportOpened(started time.Time) {
	live := e.cell.Load()
	opened := observe.Event{Kind: observe.Opened, Version: live.Version, Sum: live.Sum(), KeyedSum: e.KeyedSum(live), Took: time.Since(started)}
	for i, content := range live.contents {
		if content != nil && content.fromDisk {
			l := e.layers[i]
			opened.Stale = append(opened.Stale, l.name)
			if !l.lastHealthyAt.IsZero() {
				opened.Age = max(opened.Age, time.Since(l.lastHealthyAt))
			}
		}
	}
	e.emit(opened)
}
