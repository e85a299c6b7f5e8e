package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// variant is a good source with one thing that is not.
type variant struct {
	*good
	name   func() string
	next   func(ctx context.Context, prev source.Revision) (source.Content, error)
	finish func() error

	begun bool
}

func (v *variant) Name() string {
	if v.name != nil {
		return v.name()
	}
	return v.good.Name()
}

func (v *variant) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if v.next != nil {
		return v.next(ctx, prev)
	}
	return v.good.Next(ctx, prev)
}

func (v *variant) Close() error {
	if v.finish != nil {
		return v.finish()
	}
	return v.good.Close()
}

// onContent breaks what Next returns.
func onContent(f func(*variant, source.Content) source.Content) func(*origin) source.Source {
	return func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if err == nil {
				c = f(v, c)
			}
			return c, err
		}
		return v
	}
}

// onError breaks the errors that Next returns.
func onError(f func(error) error) func(*origin) source.Source {
	return func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if err != nil && ctx.Err() == nil {
				err = f(err)
			}
			return c, err
		}
		return v
	}
}

// onTrouble returns a content in place of the errors of a kind.
func onTrouble(kind source.Kind, instead source.Content) func(*origin) source.Source {
	return func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if ctx.Err() == nil && source.KindOf(err) == kind {
				return instead, nil
			}
			return c, err
		}
		return v
	}
}

// blocks waits for a wake-up or the interval; false is the end of ctx.
func (g *good) blocks(ctx context.Context) bool {
	timer := time.NewTimer(g.interval)
	defer timer.Stop()
	select {
	case <-g.wake:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// loop is Next of a source that decides itself what is news.
func loop(news func(v *variant, prev source.Revision, c source.Content, err error) bool, change ...func(source.Content) source.Content) func(*origin) source.Source {
	return func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			v.subscribe()
			for {
				c, err := contentOf(o.read())
				if ctx.Err() != nil {
					return source.Content{}, ctx.Err()
				}
				for _, f := range change {
					c = f(c)
				}
				if news(v, prev, c, err) {
					return c, err
				}
				if !v.blocks(ctx) {
					return source.Content{}, ctx.Err()
				}
			}
		}
		return v
	}
}

// never is an interval that does not come: a source that hangs on its wake-ups.
const never = 1000 * time.Hour

// broken are sources that break one rule each, as real ones do.
var broken = []struct {
	name string
	rule sourcetest.Rule
	make func(*origin) source.Source
}{
	{"reads before it subscribes", 1, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.interval = never
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			for {
				c, err := contentOf(o.read())
				select { // what woke it so far it takes for seen
				case <-v.wake:
				default:
				}
				v.subscribe()
				if v.told.Changed(prev, c.Revision, err) {
					return c, err
				}
				if !v.blocks(ctx) {
					return source.Content{}, ctx.Err()
				}
			}
		}
		return v
	}},
	{"subscribes anew for each call, after the read", 1, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			for {
				c, err := contentOf(o.read())
				if ctx.Err() != nil {
					return source.Content{}, ctx.Err()
				}
				if v.told.Changed(prev, c.Revision, err) {
					return c, err
				}
				wake := make(chan struct{}, 1)
				stop := o.listen(func(state) {
					select {
					case wake <- struct{}{}:
					default:
					}
				})
				select {
				case <-wake:
					stop()
				case <-ctx.Done():
					stop()
					return source.Content{}, ctx.Err()
				}
			}
		}
		return v
	}},
	{"has no look of its own when wake-ups are lost", 1, func(o *origin) source.Source {
		g := newGoodOne(o)
		g.interval = never
		return g
	}},
	{"delivers what the push carries", 1, func(o *origin) source.Source { return newEdge(o) }},
	{"takes for seen what came during a call that was cancelled", 1, func(o *origin) source.Source {
		v, seen := &variant{good: newGoodOne(o)}, map[source.Revision]bool{"": false}
		var last source.Revision
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			v.subscribe()
			for {
				c, err := contentOf(o.read())
				differs := v.told.Changed(prev, c.Revision, err)
				if differs && (err != nil || !seen[prev] || c.Revision != last) {
					last = c.Revision // none for an error
					if err == nil {
						seen[c.Revision] = true
					}
					if ctx.Err() != nil {
						return source.Content{}, ctx.Err()
					}
					return c, err
				}
				if !v.blocks(ctx) {
					c, _ := contentOf(o.read())
					last = c.Revision
					return source.Content{}, ctx.Err()
				}
			}
		}
		return v
	}},
	{"forgets the other sources of its origin when it is closed", 1, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.interval = never
		v.finish = func() error {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.listeners = nil
			return nil
		}
		return v
	}},
	{"stops watching when the document is deleted", 1, func(o *origin) source.Source {
		v, dead := &variant{good: newGoodOne(o)}, false
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if dead {
				<-ctx.Done()
				return source.Content{}, ctx.Err()
			}
			c, err := v.good.Next(ctx, prev)
			dead = err == nil && c.Documents[0].Absent
			return c, err
		}
		return v
	}},
	{"subscribes once, with the context of its first call", 1, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.interval = never
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if ctx.Err() != nil {
				v.once.Do(func() { v.stop = func() {} }) // the subscription failed, and is not tried again
			}
			return v.good.Next(ctx, prev)
		}
		return v
	}},
	{"takes trouble for absence", 3, onTrouble(source.Unavailable, source.Content{Revision: "gone", Documents: []source.Document{{Name: "test.yaml", Absent: true}}})},
	{"empties the layer when it cannot decode", 3, onTrouble(source.Malformed, source.Content{Revision: "empty", Documents: []source.Document{
		{Name: "test.yaml", Tree: map[string]any{}},
	}})},
	{"dies at the first error", 2, func(o *origin) source.Source {
		v, dead := &variant{good: newGoodOne(o)}, false
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if dead {
				<-ctx.Done()
				return source.Content{}, ctx.Err()
			}
			c, err := v.good.Next(ctx, prev)
			dead = err != nil && ctx.Err() == nil
			return c, err
		}
		return v
	}},
	{"tells every change twice", 2, func(o *origin) source.Source {
		v, twice := &variant{good: newGoodOne(o)}, source.Content{}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if c := twice; c.Revision != "" && ctx.Err() == nil {
				twice = source.Content{}
				return c, nil
			}
			c, err := v.good.Next(ctx, prev)
			if err == nil {
				twice = c
			}
			return c, err
		}
		return v
	}},
	{"is deaf once all sources of its origin were closed", 1, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.interval = never
		o.open++
		if o.closed > 0 && o.closed == o.open-1 {
			v.once.Do(func() { v.stop = func() {} }) // the group of listeners is in the map still, and empty
		}
		var once sync.Once
		v.finish = func() error {
			once.Do(func() { o.closed++ })
			return v.good.Close()
		}
		return v
	}},
	{"holds up who wakes it while nobody asks", 1, func(o *origin) source.Source {
		v, events := &variant{good: newGoodOne(o)}, make(chan struct{}, 150)
		var once sync.Once
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			once.Do(func() {
				v.stop = o.listen(func(state) {
					select {
					case events <- struct{}{}:
					case <-o.life.Done():
					}
				})
			})
			for {
				c, err := contentOf(o.read())
				if ctx.Err() != nil {
					return source.Content{}, ctx.Err()
				}
				if v.told.Changed(prev, c.Revision, err) {
					return c, err
				}
				select {
				case <-events:
				case <-time.After(v.interval):
				case <-ctx.Done():
				}
			}
		}
		return v
	}},
	{"tells every wake-up", 2, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		v.told.Changed(prev, c.Revision, err)
		first := !v.begun
		v.begun = true
		return first || len(v.wake) > 0 || v.told.Changed(prev, c.Revision, err)
	})},
	{"returns at once, always", 2, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, _ source.Revision) (source.Content, error) {
			if ctx.Err() != nil {
				return source.Content{}, ctx.Err()
			}
			return contentOf(o.read())
		}
		return v
	}},
	{"tells the same error again and again", 2, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		return v.told.Changed(prev, c.Revision, err) || err != nil
	})},
	{"forgets the end of an error", 2, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		differs := v.told.Changed(prev, c.Revision, err)
		return differs && (err != nil || c.Revision != prev)
	})},
	{"keeps errors to itself", 2, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		return err == nil && v.told.Changed(prev, c.Revision, nil)
	})},
	{"has a revision that changes with every wake-up", 2, func(o *origin) source.Source {
		v, wakes := &variant{good: newGoodOne(o)}, 0
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			v.subscribe()
			for {
				c, err := contentOf(o.read())
				c.Revision += source.Revision(fmt.Sprintf("-%d", wakes))
				if ctx.Err() != nil {
					return source.Content{}, ctx.Err()
				}
				if v.told.Changed(prev, c.Revision, err) {
					return c, err
				}
				select {
				case <-v.wake:
					wakes++
				case <-time.After(v.interval):
				case <-ctx.Done():
				}
			}
		}
		return v
	}},
	{"empty for absent", 3, onContent(func(_ *variant, c source.Content) source.Content {
		if c.Documents[0].Absent {
			c.Documents[0] = source.Document{Name: "test.yaml", Format: source.FormatYAML, Data: []byte{}}
		}
		return c
	})},
	{"absent for empty", 3, onContent(func(_ *variant, c source.Content) source.Content {
		if len(c.Documents[0].Data) == 0 {
			c.Documents[0] = source.Document{Name: "test.yaml", Absent: true}
		}
		return c
	})},
	{"a reason for an absence that is none", 3, onContent(func(_ *variant, c source.Content) source.Content {
		if !c.Documents[0].Absent {
			c.Documents[0].AbsentErr = errors.New("no such document")
		}
		return c
	})},
	{"nothing for absent", 3, onContent(func(_ *variant, c source.Content) source.Content {
		if c.Documents[0].Absent {
			c.Documents = nil
		}
		return c
	})},
	{"tears", 4, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			v.subscribe()
			for {
				before, after := o.read(), state{}
				for range 20 {
					after = o.read()
				}
				if before.data != nil && after.data != nil && string(before.data) != string(after.data) {
					before.data = append(before.data[:len(before.data)/2:len(before.data)/2], after.data[len(after.data)/2:]...)
				}
				c, err := contentOf(before)
				if ctx.Err() != nil {
					return source.Content{}, ctx.Err()
				}
				if v.told.Changed(prev, c.Revision, err) {
					return c, err
				}
				if !v.blocks(ctx) {
					return source.Content{}, ctx.Err()
				}
			}
		}
		return v
	}},
	{"cuts a long document", 4, onContent(func(_ *variant, c source.Content) source.Content {
		c.Documents[0].Digest = ""
		if n := 4096; len(c.Documents[0].Data) > n {
			c.Documents[0].Data = c.Documents[0].Data[:n]
		}
		return c
	})},
	{"has one revision for all documents", 5, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		return v.told.Changed(prev, c.Revision, err)
	}, func(c source.Content) source.Content {
		if len(c.Documents) > 0 && len(c.Documents[0].Data) > 0 {
			c.Revision = "document"
		}
		return c
	})},
	{"counts a document's bytes for a revision", 5, loop(func(v *variant, prev source.Revision, c source.Content, err error) bool {
		return v.told.Changed(prev, c.Revision, err)
	}, func(c source.Content) source.Content {
		if len(c.Documents) > 0 {
			c.Revision = source.Revision(fmt.Sprint(len(c.Documents[0].Data)/100, c.Documents[0].Absent))
		}
		return c
	})},
	{"has no revision", 5, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			c.Revision = ""
			return c, err
		}
		return v
	}},
	{"swallows the cancellation", 6, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			return v.good.Next(o.life, prev)
		}
		return v
	}},
	{"makes an error of its own of a cancellation", 6, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if ctx.Err() != nil && err != nil {
				err = &source.Error{Kind: source.Timeout, Op: "read", Document: "test.yaml", Err: err}
			}
			return c, err
		}
		return v
	}},
	{"returns nothing at all when it is cancelled", 6, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if ctx.Err() != nil {
				return c, nil
			}
			return c, err
		}
		return v
	}},
	{"leaks a goroutine", 6, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		var once sync.Once
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			once.Do(func() { go func() { <-o.life.Done() }() })
			return v.good.Next(ctx, prev)
		}
		return v
	}},
	{"panics", 6, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if err == nil && len(c.Documents[0].Data) == 0 {
				panic("no data")
			}
			return c, err
		}
		return v
	}},
	{"shows a value in an error's text", 7, onError(func(err error) error {
		return &source.Error{Kind: source.KindOf(err), Op: "read", Document: "test.yaml", Err: errors.New("near canary-5f1c0de")}
	})},
	{"has errors without a kind", 7, onError(func(error) error { return errors.New("test.yaml: something is wrong") })},
	{"has errors that name no document", 7, onError(func(error) error { return &source.Error{Kind: source.Unavailable, Op: "read"} })},
	{"makes a revision of a value", 7, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, source.Revision(strings.TrimSuffix(string(prev), "-canary-5f1c0de")))
			if err == nil {
				c.Revision += "-canary-5f1c0de"
			}
			return c, err
		}
		return v
	}},
	{"changes a content that it has returned", 8, func(o *origin) source.Source {
		v, buffer := &variant{good: newGoodOne(o)}, make([]byte, 0, 1<<16)
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			c, err := v.good.Next(ctx, prev)
			if err == nil && len(c.Documents[0].Data) > 0 {
				buffer = append(buffer[:0], c.Documents[0].Data...)
				c.Documents[0].Data = buffer
			}
			return c, err
		}
		return v
	}},
	{"declares a wrong digest", 8, onContent(func(_ *variant, c source.Content) source.Content {
		if c.Documents[0].Digest != "" {
			c.Documents[0].Digest = "md5:" + strings.Repeat("0", 32)
		}
		return c
	})},
	{"has a format that nobody knows", 8, onContent(func(_ *variant, c source.Content) source.Content {
		if !c.Documents[0].Absent {
			c.Documents[0].Format = "yml"
		}
		return c
	})},
	{"has a tree of structs", 8, onContent(func(_ *variant, c source.Content) source.Content {
		if len(c.Documents[0].Data) > 0 {
			tree := map[string]any{"x": []any{struct{}{}}}
			for k, v := range valuesOf(c.Documents[0].Data) {
				tree[k] = v
			}
			c.Documents[0] = source.Document{Name: "test.yaml", Tree: tree}
		}
		return c
	})},
	{"has two documents of one name", 8, onContent(func(_ *variant, c source.Content) source.Content {
		c.Documents = append(c.Documents, source.Document{Name: "test.yaml", Absent: true})
		return c
	})},
	{"has documents without a name", 8, onContent(func(_ *variant, c source.Content) source.Content {
		c.Documents[0].Name = ""
		return c
	})},
	{"has a name that changes", 9, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		var mu sync.Mutex
		n := 0
		v.name = func() string {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fmt.Sprint("good", n)
		}
		return v
	}},
	{"has no name", 9, func(o *origin) source.Source {
		return &variant{good: newGoodOne(o), name: func() string { return "" }}
	}},
	{"has a name of two lines", 9, func(o *origin) source.Source {
		return &variant{good: newGoodOne(o), name: func() string { return "the good\nsource" }}
	}},
	{"cannot be closed twice", 10, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		closed := make(chan struct{})
		v.finish = func() error { close(closed); return v.good.Close() }
		return v
	}},
	{"cannot be closed unasked", 10, func(o *origin) source.Source {
		v := &variant{good: newGoodOne(o)}
		v.finish = func() error { v.stop(); return nil }
		return v
	}},
	{"hangs in Close", 10, func(o *origin) source.Source {
		return &variant{good: newGoodOne(o), finish: func() error { <-o.life.Done(); return nil }}
	}},
	{"takes the zero revision for something it has seen", 11, func(o *origin) source.Source {
		v, asked := &variant{good: newGoodOne(o)}, source.Revision("")
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if prev == "" {
				prev = asked
			}
			c, err := v.good.Next(ctx, prev)
			if err == nil {
				asked = c.Revision
			}
			return c, err
		}
		return v
	}},
	{"waits for a change before it tells anything", 11, func(o *origin) source.Source {
		v, first := &variant{good: newGoodOne(o)}, true
		v.next = func(ctx context.Context, prev source.Revision) (source.Content, error) {
			if first {
				first = false
				v.subscribe()
				select {
				case <-v.wake:
				case <-ctx.Done():
					return source.Content{}, ctx.Err()
				}
			}
			return v.good.Next(ctx, prev)
		}
		return v
	}},
	{"is proven while it fails", 12, func(o *origin) source.Source { return alwaysProven{newGoodOne(o)} }},
	{"blocks in Ack", 12, func(o *origin) source.Source { return &deadlocked{good: newGoodOne(o), lock: make(chan struct{}, 1)} }},
	{"has an identity with a value in it", 12, func(o *origin) source.Source { return talkative{newGoodOne(o)} }},
	{"describes itself differently each time", 12, func(o *origin) source.Source { return &fickle{good: newGoodOne(o)} }},
	{"fails to seed what it has read", 12, func(o *origin) source.Source {
		return seeding{newGoodOne(o), func(func(string, string, string) (source.Document, bool)) (source.Content, error) {
			return source.Content{}, errors.New("no seed")
		}}
	}},
	{"seeds another content than it has read", 12, func(o *origin) source.Source {
		return seeding{newGoodOne(o), func(read func(string, string, string) (source.Document, bool)) (source.Content, error) {
			return source.Content{Documents: []source.Document{{Name: "other", Absent: true}}}, nil
		}}
	}},
	{"seeds a document that the seed does not have", 12, func(o *origin) source.Source {
		g := newGoodOne(o)
		return seeding{g, func(func(string, string, string) (source.Document, bool)) (source.Content, error) {
			return g.Next(context.Background(), "")
		}}
	}},
	{"verifies and cannot say when", 12, func(o *origin) source.Source { return hasty{newGoodOne(o)} }},
	{"has a group without a namespace", 12, func(o *origin) source.Source { return groupAlone{newGoodOne(o)} }},
	{"unwraps to nil", 12, func(o *origin) source.Source {
		return &wraps{newGoodOne(o), func(*wraps) source.Source { return nil }}
	}},
	{"unwraps to a nil pointer", 12, func(o *origin) source.Source {
		return &wraps{newGoodOne(o), func(*wraps) source.Source { return (*good)(nil) }}
	}},
	{"unwraps to itself", 12, func(o *origin) source.Source {
		return &wraps{newGoodOne(o), func(w *wraps) source.Source { return w }}
	}},
}

// finders are the cases that find a broken source; another case may do so by chance, or by a fault
// that comes later.
var finders = map[string]string{
	"reads before it subscribes":                                "NoChangeIsLost",
	"subscribes anew for each call, after the read":             "NoChangeIsLost",
	"has no look of its own when wake-ups are lost":             "LostWakeups",
	"delivers what the push carries":                            "LateAndReorderedWakeups",
	"takes for seen what came during a call that was cancelled": "CancelLosesNothing",
	"forgets the other sources of its origin when it is closed": "TwoSources",
	"subscribes once, with the context of its first call":       "CancelledBefore",
	"stops watching when the document is deleted":               "DeleteAndCreate",
	"is deaf once all sources of its origin were closed":        "CloseAtAnyTime",
	"holds up who wakes it while nobody asks":                   "LastOfManyArrives",
	"tears": "ContentIsWhole",
	"has a revision that changes with every wake-up": "DoubledWakeups",
	"tells every wake-up":                            "SameContentAgain",
	"tells every change twice":                       "CurrentPrevBlocks",
	"dies at the first error":                        "EndOfErrorIsTold",
	"forgets the end of an error":                    "EndOfErrorIsTold",
	"tells the same error again and again":           "SameErrorWakesNobody",
	"takes trouble for absence":                      "SameErrorWakesNobody",
	"empties the layer when it cannot decode":        "NoValueInErrors",
	"leaks a goroutine":                              "NoGoroutineStays",
}

// consequences are rules that a broken source cannot but break as well.
var consequences = map[string]sourcetest.Rule{
	"waits for a change before it tells anything": 2, // an error that is there at first is not told either
	"holds up who wakes it while nobody asks":     6, // itself, when it is changed from within its own read
}

// TestBrokenSourcesAreFound is the proof that the suite can fail, and that it says which rule was
// broken.
func TestBrokenSourcesAreFound(t *testing.T) {
	t.Parallel()
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var found []sourcetest.Violation
				life, stop := context.WithCancel(t.Context())
				found = sourcetest.Check(func() sourcetest.Harness { return (&origin{life: life}).harness(b.make) })
				stop()
				var rules []sourcetest.Rule
				for _, v := range found {
					if !slices.Contains(rules, v.Rule) {
						rules = append(rules, v.Rule)
					}
				}
				if by := finders[b.name]; by != "" && !slices.ContainsFunc(found, func(v sourcetest.Violation) bool { return v.Case == by }) {
					t.Errorf("case %s does not find a source that %s", by, b.name)
				}
				if also, ok := consequences[b.name]; ok {
					rules = slices.DeleteFunc(rules, func(r sourcetest.Rule) bool { return r == also })
				}
				if len(rules) != 1 || rules[0] != b.rule {
					t.Errorf("a source that %s breaks rule %d alone; reported were %d", b.name, b.rule, rules)
					for _, v := range found {
						t.Log(v)
					}
				}
			})
		})
	}
}
