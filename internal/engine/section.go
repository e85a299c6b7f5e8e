package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Attach adds a section to a running config and returns its number: from then on each version has a
// value of it. The live configuration must be good for the section; otherwise Attach returns all
// problems and changes nothing. If the section exists, Attach adds a user to it. Each Attach needs
// a Detach.
func (e *Engine) Attach(ctx context.Context, section schema.Section) (int, error) {
	var settled atomic.Bool // set by the writer that is done, or by a caller that gives up
	var number int          // the writer's until settled
	n, err := e.runOnWriter(ctx, func() (int64, error) {
		n, err := e.attach(&section)
		number = n
		if err == nil && !settled.CompareAndSwap(false, true) {
			e.detach(n) // the caller has given up
		}
		return int64(n), err
	})
	if err == nil {
		return int(n), nil
	}
	if settled.CompareAndSwap(false, true) {
		return 0, err
	}
	return number, nil // the section was attached before ctx ended
}

// attach is Attach in the writer.
func (e *Engine) attach(section *schema.Section) (int, error) {
	old := e.schema()
	n := old.Find(section.At, section.Type)
	if n >= 0 && old.Sections[n].IsOpen() {
		old.Sections[n].AddUsers(1)
		return n, nil
	}
	if n < 0 && !old.Declares(section.At) {
		return 0, &source.Error{
			Kind: source.InvalidArgument, Op: "bind section", Document: section.At.String(),
			Err: errors.New("key is not declared: the config has no field for it, and Options.Sections neither declares nor reserves it"),
			Fix: "add nacre.DeclareSection or nacre.ReserveSection to Options.Sections",
		}
	}
	sections := old.Sections
	if n < 0 {
		n, sections = len(sections), append(sections[:len(sections):len(sections)], schema.NewAttached(*section, 0))
	}
	sections[n].AddUsers(1) // reopens a closed section
	undo := func(err error) (int, error) {
		sections[n].AddUsers(-1)
		return 0, err
	}
	next, err := schema.New(sections)
	if err != nil {
		return undo(err)
	}
	add := func() error {
		e.evaluator.Schema.Store(next)
		if problems := e.applySchema(n, old); problems != nil {
			e.evaluator.Schema.Store(old)
			return problems
		}
		return nil
	}
	if err := add(); err != nil {
		if found, ok := errors.AsType[source.Problems](err); !ok || !e.fallBack(add, found) {
			e.copies.suspended.Store(true) // the contents are suspect, as after a failed build
			return undo(err)
		}
	} else {
		e.retryDecision() // a change with a key of this section may be good now
	}
	if e.isClosed() && e.cell.Load().Schema != next {
		return 0, errClosed()
	}
	return n, nil
}

// Detach ends one Attach of a section. After the last one, contents need not be good for the
// section, its value no longer changes, and its key stays reserved.
func (e *Engine) Detach(ctx context.Context, number int) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) { e.detach(number); return 0, nil })
	return err
}

// detach is Detach in the writer.
func (e *Engine) detach(number int) {
	old := e.schema()
	if old.Sections[number].AddUsers(-1) {
		return
	}
	next, err := schema.New(old.Sections)
	if err != nil {
		return // cannot happen: the schema only shrinks
	}
	e.evaluator.Schema.Store(next)
	if e.applySchema(number, old) != nil {
		kept := *old // the old schema, without binding documents to the closed section
		kept.Standalone = slices.DeleteFunc(slices.Clone(old.Standalone), func(s *schema.Attached) bool { return s == old.Sections[number] })
		e.evaluator.Schema.Store(&kept)
	}
	e.retryDecision() // a change that only this section rejected is good now
}

// applySchema makes the live version fit the schema after a section was attached or detached. If
// the configuration does not change, the version stays the same, with one more value. If the layers
// have flat names, the keys of the section can change their meaning, and that makes a new version.
// Only the writer calls it.
func (e *Engine) applySchema(number int, before *schema.Schema) source.Problems {
	live, freezer := e.cell.Load(), before.Freezer // restart-only fields of a new section are not in use yet
	if !e.schema().Sections[number].IsOpen() {
		freezer = e.schema().Freezer
	}
	next, problems := e.evaluator.Rebind(live, live, freezer)
	if problems != nil {
		return e.reported(problems, live.Contents)
	}
	if next.Full == live.Full {
		next.Version, next.At, next.Causes = live.Version, live.At, live.Causes
		for n := range live.Values {
			if n != number {
				next.Values[n] = live.Values[n]
			}
		}
		next.Built.Store(live.Built.Load())
		if e.commit(next, func() { e.cell.Replace(next) }) {
			live.Built.Store(nil) // the history keeps the state; it must not keep closed resources
			e.reportPending(next)
			e.reportNotices(next)
		}
		return nil
	}
	defer e.beginBuilding()()
	if problems := e.prepare(next); problems != nil {
		return e.evaluator.Redactor.Problems(problems)
	}
	next.Version, next.At = live.Version+1, time.Now()
	next.Causes = []observe.Cause{{Position: source.Position{Document: "section " + e.schema().Sections[number].At.String()}}}
	if !e.swap(next) {
		return nil // the config is closed
	}
	if e.writer.bootVersion == live.Version {
		e.writer.bootVersion = next.Version // still the contents that the service started with
	}
	e.activate(live, next, true)
	e.publish(next, live, candidate{started: next.At, causes: next.Causes}, observe.Applied, nil)
	return nil
}
