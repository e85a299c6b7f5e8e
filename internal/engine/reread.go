package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/nacre-go/nacre/internal/rescue"
)

// reference is what a text of a document refers to.
type reference struct{ scheme, name string }

// reread looks from time to time whether the references of a layer stand for what they stood for when its documents were decoded: a secret
// is rotated without a word from the layer. It asks the resolvers itself, so that one that is slow holds up no change.
func (e *Engine) reread(ctx context.Context, f *feed) {
	for {
		if !sleep(ctx, f.Reread-f.Reread/10+rand.N(f.Reread/5+1)) { // not all instances of a service at once
			return
		}
		var of *content
		var known map[reference]string
		if _, err := e.do(ctx, func() (int64, error) {
			if f.latest != nil {
				of, known = f.latest, maps.Clone(f.latest.referred)
			}
			return 0, nil
		}); err != nil {
			return
		}
		if !e.rotated(ctx, f, known) {
			continue
		}
		_, _ = e.do(ctx, func() (int64, error) {
			if f.latest == of && !e.pinned() {
				e.lookAgain(f)
			}
			return 0, nil
		})
	}
}

// rotated reports whether any reference stands for something else now. One that cannot be resolved stands for what it did.
func (e *Engine) rotated(ctx context.Context, f *feed, known map[reference]string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(known)), func(r reference) bool {
		now, err := rescue.Within(ctx, secretsWithin, func(ctx context.Context) (string, error) { return f.Resolvers[r.scheme](ctx, r.name) })
		if err != nil {
			return false
		}
		e.scrub.add(now)
		return now != known[r]
	})
}

// lookAgain has the newest content of a layer decoded and decided on as if it had just come.
func (e *Engine) lookAgain(f *feed) {
	e.mu.Lock()
	f.latest = &content{Content: f.latest.Content, fromDisk: f.latest.fromDisk, released: f.latest.released}
	f.rejected, f.held = nil, nil
	e.mu.Unlock()
	e.resources.Forget()
	e.decideAgain()
}
