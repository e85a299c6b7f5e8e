package sourcetest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// origin is the place that the sources of these tests read: one document, and wake-ups that can go
// wrong.
type origin struct {
	mu        sync.Mutex
	data      []byte // nil is absent
	broken    bool
	spoilt    bool
	version   int // for those that count
	fault     sourcetest.Fault
	held      []func()
	afterRead func()
	listeners []func(state)
	life      context.Context // ends with the test

	open, closed int // sources, for those that count
}

// state is what a read of the origin yields, and what a push of a bad origin carries.
type state struct {
	data    []byte
	broken  bool
	spoilt  bool
	version int
}

func (o *origin) read() state {
	o.mu.Lock()
	s, hook := state{slices.Clone(o.data), o.broken, o.spoilt, o.version}, o.afterRead
	o.afterRead = nil
	o.mu.Unlock()
	if hook != nil {
		hook()
	}
	return s
}

func (o *origin) listen(f func(state)) (stop func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := len(o.listeners)
	o.listeners = append(o.listeners, f)
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if i < len(o.listeners) {
			o.listeners[i] = nil
		}
	}
}

// change changes the origin and sends the wake-ups.
func (o *origin) change(f func()) error {
	o.mu.Lock()
	f()
	s := state{slices.Clone(o.data), o.broken, o.spoilt, o.version}
	var send []func()
	for _, l := range o.listeners {
		if l == nil {
			continue
		}
		push := func() { l(s) }
		switch o.fault {
		case sourcetest.Intact:
			send = append(send, push)
		case sourcetest.Doubled:
			send = append(send, push, push)
		case sourcetest.Held:
			o.held = append(o.held, push)
		}
	}
	o.mu.Unlock()
	for _, push := range send {
		push()
	}
	return nil
}

func (o *origin) wakeups(f sourcetest.Fault) error {
	o.mu.Lock()
	o.fault = f
	held := o.held
	if f == sourcetest.Intact {
		o.held = nil
	} else {
		held = nil
	}
	o.mu.Unlock()
	for _, push := range slices.Backward(held) {
		push()
	}
	return nil
}

func (o *origin) harness(newSource func(*origin) source.Source) sourcetest.Harness {
	return sourcetest.Harness{
		Source: func() source.Source { return newSource(o) },
		Put: func(_ context.Context, v sourcetest.Values) error {
			return o.change(func() { o.data = v.Encode(source.FormatYAML) })
		},
		Delete: func(context.Context) error { return o.change(func() { o.data = nil }) },
		Break:  func(context.Context) error { return o.change(func() { o.broken = true }) },
		Repair: func(context.Context) error { return o.change(func() { o.broken, o.spoilt = false, false }) },
		Spoil: func(_ context.Context, canary string) error {
			return o.change(func() { o.data, o.spoilt = []byte("db: ["+canary), true })
		},
		Wakeups: func(_ context.Context, f sourcetest.Fault) error { return o.wakeups(f) },
		AfterRead: func(f func()) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.afterRead = f
		},
		Settles: time.Second, Quiet: 50 * time.Millisecond,
	}
}

// good is a source as it should be, made so that each of its parts can be replaced by a bad one. It
// looks by itself every interval, in case that a wake-up was lost.
type good struct {
	origin   *origin
	interval time.Duration
	wake     chan struct{}
	once     sync.Once
	stop     func()
	told     source.ChangeDetector
}

func newGood(o *origin) source.Source { return newGoodOne(o) }

func newGoodOne(o *origin) *good {
	return &good{origin: o, interval: 10 * time.Millisecond, wake: make(chan struct{}, 1)}
}

func (g *good) Name() string { return "good" }

func (g *good) subscribe() {
	g.once.Do(func() {
		g.stop = g.origin.listen(func(state) {
			select {
			case g.wake <- struct{}{}:
			default:
			}
		})
	})
}

func (g *good) Close() error {
	if g.stop != nil {
		g.stop()
	}
	return nil
}

func (g *good) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	g.subscribe()
	for {
		c, err := contentOf(g.origin.read())
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		if g.told.Changed(prev, c.Revision, err) {
			return c, err
		}
		timer := time.NewTimer(g.interval)
		select {
		case <-g.wake:
		case <-timer.C:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
		timer.Stop()
	}
}

// contentOf makes a content of a state, or the error that stands in its place.
func contentOf(s state) (source.Content, error) {
	if s.broken {
		return source.Content{}, &source.Error{Kind: source.Unavailable, Op: "read", Document: "test.yaml", Err: errors.New("gone")}
	}
	if s.spoilt {
		return source.Content{}, &source.Error{Kind: source.Malformed, Op: "decode", Document: "test.yaml"}
	}
	d := source.Document{Name: "test.yaml", Format: source.FormatYAML, Data: s.data}
	if s.data == nil {
		return source.Content{Revision: "absent", Documents: []source.Document{{Name: "test.yaml", Absent: true}}}, nil
	}
	sum := sha256.Sum256(bytes.Clone(s.data))
	d.Digest = "sha256:" + hex.EncodeToString(sum[:])
	return source.Content{Revision: source.Revision(strconv.Itoa(len(s.data)) + "-" + d.Digest), Documents: []source.Document{d}}, nil
}
