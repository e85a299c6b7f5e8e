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
	e.again.clear()
	e.judge()
	c := e.newest()
	if len(c.causes) == 0 {
		return
	}
	if e.pinned() {
		observe.Tell(e.Observer.Held, observe.Held{Version: e.cell.Load().Version, Causes: c.causes, Reasons: []string{"the config is pinned"}})
		return
	}
	defer e.beginBuilding()()
	if problems := e.try(c); problems != nil {
		e.salvage(c, problems)
	}
	e.planRebuild()
}

// salvage makes live what is good in a candidate that was refused, and records the rest as rejected.
func (e *Engine) salvage(c candidate, problems source.Problems) {
	good, why := e.withoutBad(c, problems)
	e.refuse(c, good, why)
	if len(good.causes) == 0 {
		return
	}
	if problems := e.try(good); problems != nil { // it has been rehearsed; what is refused now is refused as a whole
		e.refuse(good, e.live(), func(int) source.Problems { return problems })
	}
}

// try is apply, with a panic in a step made into a problem: nothing that content can do may end the writer.
func (e *Engine) try(c candidate) (problems source.Problems) {
	defer func() {
		if v := recover(); v != nil {
			problems = source.Problems{panicked(rescue.NewPanic(v), source.Position{})}
		}
	}()
	problems = e.scrub.problems(e.apply(c))
	e.sort(problems, c.contents)
	return problems
}

// newest is the candidate of every layer's newest content that is not held.
func (e *Engine) newest() candidate {
	return e.choose(func(f *feed) *content {
		if f.latest != nil && f.held == nil {
			return f.latest
		}
		return f.applied
	})
}

// live is the candidate of what is live already.
func (e *Engine) live() candidate {
	return e.choose(func(f *feed) *content { return f.applied })
}

// choose makes a candidate of one content a layer. It reads what only the writer changes, without mu: it may decode.
func (e *Engine) choose(of func(*feed) *content) candidate {
	c := candidate{started: time.Now(), contents: make([]*content, len(e.feeds))}
	for i, f := range e.feeds {
		c.contents[i] = of(f)
		c.causes = append(c.causes, causes(f, c.contents[i])...)
	}
	if m, by := e.manifestOf(c.contents); m != nil {
		for i := range c.causes {
			if _, listed := m.Documents[c.causes[i].Document]; (listed || c.causes[i].Layer == by.name) && c.causes[i].Release == "" {
				c.causes[i].Release = m.Release
			}
		}
	}
	return c
}

// causes are the documents in which next differs from what is applied.
func causes(f *feed, next *content) (all []observe.Cause) {
	if next == nil || next == f.applied {
		return nil
	}
	for i := range next.Documents {
		if d := &next.Documents[i]; !same(f.applied.document(d.Name), d) {
			all = append(all, f.cause(next, d))
		}
	}
	if f.applied != nil {
		for i := range f.applied.Documents {
			if d := &f.applied.Documents[i]; next.document(d.Name) == nil {
				all = append(all, f.cause(next, d))
			}
		}
	}
	if all == nil { // the same documents in another revision, or in another order
		all = append(all, observe.Cause{Layer: f.name, Document: firstName(next), Revision: next.Revision})
	}
	return all
}

// cause is a document of a content.
func (l *feed) cause(c *content, d *source.Document) observe.Cause {
	return observe.Cause{Layer: l.name, Document: d.Name, Revision: c.Revision, Release: d.Origin.Release}
}

func firstName(c *content) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

// withoutBad is the best candidate that can be made of c without what is bad in it, and why each layer that is not in it is not.
// It begins with c without the layers that the problems name or, if that will not do, with what is live. Then each layer that is
// left is added, lowest first, as long as the result is good.
func (e *Engine) withoutBad(c candidate, problems source.Problems) (good candidate, why func(layer int) source.Problems) {
	try := func(contents []*content) source.Problems {
		if slices.Equal(contents, c.contents) {
			return problems // it was tried as a whole
		}
		return e.try(candidate{contents: contents, rehearse: true})
	}
	best := e.live().contents
	if unnamed := e.unnamed(c.contents, best, problems); !slices.Equal(unnamed, best) && try(unnamed) == nil {
		best = unnamed
	}
	reasons := make([]source.Problems, len(best))
	units := e.units(c.contents)
	for progress := true; progress; {
		progress = false
		for _, unit := range units {
			with := slices.Clone(best)
			for _, i := range unit {
				with[i] = c.contents[i]
			}
			if slices.Equal(with, best) {
				continue
			}
			found := problems
			if e.misfits(with) == nil { // else it was part of a release, and what was wrong with that is worth telling
				found = try(with)
			}
			for _, i := range unit {
				reasons[i] = found
			}
			if found == nil {
				best, progress = with, true
			}
		}
	}
	return e.choose(func(f *feed) *content { return best[f.index] }), func(layer int) source.Problems { return reasons[layer] }
}

// units are the layers that can be tried by themselves, lowest first: each for itself, those of a release together.
func (e *Engine) units(contents []*content) (all [][]int) {
	release := -1
	m, _ := e.manifestOf(contents)
	for i, f := range e.feeds {
		if m == nil || contents[i] == nil || f.latest == nil || !e.ofRelease(f) {
			all = append(all, []int{i})
			continue
		}
		if release < 0 {
			release = len(all)
			all = append(all, nil)
		}
		all[release] = append(all[release], i)
	}
	return all
}

// unnamed is contents, with what is live in place of the layers that problems name.
func (e *Engine) unnamed(contents, live []*content, problems source.Problems) []*content {
	rest := slices.Clone(contents)
	for i, f := range e.feeds {
		if slices.ContainsFunc(problems, func(p *source.Problem) bool { return p.Position.Layer == f.name }) {
			rest[i] = live[i]
		}
	}
	return rest
}

// refuse records that the parts of c that are not in good are rejected, and why.
func (e *Engine) refuse(c, good candidate, why func(layer int) source.Problems) {
	var told []observe.Cause
	var problems source.Problems
	var receivers []func()
	var worse []*feed
	news := false
	e.mu.Lock()
	for i, f := range e.feeds {
		bad := c.contents[i]
		if bad == nil || bad == good.contents[i] || bad == f.applied {
			continue
		}
		told = append(told, causes(f, bad)...)
		own := of(why(i), f.name)
		problems = join(problems, own)
		if f.rejected.Error() != own.Error() {
			news = true
		}
		f.rejected = own
		if !bad.fromDisk && f.told.refused != bad.Revision {
			f.told.refused, news = bad.Revision, true
			worse = append(worse, f)
			if r, ok := f.Source.(source.Receiver); ok {
				receivers = append(receivers, func() { r.Receive(bad.Revision, own) })
			}
		}
	}
	live := e.cell.Load()
	e.mu.Unlock()
	for _, tell := range receivers {
		guarded(tell)
	}
	for _, f := range worse {
		e.bad(f, time.Now())
	}
	if !news {
		return // it is as bad as it was when it was last told
	}
	e.sort(problems, c.contents)
	e.remember(nil, observe.Entry{Result: observe.ResultRejected, At: time.Now(), Version: live.version(), Causes: told, Problems: problems})
	observe.Tell(e.Observer.Rejected, observe.Rejected{Version: live.version(), Causes: told, Problems: problems})
}

// join adds to all what is not in it yet.
func join(all, more source.Problems) source.Problems {
	for _, p := range more {
		if !slices.ContainsFunc(all, func(q *source.Problem) bool { return q == p || q.Kind == p.Kind && q.Error() == p.Error() }) {
			all = append(all, p)
		}
	}
	return all
}

// of returns the problems that a layer has; all of them where none is its own.
func of(problems source.Problems, layer string) source.Problems {
	var own source.Problems
	for _, p := range problems {
		if p.Position.Layer == layer {
			own = append(own, p)
		}
	}
	if own == nil {
		return problems
	}
	return own
}

// swap makes next live, and its contents the applied ones: Health shows both or neither. It reports false, and does nothing, once
// the config is closed.
func (e *Engine) swap(next *State) bool {
	return e.settle(next, func() { e.cell.Swap(next) })
}

// accept makes next's contents the applied ones under the version that is live. It reports as swap does.
func (e *Engine) accept(next *State) bool { return e.settle(next, func() {}) }

// settle runs swap and marks the contents in one step, and then tells the sources.
func (e *Engine) settle(next *State, swap func()) bool {
	var receivers []func()
	e.mu.Lock()
	if e.isClosed() {
		e.mu.Unlock()
		return false
	}
	swap()
	e.roots = next.roots
	for i, f := range e.feeds {
		c := next.contents[i]
		if f.applied != c {
			f.applied, f.appliedAt, f.renewal = c, time.Now(), nil
		}
		if c == f.latest {
			f.rejected, f.told.refused, f.held = nil, "", nil
			if f.breaker.Open() {
				f.breaker.Reset() // it says again what was good
			}
		}
		if c != nil && !c.fromDisk && f.told.live != c.Revision {
			f.told.live = c.Revision
			if r, ok := f.Source.(source.Receiver); ok {
				receivers = append(receivers, func() { r.Receive(c.Revision, nil) })
			}
		}
	}
	e.mu.Unlock()
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
