package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// swap makes next live and its contents the applied ones in one step for Health. If the config is
// closed, swap does nothing and returns false.
func (e *Engine) swap(next *pipeline.State) bool {
	return e.commit(next, func() {
		e.followers.swap(next, func() { e.cell.Swap(next) })
	})
}

// accept makes next's contents the applied ones of the live version. It returns false if the config
// is closed.
func (e *Engine) accept(next *pipeline.State) bool { return e.commit(next, func() {}) }

// commit calls swap and marks the contents as applied with the table locked, and then acknowledges
// them to their sources. It returns false if the config is closed. Only the writer calls it.
func (e *Engine) commit(next *pipeline.State, swap func()) bool {
	var acks []func()
	var unresolved []observe.Event
	closed := false
	e.table.change(func() {
		if closed = e.isClosed(); closed {
			return
		}
		swap()
		e.table.roots, e.table.pending = next.Roots, next.Pending
		for i, l := range e.layers {
			c := next.Contents[i]
			if l.applied != c {
				e.table.accepted.Record(l.decode, c)
				if likely := c.Unresolved(); len(likely) > 0 && !slices.Equal(likely, l.applied.Unresolved()) {
					unresolved = append(unresolved, observe.Event{Kind: observe.ReferenceUnresolved, Version: next.Version, Layer: l.name, Reasons: likely})
				}
				l.applied, l.appliedAt, l.refreshProblems = c, time.Now(), nil
			}
			if c == l.latest {
				l.rejected, l.notified.rejected, l.held, l.rejectedLines = nil, "", nil, nil
				l.rejectedSum, l.rejectedBad = pipeline.Digest{}, pipeline.Digest{}
				if l.breaker.Open() {
					l.breaker.Reset() // the layer is back at a good content
					l.showGuard()
				}
			}
			if c != nil && !c.FromSeed && l.notified.live != c.Revision { // a seed has a revision of its own
				l.notified.live = c.Revision
				if r, ok := source.As[source.Acknowledger](l.Source); ok {
					acks = append(acks, func() { r.Ack(c.Revision, nil) })
				}
			}
		}
	})
	if closed {
		return false
	}
	e.markSecretsInUse()
	for _, event := range unresolved {
		e.emit(event)
	}
	for _, ack := range acks {
		callSafely(ack)
	}
	return true
}

// callSafely calls f and recovers from a panic.
func callSafely(f func()) {
	defer func() { _ = recover() }()
	f()
}
