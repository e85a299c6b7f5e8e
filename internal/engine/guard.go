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

// digest tells contents apart by what they say, whatever their source calls them.
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
			if err != nil { // such a document is refused whatever it holds
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

// fingerprint returns a digest of the documents and of the values of their references, since the
// same document with another secret is another change.
func (e *Engine) fingerprint(f *layerState, c *layerContent) digest {
	if len(f.Resolvers) == 0 {
		return c.sum()
	}
	e.decodeContent(f, c)
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

// isQuarantined reports whether a content was rolled back, and why.
func (e *Engine) isQuarantined(f *layerState, c *layerContent) (why string, ok bool) {
	if len(f.quarantine) > 0 { // else there is no need to look into it
		why, ok = f.quarantine[e.fingerprint(f, c)]
	}
	return why, ok
}

// admit decides for each layer whether its newest content is held, and why, and reports those that
// are held now.
func (e *Engine) admit() {
	reasons := make([][]string, len(e.layers))
	release := e.waitsForRelease()
	for i, f := range e.layers {
		c := f.latest
		if c == nil || f.applied == nil || c == f.applied {
			continue
		}
		replayed := e.replayedNow(f)
		switch {
		case replayed != nil:
			reasons[i] = []string{replayed.Error()}
		case release != nil && e.ofRelease(f):
			reasons[i] = release
		case !c.released:
			reasons[i] = e.suspicion(f, c)
		}
	}
	e.admitLosses(reasons)

	var told []observe.Cause
	var all []string
	known := map[string]bool{}
	for i, f := range e.layers {
		why := reasons[i]
		if !e.hold(f, why) || why == nil {
			continue
		}
		told = append(told, e.causes(f, f.latest)...)
		for _, w := range why {
			if !known[w] { // the layers of a release wait for the same
				known[w] = true
				all = append(all, w)
			}
		}
	}
	if all != nil { // a content of absent documents has no causes
		e.tell(observe.Event{Kind: observe.Held, Version: e.cell.Load().Version, Causes: told, Reasons: all})
	}
}

// hold records why the newest content of a layer is held, nil if it is not, and reports whether
// that is new. The source gets the same answer as for a rejected content, because another one is
// live.
func (e *Engine) hold(f *layerState, why []string) (news bool) {
	e.mu.Lock()
	news = !slices.Equal(f.held, why)
	f.held = why
	var tell func()
	if r, ok := source.As[source.Acknowledger](f.Source); ok && news && why != nil {
		rev, err := f.latest.Revision, &source.Problem{Kind: source.Invalid, Position: source.Position{Layer: f.name}, Message: "it is held: " + why[0]}
		tell = func() { r.Ack(rev, err) }
	}
	e.mu.Unlock()
	if tell != nil {
		guarded(tell)
	}
	return news
}

// suspicion is why a content is held for what has been before: it, or others of its layer, did
// harm. Nil where nothing speaks against it.
func (e *Engine) suspicion(f *layerState, c *layerContent) []string {
	if why, ok := e.isQuarantined(f, c); ok {
		return []string{why}
	}
	if f.breaker.Open() && !e.wasGood(f, c) {
		return []string{fmt.Sprintf("layer %s has had %d bad changes within %v; it is held until it says what was live before, or Approve is called", f.name, f.breaker.Max, f.breaker.Window)}
	}
	return nil
}

// wasGood reports whether a content was live before and was not rolled back: the layer then returns
// to good content.
func (e *Engine) wasGood(f *layerState, c *layerContent) bool {
	sum := c.sum()
	if f.applied.sum() == sum {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.history, func(h historyEntry) bool {
		return h.state != nil && h.state.contents[f.index] != nil && h.state.contents[f.index].sum() == sum
	})
}

// recordFailure counts a bad content of a layer.
func (e *Engine) recordFailure(f *layerState, now time.Time) {
	if f.breaker.Bad(now) {
		e.tell(observe.Event{Kind: observe.BreakerOpened, Layer: f.name, Count: int64(f.breaker.Max), Took: f.breaker.Window})
	}
}

// Approve lets the newest content of a layer be looked at although it is held, and closes its
// breaker.
func (e *Engine) Approve(ctx context.Context, layer string) (int64, error) {
	return e.runOnWriter(ctx, func() (int64, error) {
		i := slices.IndexFunc(e.layers, func(f *layerState) bool { return f.name == layer })
		if i < 0 {
			return 0, &source.Error{Kind: source.NotFound, Op: "release", Document: layer, Err: errors.New("there is no such layer"),
				Fix: "Health lists the layers by their names"}
		}
		f := e.layers[i]
		e.resources.Forget()
		e.take()
		f.breaker.Reset()
		if c := f.latest; c != nil {
			c.released = true
			delete(f.quarantine, e.fingerprint(f, c))
		}
		e.decide()
		return e.cell.Load().Version, nil
	})
}

// freeze keeps the restart-only fields of a candidate as they are live. What the candidate wants of
// them must be good all the same: the next start will go by it.
func (e *Engine) freeze(next *State, live *State, alone source.Problems) source.Problems {
	if live == nil {
		return nil
	}
	frozen, pending := e.schema.freezer.Freeze(live.Merged, next.Merged)
	if pending == nil {
		return nil
	}
	if _, problems := e.check(next.Merged, alone); problems != nil {
		return problems
	}
	next.pending = pendingAt(next.Merged, pending)
	next.Merged = frozen
	return nil
}

// place returns the position of a key, or of the nearest one above it.
func place(root *tree.Node, p tree.Path) source.Position {
	for {
		if n := root.Lookup(p); n != nil || len(p) == 0 {
			return n.Position()
		}
		p = p[:len(p)-1]
	}
}

// reportPending reports the keys that wait for a restart, if they have changed.
func (e *Engine) reportPending(next *State) {
	e.mu.Lock()
	news := !slices.EqualFunc(e.reportedPending, next.pending, func(a, b pendingKey) bool { return a.key == b.key })
	e.reportedPending = next.pending
	e.mu.Unlock()
	if news && len(next.pending) > 0 {
		event := observe.Event{Kind: observe.PendingRestart, Version: e.cell.Load().Version, Reasons: pendingTexts(next.pending)}
		for _, p := range next.pending {
			event.Changed = append(event.Changed, p.key)
		}
		e.tell(event)
	}
}
