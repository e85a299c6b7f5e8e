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

// Attach adds a part to a config that runs, and returns its number: from then on a version has a value of it too. What is live must be good
// for it; the error has all that is not, and then all is as before. A part that is there already is given once more. Each Attach wants a
// Detach.
func (e *Engine) Attach(ctx context.Context, part Section) (int, error) {
	var settled atomic.Bool // by the writer who is done, or by who gives up on it
	var number int          // the writer's, until it has settled
	n, err := e.runOnWriter(ctx, func() (int64, error) {
		n, err := e.attach(&part)
		number = n
		if err == nil && !settled.CompareAndSwap(false, true) {
			e.detach(n) // nobody wants it any more
		}
		return int64(n), err
	})
	if err == nil {
		return int(n), nil
	}
	if settled.CompareAndSwap(false, true) {
		return 0, err
	}
	return number, nil // it was there before ctx ended
}

func (e *Engine) attach(section *Section) (int, error) {
	old := e.schema
	n := old.find(section.At, section.Type)
	if n >= 0 && old.sections[n].isOpen() {
		e.addUsers(old.sections[n], 1)
		return n, nil
	}
	sections := old.sections
	if n < 0 {
		n, sections = len(sections), append(sections[:len(sections):len(sections)], section)
	}
	e.addUsers(sections[n], 1) // one that was closed before is opened again
	undo := func(err error) (int, error) {
		e.addUsers(sections[n], -1)
		return 0, err
	}
	next, err := newSchema(sections)
	if err != nil {
		return undo(err)
	}
	add := func() error {
		e.setSchema(next)
		if problems := e.applySchema(n, old); problems != nil {
			e.setSchema(old)
			return problems
		}
		return nil
	}
	if err := add(); err != nil {
		if found, ok := errors.AsType[source.Problems](err); !ok || !e.fallBack(add, found) {
			e.snapshotSuspended.Store(true) // as where a resource cannot be built
			return undo(err)
		}
	} else {
		e.retryDecision() // what was refused for a key that nobody knew may be good now
	}
	if e.isClosed() && e.cell.Load().schema != next {
		return 0, errClosed()
	}
	return n, nil
}

// use counts the users of a part, and reports whether it is open.
func (e *Engine) addUsers(s *Section, n int) (open bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.users += n
	s.closed = s.users <= 0
	return !s.closed
}

// Detach gives a part up: once it has been for each Attach, what comes need not be good for it, and its value stays as it is. Its place
// stays reserved.
func (e *Engine) Detach(ctx context.Context, number int) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) { e.detach(number); return 0, nil })
	return err
}

func (e *Engine) detach(number int) {
	old := e.schema
	if e.addUsers(old.sections[number], -1) {
		return
	}
	next, err := newSchema(old.sections)
	if err != nil {
		return // it knows less than before, so that it can be
	}
	e.setSchema(next)
	if e.applySchema(number, old) != nil {
		kept := *old // as it was, without the part that is closed
		kept.standalone = slices.DeleteFunc(slices.Clone(old.standalone), func(s *Section) bool { return s == old.sections[number] })
		e.setSchema(&kept)
	}
	e.retryDecision() // what was refused for it alone is good now
}

func (e *Engine) setSchema(s *schema) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schema = s
}

// extend makes what is live fit the plan after a part was added or closed. Mostly the configuration says the same as before, and the
// version stays what it is, with a value more. Where the layers have flat names, the part's keys give them a meaning that they
// had not, and that is a new version.
func (e *Engine) applySchema(number int, before *schema) source.Problems {
	live, freezer := e.cell.Load(), before.freezer // what a new part would keep until a restart does not run yet
	if !e.schema.sections[number].isOpen() {
		freezer = e.schema.freezer
	}
	next, problems := e.rebind(live, live, freezer)
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
	if e.bootVersion == live.Version {
		e.bootVersion = next.Version // it is still what the service started with, read in full
	}
	e.activate(live, next, true)
	e.publish(next, live, candidate{started: next.At, causes: next.Causes}, observe.Applied, nil)
	return nil
}

// complete is a state from before the plan has changed as it is by the plan of now: from the same contents, with restart-only fields as they are
// live.
func (e *Engine) rebind(old, live *State, freezer *guard.Freezer) (*State, source.Problems) {
	if old.schema == e.schema {
		return old, nil
	}
	roots, alone, problems := e.decode(old.contents)
	if problems != nil {
		return nil, e.redactor.problems(append(problems, alone...))
	}
	merged := layer.Merge(roots...)
	frozen, pending := freezer.Freeze(live.Merged, merged)
	next := &State{Merged: frozen, full: verify.Full(frozen), schema: e.schema, contents: old.contents, roots: roots, pending: pendingKeys(merged, pending)}
	if next.Values, problems = e.bindAndValidate(frozen, alone); problems != nil {
		problems = e.redactor.problems(problems)
		e.sort(problems, old.contents)
		return nil, problems
	}
	return next, nil
}

func pendingKeys(wanted *tree.Node, paths []tree.Path) (all []pendingKey) {
	for _, p := range paths {
		all = append(all, pendingKey{p.String(), nearestPosition(wanted, p)})
	}
	return all
}

// sections tells which there are; called with mu held.
func (s *schema) sectionHealthLocked() (all []observe.SectionHealth) {
	for _, section := range s.sections[1:] {
		health := observe.SectionHealth{Key: section.At.String(), Users: section.users}
		if section.Type != nil {
			health.Type = section.Type.String()
		}
		if section.closed || slices.Contains(all, health) {
			continue
		}
		all = append(all, health)
	}
	return all
}
