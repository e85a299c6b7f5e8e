package engine

import (
	"runtime/debug"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// decide makes the newest good contents live. See the package comment for what is decided.
func (e *Engine[T]) decide() {
	c := e.newest()
	if len(c.causes) == 0 {
		return
	}
	if e.pinned() {
		observe.Tell(e.Observer.Held, observe.Held{Version: e.cell.Load().Version, Causes: c.causes})
		return
	}
	problems := e.try(c)
	if problems == nil {
		return
	}
	good := e.withoutBad(c, problems)
	e.refuse(c, good, problems)
	if len(good.causes) > 0 {
		if problems := e.try(good); problems != nil { // it has been rehearsed; what is refused now is refused as a whole
			e.refuse(good, e.live(), problems)
		}
	}
}

// try is apply, with a panic in a step made into a problem: nothing that content can do may end the writer.
func (e *Engine[T]) try(c candidate) (problems source.Problems) {
	defer func() {
		if v := recover(); v != nil {
			e.mu.Lock()
			e.lastPanic = string(debug.Stack()) // names functions and lines, no values
			e.mu.Unlock()
			problems = source.Problems{{Kind: source.Unknown, Message: "a step panicked while it looked at this content"}}
		}
	}()
	problems = e.scrub.problems(e.apply(c))
	e.sort(problems, c.contents)
	return problems
}

// newest is the candidate of every layer's newest content.
func (e *Engine[T]) newest() candidate {
	return e.choose(func(f *feed) *content {
		if f.latest != nil {
			return f.latest
		}
		return f.applied
	})
}

// live is the candidate of what is live already.
func (e *Engine[T]) live() candidate {
	return e.choose(func(f *feed) *content { return f.applied })
}

func (e *Engine[T]) choose(of func(*feed) *content) candidate {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := candidate{started: time.Now(), contents: make([]*content, len(e.feeds))}
	for i, f := range e.feeds {
		c.contents[i] = of(f)
		c.causes = append(c.causes, causes(f, c.contents[i])...)
	}
	return c
}

// causes are the documents in which next differs from what is applied.
func causes(f *feed, next *content) (all []observe.Cause) {
	if next == nil || next == f.applied {
		return nil
	}
	cause := func(d *source.Document) observe.Cause {
		return observe.Cause{Layer: f.name, Document: d.Name, Revision: next.Revision, Release: d.Origin.Release}
	}
	for i := range next.Documents {
		if d := &next.Documents[i]; !same(f.applied.document(d.Name), d) {
			all = append(all, cause(d))
		}
	}
	if f.applied != nil {
		for i := range f.applied.Documents {
			if d := &f.applied.Documents[i]; next.document(d.Name) == nil {
				all = append(all, cause(d))
			}
		}
	}
	if all == nil { // the same documents in another revision, or in another order
		all = append(all, observe.Cause{Layer: f.name, Document: firstName(next), Revision: next.Revision})
	}
	return all
}

func firstName(c *content) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

// withoutBad is the best candidate that can be made of c without what is bad in it: first without the layers that the
// problems name; if that will not do, what is live plus each layer, lowest first, with which the result is good.
func (e *Engine[T]) withoutBad(c candidate, problems source.Problems) candidate {
	live := e.live()
	good := func(contents []*content) bool {
		return e.try(candidate{contents: contents, rehearse: true}) == nil
	}
	named := slices.Clone(c.contents)
	dropped := false
	for i, f := range e.feeds {
		if named[i] != live.contents[i] && slices.ContainsFunc(problems, func(p *source.Problem) bool { return p.Position.Layer == f.name }) {
			named[i], dropped = live.contents[i], true
		}
	}
	if dropped && good(named) {
		return e.choose(func(f *feed) *content { return named[f.index] })
	}

	best := slices.Clone(live.contents)
	for progress := true; progress; {
		progress = false
		for i := range best {
			if best[i] == c.contents[i] {
				continue
			}
			with := slices.Clone(best)
			with[i] = c.contents[i]
			if good(with) {
				best, progress = with, true
			}
		}
	}
	return e.choose(func(f *feed) *content { return best[f.index] })
}

// refuse records that the parts of c that are not in good are rejected.
func (e *Engine[T]) refuse(c, good candidate, problems source.Problems) {
	var told []observe.Cause
	var receivers []func()
	news := false
	e.mu.Lock()
	for i, f := range e.feeds {
		bad := c.contents[i]
		if bad == nil || bad == good.contents[i] || bad == f.applied {
			continue
		}
		told = append(told, causes(f, bad)...)
		own := of(problems, f.name)
		if f.rejected.Error() != own.Error() {
			news = true
		}
		f.rejected = own
		if !bad.fromDisk && f.told.refused != bad.Revision {
			f.told.refused, news = bad.Revision, true
			if r, ok := f.Source.(source.Receiver); ok {
				receivers = append(receivers, func() { r.Receive(bad.Revision, own) })
			}
		}
	}
	live := e.cell.Load()
	e.mu.Unlock()
	for _, tell := range receivers {
		guard(tell)
	}
	if !news {
		return // it is as bad as it was when it was last told
	}
	e.remember(nil, observe.Entry{Result: observe.ResultRejected, At: time.Now(), Version: live.version(), Causes: told, Problems: problems})
	observe.Tell(e.Observer.Rejected, observe.Rejected{Version: live.version(), Causes: told, Problems: problems})
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

// accept makes next's contents the applied ones and tells the sources.
func (e *Engine[T]) accept(next *State[T]) {
	var receivers []func()
	e.mu.Lock()
	e.roots = next.roots
	for i, f := range e.feeds {
		c := next.contents[i]
		f.applied = c
		if c == f.latest {
			f.rejected, f.told.refused = nil, ""
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
		guard(tell)
	}
}

// guard calls f and drops a panic.
func guard(f func()) {
	defer func() { _ = recover() }()
	f()
}
