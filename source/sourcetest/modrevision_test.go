package sourcetest_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// keyStore is a store like etcd: each write gives the key a higher number, whatever it writes.
type keyStore struct {
	mu     sync.Mutex
	data   []byte // nil: the key does not exist
	number int
	down   bool
}

func (s *keyStore) write(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
	s.number++
	return nil
}

func (s *keyStore) setDown(down bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	return nil
}

func (s *keyStore) fetch(context.Context) (source.Content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return source.Content{}, &source.Error{Kind: source.Unavailable, Op: "read", Document: "orders.yaml", Err: errors.New("no leader")}
	}
	d := source.Document{Name: "orders.yaml", Absent: s.data == nil}
	if !d.Absent {
		d.Format, d.Data = source.FormatYAML, s.data
	}
	return source.Content{Revision: source.Revision(strconv.Itoa(s.number)), Documents: []source.Document{d}}, nil
}

// A source may use revisions that change although the content does not.
func TestSuitePassesRevisionsThatCountWrites(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
		s := &keyStore{}
		return sourcetest.Harness{
			Source: func() source.Source { return source.Poll("orders.yaml", 2*time.Millisecond, s.fetch) },
			Put:    func(_ context.Context, v sourcetest.Values) error { return s.write(v.Encode(source.FormatYAML)) },
			Delete: func(context.Context) error { return s.write(nil) },
			Break:  func(context.Context) error { return s.setDown(true) },
			Repair: func(context.Context) error { return s.setDown(false) },
			Cannot: map[string]string{
				"LostWakeups":             "it polls, and gets no wake-ups",
				"DoubledWakeups":          "it polls, and gets no wake-ups",
				"LateAndReorderedWakeups": "it polls, and gets no wake-ups",
				"NoValueInErrors":         "it does not decode, so it accepts every document",
			},
		}
	})
}
