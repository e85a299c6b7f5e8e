package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Attach adds a part to a config that runs, and returns its number: from then on a version has a
// value of it too. What is live must be good for it; the error has all that is not, and then all is
// as before. A part that is there already is given once more. Each Attach wants a Detach.
func (e *Engine) Attach(ctx context.Context, part Section) (int, error) {
	var settled atomic.Bool // set by whichever comes first: the writer, or giving up on it
	var made int            // the writer's, until it has settled
	n, err := e.runOnWriter(ctx, func() (int64, error) {
		n, err := e.attach(&part)
		made = n
		if err == nil && !settled.CompareAndSwap(false, true) {
			e.detach(n) // it came too late
		}
		return int64(n), err
	})
	if err == nil {
		return int(n), nil
	}
	if settled.CompareAndSwap(false, true) {
		return 0, err
	}
	return made, nil // it was there before ctx ended
}

func (e *Engine) attach(part *Section) (int, error) {
	old := e.schema
	n := old.find(part.At, part.Type)
	if n >= 0 && old.sections[n].isOpen() {
		e.use(old.sections[n], 1)
		return n, nil
	}
	parts := old.sections
	if n < 0 {
		n, parts = len(parts), append(parts[:len(parts):len(parts)], part)
	}
	e.use(parts[n], 1) // one that was closed before is opened again
	undo := func(err error) (int, error) {
		e.use(parts[n], -1)
		return 0, err
	}
	next, err := newSchema(parts)
	if err != nil {
		return undo(err)
	}
	add := func() error {
		e.setSchema(next)
		if problems := e.extend(n, old); problems != nil {
			e.setSchema(old)
			return problems
		}
		return nil
	}
	if err := add(); err != nil {
		if why, ok := errors.AsType[source.Problems](err); !ok || !e.fallBack(add, why) {
			e.snapshotSuspended.Store(true) // as where a resource cannot be built
			return undo(err)
		}
	} else {
		e.retryDecision() // content that was rejected for an unknown key may be good now
	}
	if e.isClosed() && e.cell.Load().schema != next {
		return 0, closed()
	}
	return n, nil
}

// use counts the users of a part, and reports whether it is open.
func (e *Engine) use(p *Section, n int) (open bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.users += n
	p.closed = p.users <= 0
	return !p.closed
}

// Detach gives a part up: once it has been for each Attach, what comes need not be good for it, and
// its value stays as it is. Its place stays reserved.
func (e *Engine) Detach(ctx context.Context, number int) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) { e.detach(number); return 0, nil })
	return err
}

func (e *Engine) detach(number int) {
	old := e.schema
	if e.use(old.sections[number], -1) {
		return
	}
	next, err := newSchema(old.sections)
	if err != nil {
		return // it knows less than before, so that it can be
	}
	e.setSchema(next)
	if e.extend(number, old) != nil {
		kept := *old // as it was, without the part that is closed
		kept.standalone = slices.DeleteFunc(slices.Clone(old.standalone), func(p *Section) bool { return p == old.sections[number] })
		e.setSchema(&kept)
	}
	e.retryDecision() // what was refused for it alone is good now
}

func (e *Engine) setSchema(p *schema) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schema = p
}

// extend makes what is live fit the plan after a part was added or closed. Mostly the configuration
// says the same as before, and the version stays what it is, with a value more. Where the layers
// have flat names, the part's keys give them a meaning that they had not, and that is a new
// version.
func (e *Engine) extend(number int, before *schema) source.Problems {
	live, freezer := e.cell.Load(), before.freezer // what a new part would keep until a restart does not run yet
	if !e.schema.sections[number].isOpen() {
		freezer = e.schema.freezer
	}
	next, problems := e.complete(live, live, freezer)
	if problems != nil {
		return problems
	}
	if next.full == live.full {
		next.Version, next.At, next.Causes = live.Version, live.At, live.Causes
		for n := range live.Values {
			if n != number {
				next.Values[n] = live.Values[n]
			}
		}
		next.built.Store(live.built.Load())
		if e.commit(next, func() { e.cell.Replace(next) }) {
			live.built.Store(nil) // the history keeps the state
			e.reportPending(next)
		}
		return nil
	}
	defer e.beginBuilding()()
	if problems := e.prepare(next); problems != nil {
		return e.redactor.problems(problems)
	}
	next.Version, next.At = live.Version+1, time.Now()
	next.Causes = []observe.Cause{{Position: source.Position{Document: "section " + e.schema.sections[number].At.String()}}}
	if !e.swap(next) {
		return nil // the config was closed meanwhile
	}
	if e.first == live.Version {
		e.first = next.Version // it is still what the service started with, read in full
	}
	e.activate(live, next, true)
	e.publish(next, live, candidate{started: next.At, causes: next.Causes}, observe.Applied, nil)
	return nil
}

// complete is a state from before the plan has changed as it is by the plan of now: from the same
// contents, with restart-only fields as they are live.
func (e *Engine) complete(old, live *State, freezer *guard.Freezer) (*State, source.Problems) {
	if old.schema == e.schema {
		return old, nil
	}
	roots, alone, problems := e.decode(old.contents)
	if problems != nil {
		return nil, e.redactor.problems(append(problems, alone...))
	}
	merged := layer.Merge(roots...)
	frozen, pending := freezer.Freeze(live.Merged, merged)
	next := &State{Merged: frozen, full: verify.Full(frozen), schema: e.schema, contents: old.contents, roots: roots, pending: pendingAt(merged, pending)}
	if next.Values, problems = e.check(frozen, alone); problems != nil {
		problems = e.redactor.problems(problems)
		e.sort(problems, old.contents)
		return nil, problems
	}
	return next, nil
}

func pendingAt(wanted *tree.Node, paths []tree.Path) (all []pendingKey) {
	for _, p := range paths {
		all = append(all, pendingKey{p.String(), place(wanted, p)})
	}
	return all
}

// sectionHealth returns the state of all sections; called with mu held.
func (p *schema) sectionHealth() (all []observe.SectionHealth) {
	for _, part := range p.sections[1:] {
		s := observe.SectionHealth{Key: part.At.String(), Users: part.users}
		if part.Type != nil {
			s.Type = part.Type.String()
		}
		if part.closed || slices.Contains(all, s) {
			continue
		}
		all = append(all, s)
	}
	return all
}
