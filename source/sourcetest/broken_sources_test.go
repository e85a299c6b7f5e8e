package sourcetest_test

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

func valuesOf(data []byte) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
		values[k] = strings.Trim(v, `"`)
	}
	return values
}

// edge is a source that believes what a push carries, as clients of config centres do: what comes
// last counts, in whatever order it comes.
type edge struct {
	*good
	mu   sync.Mutex
	last *state
	poke chan struct{}
	on   sync.Once
	stop func()
}

func newEdge(o *origin) *edge { return &edge{good: newGoodOne(o), poke: make(chan struct{}, 1)} }

func (e *edge) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	e.on.Do(func() {
		e.stop = e.origin.listen(func(s state) {
			e.mu.Lock()
			e.last = &s
			e.mu.Unlock()
			select {
			case e.poke <- struct{}{}:
			default:
			}
		})
		s := e.origin.read()
		e.mu.Lock()
		if e.last == nil {
			e.last = &s
		}
		e.mu.Unlock()
	})
	for {
		e.mu.Lock()
		c, err := contentOf(*e.last)
		e.mu.Unlock()
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		if e.told.Changed(prev, c.Revision, err) {
			return c, err
		}
		select {
		case <-e.poke:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

func (e *edge) Close() error {
	if e.stop != nil {
		e.stop()
	}
	return nil
}

type alwaysProven struct{ *good }

func (alwaysProven) VerifiedAt() time.Time { return time.Now() }

// deadlocked holds a lock while Next blocks, and wants it in Ack. The lock is a channel, because
// the clock of a bubble stands still while someone waits for a mutex.
type deadlocked struct {
	*good
	lock chan struct{}
}

func (d *deadlocked) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	d.lock <- struct{}{}
	defer func() { <-d.lock }()
	return d.good.Next(ctx, prev)
}

func (d *deadlocked) Ack(source.Revision, error) {
	d.lock <- struct{}{}
	<-d.lock
}

type talkative struct{ *good }

func (talkative) Describe() source.Description {
	return source.Description{Identity: "http://user:canary-5f1c0de@host"}
}

// fickle describes itself differently each time.
type fickle struct {
	*good
	asked int
}

func (f *fickle) Describe() source.Description {
	f.asked++
	return source.Description{Local: f.asked%2 == 0}
}

type groupAlone struct{ *good }

func (groupAlone) Describe() source.Description { return source.Description{Group: "G"} }

// hasty never says when its content was verified, but how often it is.
type hasty struct{ *good }

func (hasty) Describe() source.Description { return source.Description{VerifyEvery: time.Minute} }

// seeding is a source with a Seed of its own.
type seeding struct {
	*good
	seed func(func(namespace, group, name string) (source.Document, bool)) (source.Content, error)
}

func (s seeding) Seed(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
	return s.seed(read)
}

// wraps is a decorator whose Unwrap returns what it is told.
type wraps struct {
	*good
	inner func(*wraps) source.Source
}

func (w *wraps) Unwrap() source.Source { return w.inner(w) }
