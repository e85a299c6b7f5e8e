package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// digest identifies a content by its data, whatever revision its source gives it.
type digest [sha256.Size]byte

func (c *layerContent) sum() digest {
	if c.digest == nil {
		h := sha256.New()
		for _, d := range c.Documents {
			fmt.Fprintf(h, "%q %q %v %d ", d.Name, d.Format, d.Absent, len(d.Data))
			h.Write(d.Data)
			if d.Tree == nil {
				continue
			}
			root, err := tree.FromPlain(nil, d.Tree)
			if err != nil { // decoding rejects such a document
				fmt.Fprintf(h, "not a tree: %v", err)
				continue
			}
			sum := verify.Sum(root)
			h.Write(sum[:])
		}
		sum := digest(h.Sum(nil))
		c.digest = &sum
	}
	return *c.digest
}

// fingerprint identifies a content by its data and the values of its references: the same document
// with a rotated secret is a different change. Only the writer calls it.
func (e *Engine) fingerprint(l *layerState, c *layerContent) digest {
	if len(l.Resolvers) == 0 {
		return c.sum()
	}
	e.decodeContent(l, c)
	h := sha256.New()
	sum := c.sum()
	h.Write(sum[:])
	refs := slices.SortedFunc(maps.Keys(c.referred), func(a, b reference) int {
		return cmp.Or(strings.Compare(a.scheme, b.scheme), strings.Compare(a.name, b.name))
	})
	for _, r := range refs {
		fmt.Fprintf(h, "%q %q %q ", r.scheme, r.name, c.referred[r])
	}
	return digest(h.Sum(nil))
}

// isQuarantined reports whether a content is quarantined, and why.
func (e *Engine) isQuarantined(l *layerState, c *layerContent) (reason string, ok bool) {
	if len(l.quarantine) > 0 { // skip the digest otherwise
		reason, ok = l.quarantine[e.fingerprint(l, c)]
	}
	return reason, ok
}

// admit decides for each layer whether its newest content is held, and why. It reports new holds.
// Only the writer calls it.
func (e *Engine) admit() {
	reasons := make([][]string, len(e.layers))
	release := e.releaseHoldReasons()
	for i, l := range e.layers {
		c := l.latest
		if c == nil || l.applied == nil || c == l.applied {
			continue
		}
		replayed := e.latestReplayProblem(l)
		switch {
		case replayed != nil:
			reasons[i] = []string{replayed.Error()}
		case release != nil && e.isPartOfRelease(l):
			reasons[i] = release
		case !c.approved:
			reasons[i] = e.failureHoldReasons(l, c)
		}
	}
	e.addLossReasons(reasons)

	var causes []observe.Cause
	var held []string
	known := map[string]bool{}
	for i, l := range e.layers {
		own := reasons[i]
		if !e.hold(l, own) || own == nil {
			continue
		}
		causes = append(causes, e.causes(l, l.latest)...)
		for _, reason := range own {
			if !known[reason] { // all layers of a release have the same reason
				known[reason] = true
				held = append(held, reason)
			}
		}
	}
	if held != nil { // causes may be empty: a content of absent documents has none
		e.emit(observe.Event{Kind: observe.Held, Version: e.cell.Load().Version, Causes: causes, Reasons: held})
	}
}

// hold records why a layer's newest content is held, nil for not held, and reports whether the
// reasons changed. It rejects a held content to an Acknowledger, since another content is live.
// Only the writer calls it.
func (e *Engine) hold(l *layerState, reasons []string) (changed bool) {
	e.mu.Lock()
	changed = !slices.Equal(l.held, reasons)
	l.held = reasons
	if reasons != nil {
		l.rejected = nil // it was rejected before, for another reason, and is not evaluated now
	}
	var ack func()
	if r, ok := source.As[source.Acknowledger](l.Source); ok && changed && reasons != nil {
		rev, err := l.latest.Revision, &source.Problem{Kind: source.Invalid, Position: source.Position{Layer: l.name}, Message: "content is held: " + reasons[0]}
		ack = func() { r.Ack(rev, err) }
	}
	e.mu.Unlock()
	if ack != nil {
		callSafely(ack)
	}
	return changed
}

// failureHoldReasons returns the hold reasons from earlier failures: the content is quarantined, or
// the layer's breaker is open. It returns nil if there are none.
func (e *Engine) failureHoldReasons(l *layerState, c *layerContent) []string {
	if reason, ok := e.isQuarantined(l, c); ok {
		return []string{reason}
	}
	if l.breaker.Open() && !e.wasLive(l, c) {
		return []string{fmt.Sprintf("layer %s has had %d bad changes within %v; publish a content that was live before, or call Approve", l.name, l.breaker.Max, l.breaker.Window)}
	}
	return nil
}

// wasLive reports whether a content was live before and not rolled back; a layer that publishes it
// is returning to a good state.
func (e *Engine) wasLive(l *layerState, c *layerContent) bool {
	sum := c.sum()
	if l.applied.sum() == sum {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.history, func(h historyEntry) bool {
		return h.state != nil && h.state.contents[l.index] != nil && h.state.contents[l.index].sum() == sum
	})
}

// recordFailure counts a bad content of a layer. Only the writer calls it.
func (e *Engine) recordFailure(l *layerState, now time.Time) {
	if l.breaker.Bad(now) {
		e.emit(observe.Event{Kind: observe.BreakerOpened, Layer: l.name, Count: int64(l.breaker.Max), Took: l.breaker.Window})
	}
}

// Approve lets the engine evaluate the newest content of a layer although it is held, and closes
// the layer's breaker.
func (e *Engine) Approve(ctx context.Context, layer string) (int64, error) {
	return e.runOnWriter(ctx, func() (int64, error) {
		i := slices.IndexFunc(e.layers, func(l *layerState) bool { return l.name == layer })
		if i < 0 {
			return 0, &source.Error{Kind: source.NotFound, Op: "approve", Document: layer, Err: errors.New("no layer has this name"),
				Fix: "the layers are " + strings.Join(e.layerNames(), ", ")}
		}
		l := e.layers[i]
		e.resources.Forget()
		e.drainInbox()
		l.breaker.Reset()
		if c := l.latest; c != nil {
			c.approved = true
			delete(l.quarantine, e.fingerprint(l, c))
		}
		e.decide()
		return e.cell.Load().Version, nil
	})
}

// freeze keeps the live values of restart-only fields in a candidate. The values that the candidate
// wants must be good too, since the next start uses them.
func (e *Engine) freeze(next *State, live *State, standalone source.Problems) source.Problems {
	if live == nil {
		return nil
	}
	frozen, pending := e.schema.freezer.Freeze(live.Merged, next.Merged)
	if pending == nil {
		return nil
	}
	if _, problems := e.bindAndValidate(next.Merged, standalone); problems != nil {
		return problems
	}
	next.pending = pendingKeys(next.Merged, pending)
	next.Merged = frozen
	return nil
}

// nearestPosition returns the position of a key, or of the nearest key above it.
func nearestPosition(root *tree.Node, p tree.Path) source.Position {
	for {
		if n := root.Lookup(p); n != nil || len(p) == 0 {
			return n.Position()
		}
		p = p[:len(p)-1]
	}
}

// reportPending reports the fields that wait for a restart if they changed.
func (e *Engine) reportPending(next *State) {
	e.mu.Lock()
	changed := !slices.EqualFunc(e.reportedPending, next.pending, func(a, b pendingKey) bool { return a.key == b.key })
	e.reportedPending = next.pending
	e.mu.Unlock()
	if changed && len(next.pending) > 0 {
		event := observe.Event{Kind: observe.PendingRestart, Version: e.cell.Load().Version, Reasons: pendingTexts(next.pending)}
		for _, p := range next.pending {
			event.Changed = append(event.Changed, p.key)
		}
		e.emit(event)
	}
}
