package pipeline

import (
	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Rebind returns an older state with its trees and by the current schema: the same contents, with
// the live values of restart-only fields, which freezer knows.
func (e *Evaluator) Rebind(old, live *State, freezer *guard.Freezer) (*State, source.Problems) {
	s := e.Schema.Load()
	if old.Schema == s && old.Merged != nil {
		return old, nil
	}
	roots, standalone, problems := e.DecodeAll(old.Contents)
	if problems != nil {
		return nil, append(problems, standalone...)
	}
	merged, problems := s.Merger.Merge(roots...)
	if problems != nil {
		return nil, wording.OwnAll(problems)
	}
	frozen, pending := freezer.Freeze(live.Merged, merged)
	next := &State{Merged: frozen, Full: verify.Full(frozen), Schema: s, Contents: old.Contents, Roots: roots, Pending: pendingKeys(merged, pending)}
	if old.Schema == s && old.Full == next.Full {
		next.Values = old.Values // only its trees were released
		return next, nil
	}
	if next.Values, problems = e.bindAndValidate(frozen, standalone, live); problems != nil {
		return nil, problems
	}
	return next, nil
}
