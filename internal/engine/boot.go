package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// boot waits, for a bounded time, for a content of each layer and makes the first version. It
// replaces the layers that are down with their documents in one last known good copy, and with
// their seeds. If the newest contents are rejected, it starts from a copy and applies the good part
// of the newest contents. Without a copy it fails with the layers and their errors.
func (e *Engine) boot(ctx context.Context) error {
	started := time.Now()
	waitErr := e.awaitLayers(ctx)
	if waitErr != nil && !errors.Is(waitErr, context.DeadlineExceeded) {
		return errors.Join(waitErr, e.missingLayers(nil))
	}
	e.reportSkipped()
	c := e.firstCandidate()
	if err := e.missingLayers(c.contents); err != nil {
		return errors.Join(waitErr, err, e.certainProblems(c), e.missingCopies())
	}
	problems := e.tryApply(c)
	for pipeline.HasTransient(problems) && time.Since(started) < e.BootTimeout && sleep(ctx, pipeline.DecodeRetryAfter+time.Millisecond) {
		e.drainInbox()
		c = e.firstCandidate()
		problems = e.tryApply(c)
	}
	if problems != nil {
		// The newest contents are bad. Start from the last known good copy: a bad publish must not
		// keep a service down.
		if !slices.ContainsFunc(e.completeSets(), func(set *diskSet) bool {
			copied := e.bootCandidate(set, (*layerState).isRemote)
			return copied.fromDisk() && e.tryApply(copied) == nil
		}) {
			return e.withCopiesUsed(problems, c)
		}
		e.applyPartially(c, problems)
	}
	e.keepReplaced()
	e.reportOpened(started)
	return nil
}

func (c candidate) fromDisk() bool {
	for _, content := range c.contents {
		if content != nil && content.FromDisk {
			return true
		}
	}
	return false
}

// awaitLayers waits until each layer has a content or an error that is not worth retrying, or until
// BootTimeout is over. For a document that does not exist it waits at most absentWait. If ctx ends
// first, it returns the error of ctx; the caller treats a deadline as the end of BootTimeout, since
// the copy may suffice.
func (e *Engine) awaitLayers(ctx context.Context) error {
	timer := time.NewTimer(e.BootTimeout)
	defer timer.Stop()
	absent := time.NewTimer(absentWait)
	defer absent.Stop()
	awaited := func(l *layerState) bool { return l.isPending() || l.mayAppear() }
	notice := time.NewTimer(waitNotice)
	defer notice.Stop()
	began := time.Now()
	for {
		e.drainInbox()
		if !slices.ContainsFunc(e.layers, awaited) {
			return nil
		}
		select {
		case <-e.inbox.wake:
		case <-absent.C:
			awaited = (*layerState).isPending
		case <-timer.C:
			e.drainInbox()
			return nil
		case <-notice.C:
			e.drainInbox()
			e.reportWaiting(ctx, began)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// waitNotice is how long a start waits for layers before it reports that.
const waitNotice = time.Second

// absentWait is how long a start waits for a document that does not exist. A Nacos server says so
// of a config that was published a moment ago, until it has copied it from its database.
const absentWait = 3 * time.Second

// reportWaiting reports which layers the start waits for, why, and for how long at most.
func (e *Engine) reportWaiting(ctx context.Context, began time.Time) {
	limit := time.Until(began.Add(e.BootTimeout))
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	var reasons []string
	add := func(l *layerState, err error) {
		reasons = append(reasons, (&source.LayerError{Layer: l.name, Err: err}).Error())
	}
	down := false
	for _, l := range e.layers {
		switch {
		case l.mayAppear():
			add(l, e.absentError(l, l.missing(l.latest)))
		case l.isPending():
			add(l, l.cause())
			down = true
		}
	}
	if !down {
		limit = min(limit, time.Until(began.Add(absentWait)))
	}
	if reasons != nil {
		e.emit(observe.Event{Kind: observe.OpenWaiting, Reasons: reasons, Took: limit})
	}
}

// isPending reports whether a layer has no content and may still get one.
func (l *layerState) isPending() bool {
	return l.latest == nil && (l.err == nil || isRetryable(l.err))
}

// cause returns why a layer has no content.
func (l *layerState) cause() error {
	switch {
	case l.err != nil:
		return l.err
	case l.decoding.Load():
		return &source.Error{Kind: source.Timeout, Op: "wait", Err: errDecoding}
	}
	return &source.Error{Kind: source.Timeout, Op: "wait", Err: errSilent}
}

// mayAppear reports whether a layer needs a document that does not exist, and that its server may
// not know yet.
func (l *layerState) mayAppear() bool { return !l.local && l.lacksDocument(l.latest) }

// isRetryable reports whether an error may disappear within a moment.
func isRetryable(err error) bool {
	switch source.KindOf(err) {
	case source.InvalidArgument, source.NotFound, source.PermissionDenied, source.TooLarge, source.Closed:
		return false
	}
	return true
}

// firstCandidate returns the candidate of the newest contents. The newest complete set replaces the
// layers that are down.
func (e *Engine) firstCandidate() candidate {
	var set *diskSet
	if complete := e.completeSets(); len(complete) > 0 {
		set = complete[0]
	}
	return e.bootCandidate(set, isReplaceable)
}

// withCopiesUsed adds to the problems of a candidate which of its layers are down, so that their
// contents came from disk.
func (e *Engine) withCopiesUsed(problems source.Problems, c candidate) error {
	errs := []error{problems}
	for i, l := range e.layers {
		if content := c.contents[i]; content != nil && content.FromDisk && l.err != nil {
			errs = append(errs, &source.LayerError{Layer: l.name, Err: fmt.Errorf("%w; it has %s", l.err, e.describeCopy(l))})
		}
	}
	if len(errs) == 1 {
		return problems
	}
	return errors.Join(errs...)
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
func (e *Engine) missingLayers(contents []*pipeline.Content) error {
	var errs []error
	for i, l := range e.layers {
		cause := l.cause()
		switch {
		case !isMissing(l) || contents != nil && contents[i] != l.latest:
			continue
		case l.latest != nil:
			cause = e.absentError(l, l.missing(l.latest))
		}
		errs = append(errs, &source.LayerError{Layer: l.name, Err: cause})
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
	for i, content := range live.Contents {
		if content != nil && content.FromDisk {
			l := e.layers[i]
			if content.FromSeed {
				opened.FromSeed = append(opened.FromSeed, l.name)
				continue
			}
			opened.FromLastKnownGood = append(opened.FromLastKnownGood, l.name)
			if !l.lastHealthyAt.IsZero() {
				opened.Age = max(opened.Age, time.Since(l.lastHealthyAt))
			}
		}
	}
	e.emit(opened)
}
