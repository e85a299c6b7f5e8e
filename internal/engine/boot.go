package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// boot waits, for a bounded time, until every layer has spoken, and makes the first version. A
// layer that is down is replaced by its last known good copy; so are all of them when what they say
// now is refused, and what is good in it joins them. With neither it fails and says which layer and
// why.
func (e *Engine) boot(ctx context.Context) error {
	started := time.Now()
	late := e.await(ctx)
	if late != nil && !errors.Is(late, context.DeadlineExceeded) {
		return errors.Join(late, e.missing(nil))
	}
	c := e.bootCandidate(func(f *layerState) bool { return f.latest == nil })
	if err := e.missing(c.contents); err != nil {
		return errors.Join(late, err)
	}
	problems := e.try(c)
	for mayPass(problems) && time.Since(started) < e.BootTimeout && sleep(ctx, decodeAgain+time.Millisecond) {
		e.take()
		c = e.bootCandidate(func(f *layerState) bool { return f.latest == nil })
		problems = e.try(c)
	}
	if problems != nil {
		// What the layers say now is bad. The last known good copy may know better: a bad publish
		// must not keep a service down.
		old := e.bootCandidate(func(f *layerState) bool { return !f.local })
		if !old.fromDisk() || e.try(old) != nil {
			return problems
		}
		e.applyPartially(c, problems)
	}
	e.booted(started)
	return nil
}

// mayPass reports whether what is wrong may pass by itself, such as a secret that is not there yet.
func mayPass(problems source.Problems) bool {
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

// await returns when no layer is worth waiting for: it has content, or an error that time does not
// heal, or BootTimeout is over. It returns ctx's error where that ends first. A deadline is a time
// to wait as BootTimeout is: the copy may do.
func (e *Engine) await(ctx context.Context) error {
	timer := time.NewTimer(e.BootTimeout)
	defer timer.Stop()
	for {
		e.take()
		if !e.waiting() {
			return nil
		}
		select {
		case <-e.wake:
		case <-timer.C:
			e.take()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *Engine) waiting() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.layers {
		if f.latest == nil && (f.err == nil || mayHeal(f.err)) {
			return true
		}
	}
	return false
}

// mayHeal reports whether an error may be gone in a moment.
func mayHeal(err error) bool {
	switch source.KindOf(err) {
	case source.InvalidArgument, source.NotFound, source.PermissionDenied, source.TooLarge, source.Closed:
		return false
	}
	return true
}

// bootCandidate takes the last known good copy of the layers that old names, and the newest content
// of the others.
func (e *Engine) bootCandidate(old func(*layerState) bool) candidate {
	record := e.saver.copy()
	return e.choose(func(f *layerState) *layerContent {
		if !old(f) || f.local {
			return f.latest
		}
		if f.diskCopy == nil {
			l := record.Find(f.name, f.identity)
			if l == nil {
				return f.latest
			}
			copied, provenAt := &layerContent{Content: l.Content(), fromDisk: true}, provenBefore(l.VerifiedAt)
			e.mu.Lock()
			f.diskCopy, f.verifiedAtLast = copied, provenAt
			e.mu.Unlock()
		}
		return f.diskCopy
	})
}

// provenBefore returns when another process verified a copy, as a time that no setting of the clock
// moves. A time in the future means that the clock was set back: the age of the copy is then
// unknown, and it counts as never verified.
func provenBefore(at time.Time) time.Time {
	age := time.Since(at)
	if at.IsZero() || age < 0 {
		return time.Time{}
	}
	return time.Now().Add(-age)
}

// missing is the error for the layers that have no content.
func (e *Engine) missing(contents []*layerContent) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for i, f := range e.layers {
		if f.MayBeDown || f.latest != nil || contents != nil && contents[i] != nil {
			continue
		}
		err := f.err
		if err == nil && f.decoding.Load() {
			err = &source.Error{Kind: source.Timeout, Op: "wait", Err: errDecoding}
		}
		if err == nil {
			err = &source.Error{Kind: source.Timeout, Op: "wait", Err: errSilent}
		}
		errs = append(errs, &source.LayerError{Layer: f.name, Err: err})
	}
	return errors.Join(errs...)
}

var (
	errSilent   = errors.New("the source has not answered yet")
	errDecoding = errors.New("its content is still being decoded, which may wait for a resolver or for decryption")
)

func (e *Engine) booted(started time.Time) {
	live := e.cell.Load()
	opened := observe.Event{Kind: observe.Opened, Version: live.Version, Sum: live.Sum(), KeyedSum: e.KeyedSum(live), Took: time.Since(started)}
	for i, content := range live.contents {
		if content != nil && content.fromDisk {
			f := e.layers[i]
			opened.Stale = append(opened.Stale, f.name)
			if !f.verifiedAtLast.IsZero() {
				opened.Age = max(opened.Age, time.Since(f.verifiedAtLast))
			}
		}
	}
	e.tell(opened)
}
