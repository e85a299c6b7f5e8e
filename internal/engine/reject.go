package engine

import (
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// recordRejected records that the contents of c that are not in good are rejected, and why. It
// reports a rejection once. Only the writer calls it.
func (e *Engine) recordRejected(c, good candidate, reasons func(layer int) source.Problems) {
	var causes []observe.Cause
	var problems problem.Set
	var acks []func()
	var rejected []*layerState
	changed := false
	b := e.change(e.applied(), c.contents)
	e.table.change(func() {
		for i, l := range e.layers {
			content := c.contents[i]
			if content == nil || content == good.contents[i] || content == l.applied {
				continue
			}
			causes = append(causes, e.causes(l, content)...)
			problemsOfLayer := b.ProblemsOf(reasons(i), i)
			problems.Add(problemsOfLayer)
			if l.rejected.Error() != problemsOfLayer.Error() {
				changed = true
			}
			l.rejected = problemsOfLayer
			if !maps.Equal(l.rejectedLines, content.Decoded().Lines) {
				l.rejectedLines, changed = content.Decoded().Lines, true // published again; its publisher waits for an answer
			}
			if !content.FromDisk && l.notified.rejected != content.Revision {
				l.notified.rejected = content.Revision
				if sum := content.Sum(); l.rejectedSum != sum { // else it was written again, under a new revision
					l.rejectedSum, changed = sum, true
					if bad := l.badSum(content, problemsOfLayer); l.rejectedBad != bad {
						l.rejectedBad, rejected = bad, append(rejected, l)
					}
				}
				if r, ok := source.As[source.Acknowledger](l.Source); ok {
					acks = append(acks, func() { r.Ack(content.Revision, problemsOfLayer) })
				}
			}
		}
	})
	live := e.cell.Load()
	e.nameRelease(causes, c.contents)
	for _, ack := range acks {
		callSafely(ack)
	}
	for _, l := range rejected {
		e.recordFailure(l, time.Now())
	}
	if !changed {
		return // reported before
	}
	sorted := problems.All
	e.sort(sorted, c.contents)
	e.history.Add(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.Number(), Causes: causes, Problems: sorted})
	e.emit(observe.Event{Kind: observe.Rejected, Version: live.Number(), Causes: causes, Problems: sorted,
		Steps: e.takeSteps(c.contents, causes), Took: time.Since(c.started)})
}

// badSum returns the digest of what is bad in a content that was rejected for problems: of the
// documents that they name, if these are what changed, and otherwise of the whole content. So a
// change of a good document does not count as another bad change while a bad one waits.
func (l *layerState) badSum(c *pipeline.Content, problems source.Problems) pipeline.Digest {
	sums := map[string]pipeline.Digest{}
	for _, p := range problems {
		d := c.Document(p.Position.Document)
		if p.Position.Layer != l.name || d == nil || pipeline.SameDocument(d, l.applied.Document(d.Name)) {
			return c.Sum()
		}
		sums[d.Name] = pipeline.SumOf(d)
	}
	if len(sums) == 0 {
		return c.Sum()
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		sum := sums[name]
		h.Write(sum[:])
	}
	return pipeline.Digest(h.Sum(nil))
}
