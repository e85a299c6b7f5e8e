package engine

import (
	"context"
	"maps"
	"math/rand/v2"
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
		for _, which := range []func() *content{func() *content { return f.latest }, f.behind} {
			if e.rereadOne(ctx, f, which) != nil {
				return
			}
		}
	}
}

// behind is the content that is live, where that is not the newest.
func (l *feed) behind() *content {
	if l.applied == l.latest {
		return nil
	}
	return l.applied
}

// rereadOne looks at the newest content of a layer, or at the one that is live where the newest is refused, held or not there.
func (e *Engine) rereadOne(ctx context.Context, f *feed, which func() *content) error {
	var of *content
	var known map[reference]string
	if _, err := e.do(ctx, func() (int64, error) {
		if of = which(); of != nil {
			known = maps.Clone(of.referred)
		}
		return 0, nil
	}); err != nil {
		return err
	}
	if !e.rotated(f, known) {
		return nil
	}
	_, err := e.do(ctx, func() (int64, error) {
		switch {
		case of != which() || e.pinned():
		case of == f.latest:
			e.lookAgain(f)
		default:
			e.renew(f)
		}
		return 0, nil
	})
	return err
}

// rotated reports whether any reference stands for something else now. One that cannot be resolved stands for what it did.
func (e *Engine) rotated(f *feed, known map[reference]string) bool {
	for r, was := range known {
		if now, err := e.resolve(f, r); err == nil && now != was {
			return true
		}
	}
	return false
}

// again is a content that is to be decoded as if it had just come.
func (c *content) again() *content {
	return &content{Content: c.Content, fromDisk: c.fromDisk, released: c.released}
}

// lookAgain has the newest content of a layer decided on as if it had just come.
func (e *Engine) lookAgain(f *feed) {
	e.mu.Lock()
	f.latest = f.latest.again()
	f.rejected, f.held = nil, nil
	e.mu.Unlock()
	e.resources.Forget()
	e.decideAgain()
}

// renew applies what is live of a layer with what its references stand for now. If that is bad, it is tried again the next time.
func (e *Engine) renew(f *feed) {
	fresh := f.applied.again()
	if _, harmful := e.harmful(f, fresh); harmful {
		return
	}
	c := e.choose(func(other *feed) *content {
		if other == f {
			return fresh
		}
		return other.applied
	})
	e.resources.Forget()
	defer e.beginBuilding()()
	_ = e.try(c)
}
