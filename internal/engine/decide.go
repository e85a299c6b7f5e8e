package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// decide makes the newest good contents live. See the package comment for what is decided.
func (e *Engine) decide() {
	e.rebuildTimer.clear()
	defer func() { e.merged = nil }()
	e.admit()
	for e.decideOn(e.newest()) && e.retryHeld() { // what one layer was held for may have been in another one
		continue
	}
}

// decideOn makes live what is good of a candidate, and reports whether there was any.
func (e *Engine) decideOn(c candidate) (accepted bool) {
	if !c.news {
		return false
	}
	if e.pinned() {
		e.tell(observe.Event{Kind: observe.Held, Version: e.cell.Load().Version, Causes: c.causes, Reasons: []string{"the config is pinned"}})
		return false
	}
	defer e.beginBuilding()()
	before := e.applied()
	if problems := e.try(c); problems != nil {
		e.applyPartially(c, problems)
	}
	e.scheduleRebuild()
	return !slices.Equal(before, e.applied())
}

// applied returns what is applied of each layer.
func (e *Engine) applied() []*layerContent {
	all := make([]*layerContent, len(e.layers))
	for i, f := range e.layers {
		all[i] = f.applied
	}
	return all
}

// retryHeld decides again which layers are held, and reports whether one of those that were is held
// no longer.
func (e *Engine) retryHeld() (freed bool) {
	held := slices.DeleteFunc(slices.Clone(e.layers), func(f *layerState) bool { return f.held == nil })
	if len(held) == 0 {
		return false
	}
	e.admit()
	return slices.ContainsFunc(held, func(f *layerState) bool { return f.held == nil && f.doubt == nil })
}

// try is apply, with a panic in a step made into a problem: nothing that content can do may end the
// writer.
func (e *Engine) try(c candidate) (problems source.Problems) {
	defer func() {
		if v := recover(); v != nil {
			problems = source.Problems{panicked(rescue.NewPanic(v), source.Position{})}
		}
	}()
	problems = e.redactor.problems(e.apply(c))
	e.sort(problems, c.contents)
	return problems
}

// newest is the candidate of every layer's newest content that is not held.
func (e *Engine) newest() candidate {
	return e.choose(func(f *layerState) *layerContent {
		if f.latest != nil && f.held == nil {
			return f.latest
		}
		return f.applied
	})
}

// live is the candidate of what is live already.
func (e *Engine) live() candidate {
	return e.choose(func(f *layerState) *layerContent { return f.applied })
}

// choose makes a candidate of one content a layer. It reads what only the writer changes, without
// mu: it may decode.
func (e *Engine) choose(of func(*layerState) *layerContent) candidate {
	c := candidate{started: time.Now(), contents: make([]*layerContent, len(e.layers))}
	for i, f := range e.layers {
		c.contents[i] = of(f)
		if next := c.contents[i]; next != nil && next.decodedBy == nil {
			e.decodeContent(f, next) // otherwise it is unknown how to show its revision
		}
		c.causes = append(c.causes, e.causes(f, c.contents[i])...)
		c.news = c.news || c.contents[i] != nil && c.contents[i] != f.applied
	}
	if m, by := e.manifestOf(c.contents); m != nil {
		e.nameRelease(c.causes, m, by)
	}
	return c
}

// refuse records that the parts of c that are not in good are rejected, and why.
func (e *Engine) refuse(c, good candidate, why func(layer int) source.Problems) {
	var told []observe.Cause
	var found problemSet
	var receivers []func()
	var worse []*layerState
	news := false
	e.mu.Lock()
	for i, f := range e.layers {
		bad := c.contents[i]
		if bad == nil || bad == good.contents[i] || bad == f.applied {
			continue
		}
		told = append(told, e.causes(f, bad)...)
		own := of(why(i), f.name)
		found.add(own)
		if f.rejected.Error() != own.Error() {
			news = true
		}
		f.rejected = own
		if !bad.fromDisk && f.notified.refused != bad.Revision {
			f.notified.refused, news = bad.Revision, true
			worse = append(worse, f)
			if r, ok := source.As[source.Acknowledger](f.Source); ok {
				receivers = append(receivers, func() { r.Ack(bad.Revision, own) })
			}
		}
	}
	live := e.cell.Load()
	e.mu.Unlock()
	for _, tell := range receivers {
		guarded(tell)
	}
	for _, f := range worse {
		e.recordFailure(f, time.Now())
	}
	if !news {
		return // it is as bad as it was when it was last told
	}
	problems := found.all
	e.sort(problems, c.contents)
	e.recordHistory(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.version(), Causes: told, Problems: problems})
	e.tell(observe.Event{Kind: observe.Rejected, Version: live.version(), Causes: told, Problems: problems})
}

// swap makes next live, and its contents the applied ones: Health shows both or neither. It reports
// false, and does nothing, once the config is closed.
func (e *Engine) swap(next *State) bool {
	return e.commit(next, func() { e.cell.Swap(next) })
}

// accept makes next's contents the applied ones under the version that is live. It reports as swap
// does.
func (e *Engine) accept(next *State) bool { return e.commit(next, func() {}) }

// commit runs swap and marks the contents of next as applied in one step, and then acknowledges
// them to the sources. It reports false, and does nothing, once the config is closed.
func (e *Engine) commit(next *State, swap func()) bool {
	var receivers []func()
	e.mu.Lock()
	if e.isClosed() {
		e.mu.Unlock()
		return false
	}
	swap()
	e.roots, e.pending = next.roots, next.pending
	for i, f := range e.layers {
		c := next.contents[i]
		if f.applied != c {
			e.accepted.accept(f, c)
			f.applied, f.appliedAt, f.renewal = c, time.Now(), nil
		}
		if c == f.latest {
			f.rejected, f.notified.refused, f.held = nil, "", nil
			if f.breaker.Open() {
				f.breaker.Reset() // it says again what was good
			}
		}
		if c != nil && !c.fromDisk && f.notified.live != c.Revision {
			f.notified.live = c.Revision
			if r, ok := source.As[source.Acknowledger](f.Source); ok {
				receivers = append(receivers, func() { r.Ack(c.Revision, nil) })
			}
		}
	}
	e.mu.Unlock()
	e.markSecretsInUse()
	for _, tell := range receivers {
		guarded(tell)
	}
	return true
}

// guarded calls f and drops a panic.
func guarded(f func()) {
	defer func() { _ = recover() }()
	f()
}
