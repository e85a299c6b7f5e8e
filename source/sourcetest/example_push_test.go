package sourcetest_test

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// The code between the marks stands in docs/writing-a-source.md, word for word.

// Board is a source of one document of a bulletin board, which notifies its readers of each new
// pin.
type Board struct {
	board     *bulletins
	name      string
	subscribe sync.Once
	leave     func()
	wake      chan struct{}         // one slot: many wake-ups are one
	changes   source.ChangeDetector // decides whether a result is new, errors included
}

// NewBoard returns a source of the document with that name.
func NewBoard(b *bulletins, name string) *Board {
	return &Board{board: b, name: name, wake: make(chan struct{}, 1)}
}

// Name returns the name of the document, which is that of the layer.
func (s *Board) Name() string { return s.name }

// reconcile is the interval of reads without a wake-up. It bounds the harm of a wake-up that is
// lost.
const reconcile = 20 * time.Millisecond // 30 s in production

// Next returns the document once it differs from what Next last returned; see source.Source.
func (s *Board) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	s.subscribe.Do(func() { s.leave = s.board.listen(s.woken) }) // before the read, so that no change is missed
	tick := time.NewTicker(reconcile)
	defer tick.Stop()
	for {
		content, err := s.read()
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		if s.changes.Changed(prev, content.Revision, err) {
			return content, err
		}
		select {
		case <-s.wake:
		case <-tick.C:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

// woken is called by the board, and must not block it. It ignores what the board sends along.
func (s *Board) woken() {
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is pending, and the read comes after it
	}
}

func (s *Board) read() (source.Content, error) {
	data, version, err := s.board.get(s.name)
	if err != nil {
		return source.Content{}, &source.Error{Kind: source.Unavailable, Op: "read", Document: s.name, Err: err}
	}
	d := source.Document{Name: s.name}
	if data == nil {
		d.Absent = true
	} else {
		d.Format, d.Data = source.FormatOf(s.name), bytes.Clone(data) // the board may change its buffer
	}
	return source.Content{Revision: source.Revision(strconv.Itoa(version)), Documents: []source.Document{d}}, nil
}

// Close leaves the board. It is called after the last Next has returned, or without any Next.
func (s *Board) Close() error {
	s.subscribe.Do(func() {})
	if s.leave != nil {
		s.leave()
		s.leave = nil
	}
	return nil
}

func TestBoard(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
		b := newBulletins()
		return sourcetest.Harness{
			Source:    func() source.Source { return NewBoard(b, "orders.yaml") },
			Put:       func(_ context.Context, v sourcetest.Values) error { return b.pin(v.Encode(source.FormatYAML)) },
			Delete:    func(context.Context) error { return b.pin(nil) },
			Break:     func(context.Context) error { return b.shut(true) },
			Repair:    func(context.Context) error { return b.shut(false) },
			Wakeups:   func(_ context.Context, f sourcetest.Fault) error { return b.o.wakeups(f) },
			AfterRead: b.hook,
			Cannot:    map[string]string{"NoValueInErrors": "it does not decode, so it accepts every document"},
		}
	})
}

// The marks end here.

// bulletins is a board for these tests: the origin of the suite's own tests, with a version.
type bulletins struct{ o *origin }

func newBulletins() *bulletins { return &bulletins{o: &origin{}} }

func (b *bulletins) listen(f func()) (leave func()) { return b.o.listen(func(state) { f() }) }

func (b *bulletins) get(string) ([]byte, int, error) {
	s := b.o.read()
	if s.broken {
		return nil, 0, context.DeadlineExceeded
	}
	return s.data, s.version, nil
}

func (b *bulletins) pin(data []byte) error {
	return b.o.change(func() {
		if (data == nil) != (b.o.data == nil) || !bytes.Equal(data, b.o.data) || b.o.version == 0 {
			b.o.version++
		}
		b.o.data = data
	})
}

func (b *bulletins) shut(broken bool) error { return b.o.change(func() { b.o.broken = broken }) }

func (b *bulletins) hook(f func()) {
	b.o.mu.Lock()
	defer b.o.mu.Unlock()
	b.o.afterRead = f
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}
